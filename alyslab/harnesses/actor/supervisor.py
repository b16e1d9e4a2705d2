"""A supervisor: it restarts what fails below it, within limits, and passes on what it can't mend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alyslab.harnesses.actor.backoff import Escalation, RestartBudget, RestartPolicy
from alyslab.harnesses.actor.cell import Cell
from alyslab.harnesses.actor.refusals import unsupervised
from alyslab.harnesses.actor.state import ActorState
from alyslab.harnesses.actor.strategy import Strategy
from alyslab.harnesses.actor.tracking import policy_fields

if TYPE_CHECKING:
    from alyslab.harnesses.actor.core import Core


class Supervisor:
    """A branch of the tree: actors and further supervisors, in the order in which they were started.

    Who goes down with a failure goes down in its moment, so that no second
    failure comes in between.  Bringing up waits for the old lives to end and
    for the delay, in a task of its own.  A child belongs to the reaction that
    took it down last: an earlier one that still waits leaves it alone.

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
        self._suspension = 0
        core.tracker.record(
            "supervisor.created",
            name,
            parent=parent.name if parent else "",
            owner=owner,
            strategy=str(strategy),
            **policy_fields(policy),
        )

    def policy_of(self, child: Cell | Supervisor) -> RestartPolicy:
        """Return the policy that a child is restarted by."""
        return (child.spec.policy if isinstance(child, Cell) else None) or self.policy

    @property
    def up(self) -> bool:
        """Whether it still restarts its children."""
        return not self._stopping

    def require_up(self) -> None:
        """Raise ActorStoppedError where a child would have nobody above it."""
        if self._stopping:
            raise unsupervised(self.name)

    def adopt(self, child: Cell | Supervisor) -> bool:
        """Take a new child in; returns whether it may start, or comes up with the branch that is down."""
        self.children.append(child)
        if self._suspension:
            self._taken_by[child.name] = self._suspension
            child.suspend("tree")
        return not self._suspension

    # --- what children report ------------------------------------------------------------------

    def child_failed(self, child: Cell | Supervisor, cause: str) -> None:
        """Decide about a child that failed, and take down who goes down with it; returns at once."""
        if self._stopping:
            self._give_up(child)
            return
        defects = self._core.defects
        budget = self._budgets.setdefault(child.name, self._budget(self.policy_of(child)))
        if attempt := budget.spend(self._core.now_ns) or int(defects.restart_limit_ignored):
            self._restart(child, attempt, cause)
        elif not defects.escalation_swallowed:
            self._escalate(child, cause)

    # --- what it is told -----------------------------------------------------------------------

    def close(self) -> None:
        """Restart nobody any more; whoever calls this stops the children too."""
        self._stopping = True

    async def stop(self, cause: str, limit_s: float | None = None) -> None:
        """Stop all children for good, the last started first."""
        self.close()
        for child in reversed(self.children):
            await child.stop(cause, limit_s)

    def suspend(self, cause: str) -> None:  # noqa: ARG002 - as an actor has it
        """Take all children down for a restart of the branch, the last started first, whatever the cause."""
        self._suspension = self._react(self.children)
        for child in reversed(self.children):
            child.suspend("tree")

    async def down(self) -> None:
        """Return when nothing is left of the lives that :meth:`suspend` ended."""
        for child in reversed(self.children):
            await child.down()

    async def start_again(self, cause: str) -> None:  # noqa: ARG002 - as an actor has it
        """Start all children that were taken down, in their order, with fresh counts, whatever the cause."""
        suspension, self._suspension = self._suspension, 0
        self._budgets.clear()
        names = tuple(child.name for child in self.children)
        self._core.tracker.record("supervisor.restarted", self.name, children=names)
        for child in self.children:
            if self._has(child, suspension):
                await child.start_again("tree")

    async def stop_child(self, child: Cell, cause: str) -> None:
        """Stop one child for good."""
        self._react([child])
        await child.stop(cause)

    # --- restart -------------------------------------------------------------------------------

    def _restart(self, child: Cell | Supervisor, attempt: int, cause: str) -> None:
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
        causes = {other.name: "failed" if other is child else f"with {child.name}" for other in affected}
        for other in reversed(affected):
            other.suspend(causes[other.name])
        if not policy.isolate or defects.isolation_ignored:
            self._pause_others(affected, reaction)
        work = self._bring_up(affected, causes, delay_ms, reaction)
        self._core.spawn(work, f"{self.name}/restart {child.name}")

    async def _bring_up(
        self, affected: list[Cell | Supervisor], causes: dict[str, str], delay_ms: float, reaction: int
    ) -> None:
        for other in reversed(affected):
            await other.down()
        await self._core.node.sleep(delay_ms / 1_000)
        for other in affected:
            if self._has(other, reaction):
                await other.start_again(causes[other.name])
        self._resume_others(reaction)

    def _react(self, affected: list[Cell | Supervisor] | list[Cell]) -> int:
        """Take these children over from any earlier reaction, and return the number of this one."""
        self._reactions += 1
        for child in affected:
            self._taken_by[child.name] = self._reactions
        return self._reactions

    def _has(self, child: Cell | Supervisor, reaction: int) -> bool:
        """Return whether this reaction may start the child: no later one took it, and nothing is ending."""
        return self._taken_by.get(child.name) == reaction and not self._stopping

    def _pause_others(self, affected: list[Cell | Supervisor], reaction: int) -> None:
        for child in self.children:
            if isinstance(child, Cell) and child not in affected:
                held = self._pauses.setdefault(child.name, set())
                if child.state is ActorState.RUNNING:
                    child.pause("isolation")
                    held.add(reaction)
                elif child.state is ActorState.PAUSED and held:  # else somebody asked it to pause
                    held.add(reaction)

    def _resume_others(self, reaction: int) -> None:
        for child in self.children:
            reactions = self._pauses.get(child.name)
            if isinstance(child, Cell) and reactions and reaction in reactions:
                reactions.discard(reaction)
                if not reactions and child.state is ActorState.PAUSED:
                    child.resume("isolation")

    # --- escalation ----------------------------------------------------------------------------

    def _escalate(self, child: Cell | Supervisor, cause: str) -> None:
        how = self.policy_of(child).escalation
        if how is Escalation.RESTART_TREE and not self._tree_budget.spend(self._core.now_ns):
            how = Escalation.PARENT
        if how is Escalation.PARENT and (self.parent is None or self.owner):
            how = Escalation.CONTINUE  # with nobody above the branch ends, and the rest of the system goes on
        self._core.tracker.record("supervisor.escalated", self.name, child=child.name, how=str(how))
        match how:
            case Escalation.CONTINUE:
                self._give_up(child)
            case Escalation.STOP:
                self._give_up(child)
                self.close()
                self._core.spawn(self.stop("gave up"), f"{self.name}/stop")
            case Escalation.RESTART_TREE:
                self.suspend("tree")
                self._core.spawn(self._restart_tree(self._suspension), f"{self.name}/restart tree")
            case Escalation.PARENT:
                assert self.parent is not None
                self.suspend("tree")
                self.parent.child_failed(self, cause)

    def _give_up(self, child: Cell | Supervisor) -> None:
        self._react([child])
        self._core.spawn(child.stop("gave up"), f"{self.name}/stop {child.name}")

    async def _restart_tree(self, suspension: int) -> None:
        await self.down()
        await self._core.node.sleep(self.policy.delay_ms(1) / 1_000)
        if self._suspension == suspension:  # else the branch went down once more, for another to bring it up
            await self.start_again("tree")

    def _budget(self, policy: RestartPolicy) -> RestartBudget:
        return RestartBudget(policy, forgets=not self._core.defects.window_never_resets)
