from __future__ import annotations

import asyncio
from typing import Any

import pytest

from alyslab.checkers.restarts import check_restarts
from alyslab.harnesses.actor import (
    Actor,
    ActorSpec,
    ActorSystem,
    Escalation,
    Failure,
    FailureKind,
    RestartPolicy,
    ShutdownClass,
    Strategy,
    exponential,
    fixed,
    immediate,
    progressive,
)
from alyslab.harnesses.actor.backoff import Backoff, RestartBudget
from alyslab.harnesses.actor.errors import PolicyError
from alyslab.harnesses.actor.health import HealthPolicy
from alyslab.harnesses.actor.presets import POLICIES
from alyslab.harnesses.actor.shutdown import ShutdownPolicy, shutdown_order
from alyslab.runtime import simulate
from tests.harnesses.actor.actors import Echo, Slow, journal_of, states


def test_delays_are_those_of_alys() -> None:
    """The presets stand for the real system only if they wait as it does."""
    assert [POLICIES["default"].delay_ms(n) for n in (1, 2, 10)] == [100, 200, 30_000]
    assert [POLICIES["network"].delay_ms(n) for n in (1, 2)] == [1_000, 1_500]
    assert POLICIES["network"].effective_limit == 8
    assert [POLICIES["bridge"].delay_ms(n) for n in (1, 9)] == [5_000, 5_000]
    assert POLICIES["consensus_critical"].delay_ms(9) == 500
    assert all(policy.source for policy in POLICIES.values())


def test_a_budget_forgets_what_left_its_window() -> None:
    """A count that never resets gives an actor up after years of good service."""
    budget = RestartBudget(fixed(0, limit=2, window_s=1))

    assert [budget.spend(ns) for ns in (0, 1, 2, 1_000_000_000, 1_000_000_002)] == [1, 2, 0, 2, 2]


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"initial_ms": -1}, "initial_ms"),
        ({"factor": 0.5}, "factor"),
        ({"initial_ms": 200, "max_ms": 100}, "max_ms"),
        ({"window_s": 0}, "window_s"),
        ({"limit": 5, "window_s": 1, "initial_ms": 400}, "window_s"),
        ({"backoff": Backoff.PROGRESSIVE}, "tries"),
        ({"tries": 3}, "tries"),
    ],
)
def test_limits_that_contradict_each_other_are_refused(options: dict[str, Any], key: str) -> None:
    """A limit that can never be reached is an escalation that never happens."""
    with pytest.raises(PolicyError) as caught:
        RestartPolicy(**options)

    assert key in [problem.key for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("strategy", "down"),
    [
        (Strategy.ONE_FOR_ONE, {"b"}),
        (Strategy.REST_FOR_ONE, {"b", "c"}),
        (Strategy.ONE_FOR_ALL, {"a", "b", "c"}),
    ],
)
def test_a_strategy_restarts_whom_it_concerns(strategy: Strategy, down: set[str]) -> None:
    """Restarting too few leaves actors with a peer that forgot them; too many loses work."""

    async def main() -> None:
        async with ActorSystem(strategy=strategy, policy=fixed(10)) as system:
            for name in "abc":
                await system.spawn(ActorSpec(name=name, kind=Echo))
            await system.ref("b").tell("crash")
            await asyncio.sleep(0.1)

    journal = journal_of(main)

    assert {name for name in "abc" if "restarting" in states(journal, name)} == down


