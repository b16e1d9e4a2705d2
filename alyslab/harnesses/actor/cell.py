"""A cell: one actor's mailbox, its present life, and its place in the tree.

The cell outlives the actor object: a restart makes a new object, and what
waits in the mailbox waits on.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from alyslab.harnesses.actor.actor import digest_of
from alyslab.harnesses.actor.ending import end_life, ended, finished
from alyslab.harnesses.actor.health import Probe
from alyslab.harnesses.actor.injector import Injector
from alyslab.harnesses.actor.life import Life
from alyslab.harnesses.actor.mailbox import Mailbox
from alyslab.harnesses.actor.message import Message
from alyslab.harnesses.actor.refusals import childless
from alyslab.harnesses.actor.settlement import Settlement, described
from alyslab.harnesses.actor.state import ActorState, require_transition

if TYPE_CHECKING:
    from alyslab.harnesses.actor.reference import Ref
    from alyslab.harnesses.actor.spec import ActorSpec
    from alyslab.harnesses.actor.supervisor import Supervisor
    from alyslab.harnesses.actor.system import ActorSystem

S = ActorState


class Cell:
    """One actor in the system, over all its restarts; made by the system."""

    __slots__ = (
        "_settlement",
        "_stopping",
        "asking",
        "children",
        "core",
        "failed_ns",
        "incarnation",
        "injector",
        "life",
        "mailbox",
        "name",
        "probes",
        "ready",
        "saved",
        "spec",
        "state",
        "supervisor",
        "system",
        "task",
    )

    def __init__(self, system: ActorSystem, spec: ActorSpec, supervisor: Supervisor) -> None:
        self.system = system
        self.core = core = system.core
        self.spec = spec
        self.name = spec.name
        self.supervisor = supervisor
        self.state = S.INITIALIZING
        self.incarnation = 0
        self._settlement = settlement = Settlement(self)
        self.mailbox = Mailbox(spec.mailbox, core.tracker.clock, settlement.dropped, core.defects)
        self.life: Life | None = None
        self.task: asyncio.Task[Any] | None = None
        self.ready: asyncio.Future[None] | None = None
        self.children: Supervisor | None = None
        self.probes: list[Probe] = []
        self.asking: list[Cell] = []
        self.saved: Any = None
        self.failed_ns: int | None = None
        self.injector: Injector | None = None
        if spec.failures:
            random = core.runtime.random(f"actor.failure:{spec.name}")
            self.injector = Injector(spec.name, spec.failures, core.node, random)
        self._stopping: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<Cell {self.name} {self.state}>"

    # --- life ----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin a life and return when the actor runs, or has failed to."""
        self.ready = self.core.loop.create_future()
        kept = getattr(self.life, "actor", None) if self.core.defects.state_survives_restart else None
        self.life = Life(self, kept)
        self.task = self.core.spawn(self.life.live(), self.name)
        await self.ready

    async def start_again(self, cause: str) -> None:
        """Begin the next life of an actor that is being restarted."""
        if self.state is not S.RESTARTING:
            return
        self.incarnation += 1
        if self.core.defects.restart_forgets_mailbox:
            self.mailbox.forget()
        if self.core.defects.fifo_broken_after_restart:
            self.mailbox.swap_first()
        self.change(S.INITIALIZING, cause)
        await self.start()

    def suspend(self, cause: str) -> None:
        """Take the actor down for a restart, over once :meth:`down` returns; what waits for it waits on."""
        if self.state in (S.RESTARTING, S.STOPPING, S.STOPPED):
            return
        self.change(S.RESTARTING, cause)
        end_life(self)
        if self.children is not None:
            self.children.close()

    async def down(self) -> None:
        """Return when nothing is left of the life that :meth:`suspend` ended, its children included."""
        if self.state is S.RESTARTING:  # else it was brought up again already, or stops
            children = self.children
            await ended(self)
            await self._stop_children(children, "restarting")

    async def stop(self, cause: str, limit_s: float | None = None) -> None:
        """Stop for good: handle what waits, clean up, each within ``limit_s`` (default: the policy's).

        What was begun is finished, whoever gives up waiting for it.  An actor
        that stops itself does not wait: its message in hand comes first.
        """
        if self._stopping is None:
            limit_s = self.policy_stop_limit_s if limit_s is None else limit_s
            serving = self.state in (S.RUNNING, S.PAUSED)
            self.change(S.STOPPING, cause)
            if not serving:
                end_life(self)
            self._stopping = self.core.spawn(self._stop(cause, limit_s, serving), f"{self.name}/stop")
        if asyncio.current_task() is not self.task:
            await asyncio.shield(self._stopping)

    async def _stop(self, cause: str, limit_s: float, serving: bool) -> None:
        self.mailbox.close()
        if not serving:
            await ended(self)
        if not self.core.defects.child_outlives_parent:
            await self._stop_children(self.children, cause)
        orderly = serving and await finished(self, limit_s)
        end_life(self)
        await ended(self)
        self.mailbox.drain("stopped")
        for probe in self.probes:
            probe.cancel()
        if orderly and self.life is not None:
            orderly = await self.life.clean_up(limit_s)
        self.change(S.STOPPED, "orderly" if orderly or not serving else "forced")

    def aborted(self) -> None:
        """Say that the actor is no more, whose tasks were cancelled when the system was closed at once."""
        if self.state not in (S.STOPPING, S.STOPPED):
            self.change(S.STOPPING, "aborted")
        if self.state is S.STOPPING:
            self.change(S.STOPPED, "aborted")

    def stop_soon(self, cause: str) -> None:
        """Stop without waiting for it, which an actor needs that stops itself."""
        self.core.spawn(self.supervisor.stop_child(self, cause), f"{self.name}/stop")

    def fail(self, error: BaseException, message: Message | None, *, settle: bool = True) -> None:
        """Go down because of ``error`` with ``message`` in hand, settle that, and tell the supervisor."""
        self.failed_ns = self.core.now_ns
        digest = self.life.digest() if self.life else ""
        number = 0 if message is None else message.number
        self.core.tracker.record(
            "actor.failed", self.name, error=described(error), message=number, digest=digest
        )
        if message is not None and settle:
            self._settlement.undone(message, error)
        if self.state not in (S.INITIALIZING, S.RUNNING, S.PAUSED):
            return  # it is being taken down anyway
        self.change(S.FAILED, type(error).__name__)
        self.supervisor.child_failed(self, type(error).__name__)

    async def kill(self, error: Exception) -> None:
        """End the present life from outside, as a health check does with an actor that hangs."""
        if self.state not in (S.RUNNING, S.PAUSED) or self.life is None:
            return
        end_life(self)
        self.fail(error, self.life.blame_for(error), settle=False)  # its handler may still come to its end
        await ended(self)

    def pause(self, cause: str) -> None:
        """Handle nothing until :meth:`resume`; raises TransitionError unless the actor runs."""
        self.change(S.PAUSED, cause)

    def resume(self, cause: str) -> None:
        """Go on; raises TransitionError unless the actor is paused or being started."""
        self.change(S.RUNNING, cause)

    def change(self, after: ActorState, cause: str) -> None:
        """Enter a state, write it down, and make the actor look around; raises TransitionError."""
        before = self.state
        require_transition(self.name, before, after)
        self.state = after
        fields = {"before": str(before), "after": str(after), "cause": cause}
        self.core.tracker.record("actor.state", self.name, **fields, incarnation=self.incarnation)
        self.mailbox.ring()
        if after is not S.INITIALIZING and self.ready is not None and not self.ready.done():
            self.ready.set_result(None)

    # --- what its life and others ask of it -------------------------------------------------------

    @property
    def policy_stop_limit_s(self) -> float:
        """How long it may take to stop, in s."""
        return self.supervisor.policy_of(self).stop_limit_s

    def save(self, state: Any) -> None:
        """Keep ``state`` for the next life."""
        self.saved = state
        self.note_digest("saved", digest_of(state))

    def note_digest(self, moment: str, digest: str) -> None:
        """Write the digest of a declared state; nothing for an actor that declares none."""
        if digest:
            self.core.tracker.record(
                "actor.digest", self.name, moment=moment, digest=digest, incarnation=self.incarnation
            )

    def would_wait_for_itself(self, receiver: Cell) -> bool:
        """Return whether ``receiver`` is this actor, or waits for its answer, directly or through others."""
        return receiver is self or any(self.would_wait_for_itself(cell) for cell in receiver.asking)

    async def spawn_child(self, spec: ActorSpec) -> Ref:
        """Start a child of this actor; raises ActorStoppedError where the child would outlive it."""
        if self.state not in (S.INITIALIZING, S.RUNNING, S.PAUSED):
            raise childless(self)
        if self.children is None or not self.children.up:
            self.children = self.system.nursery(self)
        return await self.system.spawn(spec, supervisor=self.children, sender=self.name)

    def abandon(self, message: Message, error: BaseException | None) -> None:
        """Say that the message in hand was given up because the actor went down, or failed by ``error``."""
        self._settlement.undone(message, error)

    # --- helpers -------------------------------------------------------------------------------

    async def _stop_children(self, children: Supervisor | None, cause: str) -> None:
        if children is not None:
            await children.stop(f"parent: {cause}")
            if self.children is children:  # else the next life has children already
                self.children = None
