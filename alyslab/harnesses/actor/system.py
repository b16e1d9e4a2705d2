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
from typing import TYPE_CHECKING, Self

from alyslab.errors import StateError
from alyslab.harnesses.actor.actor import require_actor
from alyslab.harnesses.actor.backoff import RestartPolicy
from alyslab.harnesses.actor.branches import nursery_of, require_above
from alyslab.harnesses.actor.cell import Cell
from alyslab.harnesses.actor.core import Core
from alyslab.harnesses.actor.directory import OUTSIDE, Directory
from alyslab.harnesses.actor.errors import NameTakenError
from alyslab.harnesses.actor.health import HealthPolicy, check_health, require_health, watch
from alyslab.harnesses.actor.presets import DEFAULT
from alyslab.harnesses.actor.ranges import FLAG, Such
from alyslab.harnesses.actor.shutdown import ALYS_SHUTDOWN, ShutdownPolicy, stop_in_order
from alyslab.harnesses.actor.spec import ActorSpec, require_branch, require_spec
from alyslab.harnesses.actor.strategy import Strategy
from alyslab.harnesses.actor.supervisor import Supervisor
from alyslab.harnesses.actor.tracking import RECORDINGS, Recording, policy_fields
from alyslab.runtime import require_current

if TYPE_CHECKING:
    from alyslab.harnesses.actor.reference import Ref


class ActorSystem(Directory):
    """A supervised actor system; use it as an async context manager, inside a run.

    Leaving the block shuts it down in order; leaving it by an exception or a
    cancellation cancels everything at once.  Either way no task is left.
    When the laboratory itself fails inside (the journal refuses a row, a
    supervisor is broken), the block is cancelled and raises that error.

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

    Raises
    ------
    PolicyError
        With every one of these that can't be what it is.
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
        recordings = Such(lambda given: given in RECORDINGS, ", ".join(RECORDINGS))
        options = {"recording": (recording, recordings), "causal": (causal, FLAG)}
        require_branch("actor system", name, strategy, policy, **options)
        self.name = name
        self._shutdown_policy = shutdown
        super().__init__(Core(runtime, runtime.node(name), recording, causal=causal))
        self.root = Supervisor(self.core, name, None, strategy=Strategy(strategy), policy=policy)
        self.core.supervisors[name] = self.root
        self._open = True

    async def __aenter__(self) -> Self:
        self.core.breakdown.enter()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        breakdown = self.core.breakdown
        try:
            if error is None and breakdown.error is None and self._open:
                await self.shutdown()
            else:
                await self.abort()
        finally:
            breakdown.settle()

    # --- making --------------------------------------------------------------------------------

    def supervisor(
        self,
        name: str,
        *,
        strategy: Strategy = Strategy.ONE_FOR_ONE,
        policy: RestartPolicy = DEFAULT,
        parent: Supervisor | None = None,
    ) -> Supervisor:
        """Make a supervisor below ``parent`` (default: the root).

        Raises
        ------
        NameTakenError
            If an actor or a supervisor has that name.
        ActorStoppedError
            If ``parent`` was stopped, or has given up.
        PolicyError
            For a name, strategy, policy or parent that is none.
        """
        require_branch("supervisor", name, strategy, policy)
        self._require_free(name, "supervisor")
        above = require_above(name, parent, self.root)
        made = Supervisor(self.core, name, above, strategy=Strategy(strategy), policy=policy)
        self.core.supervisors[name] = made
        above.adopt(made)
        return made

    def nursery(self, cell: Cell) -> Supervisor:
        """Make the supervisor of an actor's own children."""
        return nursery_of(cell)

    async def spawn(
        self, spec: ActorSpec, *, supervisor: Supervisor | None = None, sender: str = OUTSIDE
    ) -> Ref:
        """Start an actor and return a reference to it once it runs, or is being restarted.

        Raises
        ------
        HandlerError
            If its class can't be run as an actor, or ``spec`` is no ActorSpec.
        NameTakenError
            If an actor or a supervisor has, or had, that name.
        ActorStoppedError
            If its supervisor was stopped, or has given up.
        PolicyError
            If ``supervisor`` is none.
        UnknownActorError
            If it depends on an actor that does not exist.
        """
        require_spec(spec)
        require_actor(spec.name, spec.kind, spec.options)
        self._require_free(spec.name)
        for needed in spec.depends_on:
            self.cell(needed)
        above = require_above(spec.name, supervisor, self.root)
        cell = Cell(self, spec, above)
        self.core.cells[spec.name] = cell
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
        if above.adopt(cell):
            await cell.start()
        return self.core.ref(sender, cell)

    # --- watching and steering -------------------------------------------------------------------

    def watch(self, *names: str, policy: HealthPolicy, monitor: str = "monitor") -> asyncio.Task[None]:
        """Check the health of these actors for ever; an unhealthy one is restarted by its supervisor.

        Raises UnknownActorError for a name that nobody has, PolicyError for a policy that is none.
        """
        cells = [self.cell(name) for name in names]
        require_health(policy, names)
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
            await stop_in_order(self.core, self._shutdown_policy)
            await self.root.stop("shutdown")
        finally:
            await self.abort()

    async def abort(self) -> None:
        """Cancel everything at once and write down what each stream had sent; a second call does nothing."""
        if not self._open:
            return
        self._open = False
        self.core.breakdown.leave()
        for cell in self.core.cells.values():
            cell.mailbox.close()  # who waits for room outside the system is let go
        await self.core.cancel_all()
        for cell in reversed(self.core.cells.values()):  # children before parents
            cell.mailbox.drain("aborted")
            cell.aborted()
        self.core.tracker.totals(self.name, self.core.refs())

    def _require_free(self, name: str, call: str = "spawn") -> None:
        if not self._open:
            raise StateError(f"ActorSystem.{call}()", "closed", [])
        taken = self.core.cells.get(name)
        if taken is not None or name in self.core.supervisors:
            state = "a supervisor" if taken is None else str(taken.state)
            raise NameTakenError(name, state, "the name is taken", "choose another name")