@pytest.mark.parametrize(
    ("escalation", "left"),
    [
        (Escalation.CONTINUE, {"a": "stopped", "b": "running"}),
        (Escalation.STOP, {"a": "stopped", "b": "stopped"}),
        (Escalation.RESTART_TREE, {"a": "running", "b": "running"}),
        (Escalation.PARENT, {"a": "running", "b": "running"}),
    ],
)
def test_escalation_does_what_it_says(escalation: Escalation, left: dict[str, str]) -> None:
    """What a supervisor can't mend must end somewhere, and the system must not."""

    async def main() -> dict[str, str]:
        async with ActorSystem() as system:
            branch = system.supervisor(
                "branch", policy=immediate(limit=1, window_s=60, escalation=escalation)
            )
            for name in "ab":
                await system.spawn(ActorSpec(name=name, kind=Echo), supervisor=branch)
            for _ in range(2):
                await system.ref("a").tell("crash")
                await asyncio.sleep(0.01)
            await asyncio.sleep(1)
            return {name: str(system.state(name)) for name in "ab"}

    run = simulate(main, seed=1)

    assert run.result == left
    assert [event.fields["how"] for event in run.journal.select(kind="supervisor.escalated")] == [
        str(escalation)
    ]


@pytest.mark.parametrize("escalation", [Escalation.RESTART_TREE, Escalation.PARENT])
@pytest.mark.parametrize("first", ["a", "b"])
def test_a_branch_that_goes_down_goes_down_whole(escalation: Escalation, first: str) -> None:
    """A group that one child brings up early leaves the branch's own restart nothing to start."""

    async def main() -> None:
        async with ActorSystem(policy=fixed(200)) as system:
            policy = fixed(50, limit=1, window_s=60, escalation=escalation)
            branch = system.supervisor("branch", policy=policy, strategy=Strategy.ONE_FOR_ALL)
            for name in "ab":
                await system.spawn(ActorSpec(name=name, kind=Echo), supervisor=branch)
            await system.ref("a").tell("crash")
            await asyncio.sleep(1)
            for name in (first, "ab".replace(first, "")):
                await system.ref(name).tell("crash")
            await asyncio.sleep(1)

    journal = simulate(main, seed=1, strategy="fifo").journal

    escalated = next(journal.select(kind="supervisor.escalated"))
    later = [event for event in journal.select(kind="actor.state") if event.seq > escalated.seq]
    back = [event for event in later if event.fields["after"] == "initializing"]
    due_ms = 50 if escalation is Escalation.RESTART_TREE else 200
    assert [(event.subject, event.fields["cause"]) for event in back[:2]] == [("a", "tree"), ("b", "tree")]
    assert {event.time_ns - escalated.time_ns for event in back[:2]} == {due_ms * 1_000_000}
    assert check_restarts(journal).failed == ()


def test_siblings_pause_unless_failures_are_isolated() -> None:
    """Consensus must not go on while a part of it is down; the network may."""

    async def main(isolate: bool) -> None:
        async with ActorSystem(policy=fixed(50, isolate=isolate)) as system:
            for name in "ab":
                await system.spawn(ActorSpec(name=name, kind=Echo))
            await system.ref("a").tell("crash")
            await asyncio.sleep(0.01)
            await system.ref("b").ask("say", 1)

    together = journal_of(main, parameters={"isolate": False})
    apart = journal_of(main, parameters={"isolate": True})

    assert states(together, "b") == ["running", "paused", "running", "stopping", "stopped"]
    assert "paused" not in states(apart, "b")
    assert next(together.select(kind="message", subject="b")).time_ns == 50_000_000
    assert next(apart.select(kind="message", subject="b")).time_ns == 10_000_000


def test_a_hang_is_ended_by_health_checks() -> None:
    """Nothing else can tell a hang from a slow handler."""

    async def main() -> str:
        hang = Failure(kind=FailureKind.HANG, on="hang")
        async with ActorSystem(policy=fixed(10)) as system:
            ref = await system.spawn(ActorSpec(name="a", kind=Echo, failures=(hang,)))
            system.watch("a", policy=HealthPolicy(interval_s=0.1, timeout_s=0.1, failures=2))
            await ref.tell("hang")
            await asyncio.sleep(1)
            return str(system.state("a"))

    run = simulate(main, seed=1)

    assert run.result == "running"
    assert [e.fields["in_a_row"] for e in run.journal.select(kind="health.missed")] == [1, 2]
    assert [e.fields["outcome"] for e in run.journal.select(kind="message")] == ["failed"]


