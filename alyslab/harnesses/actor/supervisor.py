"""A supervisor: it restarts what fails below it, within limits, and passes on what it can't mend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alyslab.harnesses.actor.backoff import Escalation, RestartBudget, RestartPolicy
from alyslab.harnesses.actor.cell import Cell
from alyslab.harnesses.actor.state import ActorState
from alyslab.harnesses.actor.strategy import Strategy
from alyslab.harnesses.actor.tracking import policy_fields

if TYPE_CHECKING:
    from alyslab.harnesses.actor.core import Core

Child = "Cell | Supervisor"
DOWN: Final = (ActorState.STOPPING, ActorState.STOPPED)


class Supervisor:
    """A branch of the tree: actors and further supervisors, in the order in which they were started.

    A restart runs in a task of its own, so that the delay of one child holds
    up no other.  When a later failure takes a child over that waits for an
    earlier restart, the earlier one leaves it alone.  A child that fails while
    its whole branch is taken down comes back with the branch and not before.

    Parameters
    ----------
    core
        The system's books.
    name
        Unique among actors and supervisors.
    parent
        Who is told of what this one can't mend; None for the root, which stops the branch concerned.
    strategy
        Who goes down with a child.
    policy
        For children without a policy of their own, and for restarts of the whole branch.
    """

    def __init__(
        self,
        core: Core,
        name: str,
        parent: Supervisor | None,
        *,
        strategy: Strategy,
        policy: RestartPolicy,
        owner: str = "",
    ) -> None:
        self.name = name
        self.parent = parent
        self.strategy = strategy
        self.policy = policy
        self.children: list[Cell | Supervisor] = []
        self.owner = owner
        """The actor whose children these are; empty for a supervisor of its own."""
        self._core = core
        self._budgets: dict[str, RestartBudget] = {}
        self._tree_budget = self._budget(policy)
        self._taken_by: dict[str, int] = {}
        self._reactions = 0
        self._pauses: dict[str, set[int]] = {}
        self._stopping = False
        self._suspended = False
        self._suspensions = 0
        core.tracker.record(
            "supervisor.created",
            name,
            parent=parent.name if parent else "",
            owner=owner,
            strategy=str(strategy),
            **policy_fields(policy),
        )
        if parent is not None and not owner:
            parent.children.append(self)

    def policy_of(self, child: Cell | Supervisor) -> RestartPolicy:
        """Return the policy that a child is restarted by."""
        return (child.spec.policy if isinstance(child, Cell) else None) or self.policy

    @property
    def up(self) -> bool:
        """Whether it still restarts its children."""
        return not self._stopping

    # --- what children report ------------------------------------------------------------------

    def child_failed(self, child: Cell | Supervisor, cause: str) -> None:
        """Decide about a child that failed; returns at once."""
        if self._stopping:
            self._core.spawn(child.stop("gave up"), f"{self.name}/stop {child.name}")
            return
        if self._suspended:
            return  # the branch is being restarted, and this child with it
        attempt = self._budgets.setdefault(child.name, self._budget(self.policy_of(child))).spend(
            self._core.now_ns
        )
        if attempt == 0 and self._core.defects.restart_limit_ignored:
            attempt = 1
        if attempt:
            self._core.spawn(self._restart(child, attempt, cause), f"{self.name}/restart {child.name}")
        elif not self._core.defects.escalation_swallowed:
            self._core.spawn(self._escalate(child, cause), f"{self.name}/escalate {child.name}")

    # --- what it is told -----------------------------------------------------------------------

    async def stop(self, cause: str, limit_s: float | None = None) -> None:
        """Stop all children for good, the last started first."""
        self._stopping = True
        for child in reversed(self.children):
            await child.stop(cause, limit_s)

    async def suspend(self, cause: str) -> None:  # noqa: ARG002 - as an actor has it
        """Take all children down for a restart of the branch, the last started first, whatever the cause."""
        self._suspended = True
        self._suspensions += 1
        for child in reversed(self.children):
            self._take(child)
            await child.suspend("tree")

    async def start_again(self, cause: str) -> None:  # noqa: ARG002 - as an actor has it
        """Start all children that were taken down, in their order, with fresh counts, whatever the cause."""
        self._budgets.clear()
        self._suspended = False
        for child in self.children:
            await child.start_again("tree")

    async def stop_child(self, child: Cell, cause: str) -> None:
        """Stop one child for good."""
        self._take(child)
        await child.stop(cause)

    # --- restart -------------------------------------------------------------------------------

    async def _restart(self, child: Cell | Supervisor, attempt: int, cause: str) -> None:
        if self._suspended:
            return
        defects = self._core.defects
        policy = self.policy_of(child)
        affected = self.strategy.affected(self.children, child)
        if defects.group_restart_forgets_siblings:
            affected = [child]
        delay_ms = policy.delay_ms(1 if defects.backoff_never_grows else attempt)
        reaction = self._react(affected)
        self._core.tracker.record(
            "supervisor.restart",
            self.name,
            child=child.name,
            attempt=attempt,
            delay_ms=delay_ms,
            affected=tuple(other.name for other in affected),
            cause=cause,
        )
        for other in reversed(affected):
            await other.suspend("failed" if other is child else f"with {child.name}")
        if not policy.isolate or defects.isolation_ignored:
            self._pause_others(affected, reaction)
        await self._core.node.sleep(delay_ms / 1_000)
        for other in affected:
            if self._taken_by.get(other.name) == reaction and not self._stopping:
                await other.start_again("failed" if other is child else f"with {child.name}")
        self._resume_others(reaction)

    def _react(self, affected: list[Cell | Supervisor]) -> int:
        """Take these children over from any earlier restart, and return the number of this one."""
        for child in affected:
            self._take(child)
        for child in affected:
            self._taken_by[child.name] = self._reactions
        return self._reactions

    def _take(self, child: Cell | Supervisor) -> None:
        self._reactions += 1
        self._taken_by[child.name] = self._reactions

    def _pause_others(self, affected: list[Cell | Supervisor], reaction: int) -> None:
        for child in self.children:
            if isinstance(child, Cell) and child not in affected:
                if child.state is ActorState.RUNNING:
                    child.pause("isolation")
                if child.state is ActorState.PAUSED:
                    self._pauses.setdefault(child.name, set()).add(reaction)

    def _resume_others(self, reaction: int) -> None:
        for child in self.children:
            reactions = self._pauses.get(child.name)
            if isinstance(child, Cell) and reactions and reaction in reactions:
                reactions.discard(reaction)
                if not reactions and child.state is ActorState.PAUSED:
                    child.resume("isolation")

    # --- escalation ----------------------------------------------------------------------------

    async def _escalate(self, child: Cell | Supervisor, cause: str) -> None:
        if self._suspended:
            return
        how = self.policy_of(child).escalation
        if how is Escalation.RESTART_TREE and not self._tree_budget.spend(self._core.now_ns):
            how = Escalation.PARENT
        if how is Escalation.PARENT and (self.parent is None or self.owner):
            # There is nobody above: the branch ends, and the rest of the system goes on.
            how = Escalation.CONTINUE
        self._core.tracker.record("supervisor.escalated", self.name, child=child.name, how=str(how))
        match how:
            case Escalation.CONTINUE:
                self._take(child)
                await child.stop("gave up")
            case Escalation.STOP:
                await self.stop("gave up")
            case Escalation.RESTART_TREE:
                suspension = self._suspensions + 1
                await self.suspend("tree")
                await self._core.node.sleep(self.policy.delay_ms(1) / 1_000)
                if self._suspensions == suspension and not self._stopping:  # else it is another's to start
                    await self.start_again("tree")
            case Escalation.PARENT:
                assert self.parent is not None
                await self.suspend("tree")
                self.parent.child_failed(self, cause)

    def _budget(self, policy: RestartPolicy) -> RestartBudget:
        return RestartBudget(policy, forgets=not self._core.defects.window_never_resets)
