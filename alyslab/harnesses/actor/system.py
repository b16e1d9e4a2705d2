"""An actor system: the tree of supervisors and actors, and every way to reach one of them.

::

    async with ActorSystem() as system:
        await system.spawn(ActorSpec(name="chain", kind=Chain))
        answer = await system.ref("chain").ask("head")

Inside :func:`alyslab.simulate` it runs in virtual time, inside
:func:`alyslab.runtime.wall.measure` in real time, unchanged.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from alyslab.errors import StateError
from alyslab.harnesses.actor.actor import require_actor
from alyslab.harnesses.actor.backoff import RestartPolicy
from alyslab.harnesses.actor.cell import Cell
from alyslab.harnesses.actor.core import Core
from alyslab.harnesses.actor.errors import ActorStoppedError, NameTakenError, UnknownActorError
from alyslab.harnesses.actor.health import HealthPolicy, check_health, watch
from alyslab.harnesses.actor.lanes import NORMAL
from alyslab.harnesses.actor.presets import DEFAULT
from alyslab.harnesses.actor.shutdown import ALYS_SHUTDOWN, ShutdownPolicy, shutdown_order
from alyslab.harnesses.actor.state import TAKES_MESSAGES, ActorState
from alyslab.harnesses.actor.strategy import Strategy
from alyslab.harnesses.actor.supervisor import Supervisor
from alyslab.harnesses.actor.tracking import Recording, policy_fields
from alyslab.runtime import require_current

if TYPE_CHECKING:
    from alyslab.harnesses.actor.reference import Ref
    from alyslab.harnesses.actor.spec import ActorSpec

OUTSIDE: Final = "outside"
"""Who sends what no actor sends."""


class ActorSystem:
    """A supervised actor system; use it as an async context manager, inside a run.

    Leaving the block shuts it down in order; leaving it by an exception or a
    cancellation cancels everything at once.  Either way no task is left.

    Parameters
    ----------
    name
        Of the node on which it lives, and of its root supervisor.
    strategy, policy
        Of the root supervisor.
    recording
        ``messages``: a row for each message; ``sequences``: only how far each
        stream got, written at the end.
    causal
        Keep vector clocks at the receivers, and write them with each message.
    shutdown
        Time limits of an orderly end.
    """

    def __init__(
        self,
        name: str = "actors",
        *,
        strategy: Strategy = Strategy.ONE_FOR_ONE,
        policy: RestartPolicy = DEFAULT,
        recording: Recording = "messages",
        causal: bool = False,
        shutdown: ShutdownPolicy = ALYS_SHUTDOWN,
    ) -> None:
        runtime = require_current()
        self.name = name
        self._shutdown_policy = shutdown
        self.core = Core(runtime, runtime.node(name), recording, causal=causal)
        self._supervisors: dict[str, Supervisor] = {}
        self.root = Supervisor(self.core, name, None, strategy=strategy, policy=policy)
        self._supervisors[name] = self.root
        self._open = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            await self.shutdown()
        else:
            await self.abort()

    # --- making --------------------------------------------------------------------------------

    def supervisor(
        self,
        name: str,
        *,
        strategy: Strategy = Strategy.ONE_FOR_ONE,
        policy: RestartPolicy = DEFAULT,
        parent: Supervisor | None = None,
    ) -> Supervisor:
        """Make a supervisor below ``parent`` (default: the root); raises NameTakenError."""
        self._require_free(name)
        made = Supervisor(self.core, name, parent or self.root, strategy=strategy, policy=policy)
        self._supervisors[name] = made
        return made

    def nursery(self, cell: Cell) -> Supervisor:
        """Make the supervisor of an actor's own children."""
        made = Supervisor(
            self.core,
            f"{cell.name}/children/{cell.incarnation}",
            cell.supervisor,
            strategy=Strategy.ONE_FOR_ONE,
            policy=cell.supervisor.policy_of(cell),
            owner=cell.name,
        )
        self._supervisors[made.name] = made
        return made

    async def spawn(
        self, spec: ActorSpec, *, supervisor: Supervisor | None = None, sender: str = OUTSIDE
    ) -> Ref:
        """Start an actor and return a reference to it once it runs, or is being restarted.

        Raises
        ------
        HandlerError
            If its class can't be run as an actor.
        NameTakenError
            If an actor or a supervisor has, or had, that name.
        UnknownActorError
            If it depends on an actor that does not exist.
        """
        require_actor(spec.kind, spec.options)
        self._require_free(spec.name)
        for needed in spec.depends_on:
            self.cell(needed)
        above = supervisor or self.root
        cell = Cell(self, spec, above)
        self.core.cells[spec.name] = cell
        above.children.append(cell)
        self.core.tracker.record(
            "actor.created",
            spec.name,
            type=spec.kind.__name__,
            supervisor=above.name,
            parent=above.owner,
            capacity=spec.mailbox.capacity,
            overflow=str(spec.mailbox.overflow),
            depends_on=spec.depends_on,
            shutdown=int(spec.shutdown),
            attempts=spec.attempts,
            **policy_fields(above.policy_of(cell)),
        )
        await cell.start()
        return self.core.ref(sender, cell)

    # --- reaching ------------------------------------------------------------------------------

    def cell(self, name: str) -> Cell:
        """Return the cell of that name; raises UnknownActorError."""
        try:
            return self.core.cells[name]
        except KeyError:
            known = ", ".join(sorted(self.core.cells)[:10]) or "nobody"
            raise UnknownActorError(name, "unknown", "no actor has that name", f"there is {known}") from None

    def ref(self, name: str, *, sender: str = OUTSIDE) -> Ref:
        """Return a reference to an actor, to speak on behalf of ``sender``; raises UnknownActorError."""
        return self.core.ref(sender, self.cell(name))

    def refs_of(self, kind: type[Any] | str, *, sender: str = OUTSIDE) -> list[Ref]:
        """Return references to all actors of a type that take messages, by name."""
        wanted = kind if isinstance(kind, str) else kind.__name__
        return [
            self.core.ref(sender, cell)
            for name, cell in sorted(self.core.cells.items())
            if cell.spec.kind.__name__ == wanted and cell.state in TAKES_MESSAGES
        ]

    async def broadcast(
        self,
        kind: str,
        body: Any = None,
        *,
        to: type[Any] | str,
        priority: int = NORMAL,
        sender: str = OUTSIDE,
    ) -> int:
        """Send a message to every actor of a type, in the order of names; returns how many there were.

        An actor that stops meanwhile is passed over.
        """
        sent = 0
        refs = self.refs_of(to, sender=sender)
        if self.core.defects.broadcast_reordered and len(refs) > 1 and self.core.next_number() % 3 == 0:
            self.core.spawn(self._tell_late(refs.pop(), kind, body), "late broadcast")
        for ref in refs:
            try:
                await ref.tell(kind, body, priority=priority)
            except ActorStoppedError:
                continue
            sent += 1
        return sent

    async def _tell_late(self, ref: Ref, kind: str, body: Any) -> None:
        await self.core.node.sleep(0.02)
        await ref.tell(kind, body)

    def state(self, name: str) -> ActorState:
        """Return the state of the actor of that name; raises UnknownActorError."""
        return self.cell(name).state

    # --- watching and steering -------------------------------------------------------------------

    def watch(self, *names: str, policy: HealthPolicy, monitor: str = "monitor") -> asyncio.Task[None]:
        """Check the health of these actors for ever; an unhealthy one is restarted by its supervisor."""
        cells = [self.cell(name) for name in names]
        return self.core.spawn(watch(cells, policy, monitor), monitor)

    async def check_health(self, name: str, *, timeout_s: float = 5.0) -> bool:
        """Return whether the actor answers within ``timeout_s`` that it is in order."""
        return await check_health(self.cell(name), OUTSIDE, timeout_s)

    async def stop(self, name: str, *, cause: str = "asked") -> None:
        """Stop an actor for good, its children first."""
        cell = self.cell(name)
        await cell.supervisor.stop_child(cell, cause)

    def pause(self, name: str) -> None:
        """Let the actor handle nothing until :meth:`resume`; raises TransitionError unless it runs."""
        self.cell(name).pause("asked")

    def resume(self, name: str) -> None:
        """Let a paused actor go on; raises TransitionError unless it is paused."""
        self.cell(name).resume("asked")

    # --- ending --------------------------------------------------------------------------------

    async def shutdown(self) -> None:
        """Stop every actor in order, within the time limits; what is left then is cancelled.

        Raises
        ------
        PolicyError
            If actors depend on each other in a circle; everything is cancelled then.
        StateError
            If the system is closed.
        """
        if not self._open:
            raise StateError("ActorSystem.shutdown()", "closed", [])
        try:
            order = shutdown_order(cell.spec for cell in self.core.cells.values())
            if self.core.defects.shutdown_order_reversed:
                order.reverse()
            deadline_ns = self.core.now_ns + round(self._shutdown_policy.total_limit_s * 1e9)
            for name in order:
                left_s = max((deadline_ns - self.core.now_ns) / 1e9, 1e-9)
                await self.cell(name).stop("shutdown", min(left_s, self._shutdown_policy.actor_limit_s))
            await self.root.stop("shutdown")
        finally:
            await self.abort()

    async def abort(self) -> None:
        """Cancel everything at once and write down what each stream had sent; a second call does nothing."""
        if not self._open:
            return
        self._open = False
        await self.core.cancel_all()
        if self.core.clocks is not None:
            self.core.tracker.record("clock.owners", self.name, owners=self.core.clocks.participants)
        for ref in self.core.refs():
            for priority, sent in ref.sent.items():
                self.core.tracker.streams(ref.sender, ref.name, priority, sent)
            for priority, handled, skipped, repeated in ref.tracked():
                self.core.tracker.tracked(ref.name, ref.sender, priority, handled, skipped, repeated)

    def _require_free(self, name: str) -> None:
        if not self._open:
            raise StateError("ActorSystem.spawn()", "closed", [])
        taken = self.core.cells.get(name)
        if taken is not None or name in self._supervisors:
            state = "a supervisor" if taken is None else str(taken.state)
            raise NameTakenError(name, state, "the name is taken", "choose another name")