def test_a_crash_during_a_restart_is_one_more_failure() -> None:
    """A restart that fails must not leave the actor between two states."""

    async def main() -> str:
        failures = (
            Failure(kind=FailureKind.PANIC, on="say"),
            Failure(kind=FailureKind.CRASH_ON_RESTART, times=2),
        )
        async with ActorSystem(policy=fixed(10)) as system:
            ref = await system.spawn(ActorSpec(name="a", kind=Echo, failures=failures))
            await ref.tell("say")
            await asyncio.sleep(1)
            return str(system.state("a"))

    run = simulate(main, seed=1)

    assert run.result == "running"
    assert states(run.journal, "a").count("failed") == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "slow"},
        {"kind": "panic", "probability": 0},
        {"kind": "panic", "times": 0},
        {"kind": "grow", "step_bytes": 10, "limit_bytes": 1},
        {"kind": "hang", "delay_s": 1.0},
    ],
)
def test_a_failure_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    """A failure that can't happen would pass as resilience."""
    with pytest.raises(PolicyError):
        Failure(**wrong)


def test_memory_grows_to_its_limit_and_is_freed_by_the_restart() -> None:
    """Growth without an end would take the laboratory down with the actor."""

    async def main() -> None:
        grow = Failure(kind=FailureKind.GROW, step_bytes=100, limit_bytes=300, times=None)
        async with ActorSystem(policy=immediate(limit=10)) as system:
            ref = await system.spawn(ActorSpec(name="a", kind=Echo, failures=(grow,)))
            for _ in range(9):
                await ref.tell("say")
            await asyncio.sleep(0.1)  # a system that is shut down restarts nobody

    outcomes = [event.fields["outcome"] for event in journal_of(main).select(kind="message")]

    assert outcomes == ["done", "done", "failed"] * 3


def test_a_poison_message_is_given_up_after_its_attempts() -> None:
    """Without a last attempt it would come back for ever."""

    async def main() -> None:
        poison = Failure(kind=FailureKind.PANIC, on="poison", times=None)
        async with ActorSystem(policy=immediate(limit=10)) as system:
            ref = await system.spawn(ActorSpec(name="a", kind=Echo, attempts=3, failures=(poison,)))
            await ref.tell("poison")
            await ref.tell("say")
            await asyncio.sleep(0.1)

    outcomes = [event.fields["outcome"] for event in journal_of(main).select(kind="message")]

    assert outcomes == ["retried", "retried", "failed", "done"]


def test_shutdown_goes_by_class_and_dependants_stop_first() -> None:
    """An actor that loses what it needs can't finish what it has."""
    specs = [
        ActorSpec(name="engine", kind=Echo, shutdown=ShutdownClass.NORMAL),
        ActorSpec(name="chain", kind=Echo, shutdown=ShutdownClass.CRITICAL, depends_on=("engine",)),
        ActorSpec(name="metrics", kind=Echo, shutdown=ShutdownClass.BACKGROUND),
    ]
    circle = [
        ActorSpec(name="a", kind=Echo, depends_on=("b",)),
        ActorSpec(name="b", kind=Echo, depends_on=("a",)),
    ]

    freed = [
        ActorSpec(name="needed", kind=Echo, shutdown=ShutdownClass.CRITICAL),
        ActorSpec(name="other", kind=Echo, shutdown=ShutdownClass.HIGH),
        ActorSpec(name="dependant", kind=Echo, depends_on=("needed",)),
    ]

    assert shutdown_order(specs) == ["metrics", "chain", "engine"]
    assert shutdown_order(freed) == ["dependant", "other", "needed"]
    with pytest.raises(PolicyError, match="circle"):
        shutdown_order(circle)


def test_a_shutdown_ends_in_time_whatever_waits() -> None:
    """A system that can't be stopped can't be restarted."""

    async def main() -> None:
        limits = ShutdownPolicy(total_limit_s=0.5, actor_limit_s=0.2)
        async with ActorSystem(shutdown=limits) as system:
            for number in range(4):
                ref = await system.spawn(ActorSpec(name=f"slow-{number}", kind=Slow))
                for _ in range(100):
                    await ref.tell("work")

    journal = journal_of(main)
    left = list(journal.select(kind="message.dropped"))

    stops = [e.time_ns for e in journal.select("actor.state") if e.fields["after"] == "stopped"]
    assert [round(ns / 1e6) for ns in stops] == [200, 400, 500, 500]
    assert journal[-1].time_ns <= 500_000_100
    assert {event.fields["reason"] for event in left} == {"stopped"}
    assert [
        event.fields["cause"]
        for event in journal.select(kind="actor.state")
        if event.fields["after"] == "stopped"
    ] == ["forced"] * 4


class Stuck(Actor):
    """Never gets up, or never gets done, as it is told."""

    def __init__(self, where: str) -> None:
        self.where = where

    async def started(self) -> None:
        if self.where == "started":
            await asyncio.Event().wait()

    async def stopped(self) -> None:
        if self.where == "stopped":
            await asyncio.Event().wait()

    async def receive(self, kind: str, body: Any) -> None:
        pass


@pytest.mark.parametrize(
    ("where", "took_s", "stop"),
    [("started", 0.5, "forced"), ("stopped", 0.2, "forced"), ("", 0.0, "orderly")],
)
def test_an_actor_that_is_stuck_at_an_end_is_cut_off_there(where: str, took_s: float, stop: str) -> None:
    """One start or clean-up that never comes back must not hold the whole system up."""

    async def main() -> float:
        limits = ShutdownPolicy(total_limit_s=5, actor_limit_s=0.2)
        async with ActorSystem(policy=immediate(limit=0), shutdown=limits) as system:
            options = {"where": where}
            await system.spawn(ActorSpec(name="stuck", kind=Stuck, options=options, start_limit_s=0.5))
            await asyncio.sleep(0)
        return asyncio.get_running_loop().time()

    run = simulate(main, seed=1)
    ends = [e.fields["cause"] for e in run.journal.select("actor.state") if e.fields["after"] == "stopped"]

    assert run.result == pytest.approx(took_s)
    assert ends == ["orderly" if where == "started" else stop]


class Parent(Actor):
    """Has one child in each life."""

    async def started(self) -> None:
        await self.context.spawn(ActorSpec(name=f"child-{self.context.incarnation}", kind=Echo))

    async def receive(self, kind: str, body: Any) -> None:
        raise ValueError("told to")


def test_children_end_before_the_next_life_of_their_parent_begins() -> None:
    """A child of a former life would go on speaking for a parent that knows nothing of it."""

    async def main() -> None:
        async with ActorSystem(policy=fixed(10)) as system:
            ref = await system.spawn(ActorSpec(name="parent", kind=Parent))
            await ref.tell("fail")
            await asyncio.sleep(0.1)

    rows = [(e.subject, e.fields["after"]) for e in journal_of(main).select("actor.state")]

    assert rows.index(("child-0", "stopped")) < rows.index(("parent", "initializing"))
    assert rows.index(("child-1", "running")) > rows.index(("parent", "initializing"))


def test_policies_say_how_their_delay_grows() -> None:
    """Each of the four back-offs has its own shape."""
    attempts = range(1, 4)

    assert [immediate().delay_ms(n) for n in attempts] == [0, 0, 0]
    assert [fixed(7).delay_ms(n) for n in attempts] == [7, 7, 7]
    assert [exponential(10, 25, 2).delay_ms(n) for n in attempts] == [10, 20, 25]
    assert [progressive(10, 2, 3).delay_ms(n) for n in attempts] == [10, 20, 40]
