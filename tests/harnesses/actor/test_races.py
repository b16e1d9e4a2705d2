"""Failures, starts and ends that meet each other half-way; each of these once left an actor behind."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from alyslab.checkers.lives import check_lives
from alyslab.checkers.restarts import check_restarts
from alyslab.harnesses.actor import Actor, ActorSpec, ActorSystem, Escalation, Strategy, fixed, immediate
from alyslab.harnesses.actor.errors import ActorStoppedError
from alyslab.harnesses.actor.health import HealthPolicy
from alyslab.runtime import Journal, simulate
from tests.harnesses.actor.actors import Echo, states

ALL = Strategy.ONE_FOR_ALL
EVERY = ["fifo", "random"]


class Slow(Actor):
    """Gets up, and cleans up, in the times that it is given; fails to get up as often as it is told."""

    def __init__(self, up_s: float = 0.0, end_s: float = 0.0, sour: list[int] | None = None) -> None:
        self._up_s, self._end_s, self._sour = up_s, end_s, sour if sour is not None else []

    async def started(self) -> None:
        await self.context.sleep(self._up_s)
        if self._sour and self._sour.pop():
            raise ValueError("not yet")

    async def stopped(self) -> None:
        await self.context.sleep(self._end_s)

    async def receive(self, kind: str, body: Any) -> Any:
        if kind == "crash":
            raise ValueError("told to")
        return body


class Brood(Slow):
    """Has a child that takes a while to end; starts another on demand."""

    async def started(self) -> None:
        await self._child("first")
        await super().started()

    async def receive(self, kind: str, body: Any) -> Any:
        return await (self._child(body) if kind == "child" else super().receive(kind, body))

    async def _child(self, name: str) -> None:
        name = f"{self.context.name}.{self.context.incarnation}.{name}"
        await self.context.spawn(ActorSpec(name=name, kind=Slow, options={"end_s": 0.05}))


def begun(journal: Journal, name: str) -> list[tuple[int, str]]:
    """Return when (ms) and why each new life of an actor began."""
    rows = list(journal.select(kind="actor.state", subject=name))
    return [(e.time_ns // 1_000_000, e.fields["cause"]) for e in rows if e.fields["after"] == "initializing"]


def test_who_starts_an_actor_is_told_even_if_its_group_goes_down_meanwhile() -> None:
    """The first life never ran, so waiting for it would be waiting for ever."""

    async def main() -> str:
        async with ActorSystem(strategy=ALL, policy=fixed(20)) as system:
            await system.spawn(ActorSpec(name="a", kind=Echo))
            starting = asyncio.create_task(
                system.spawn(ActorSpec(name="b", kind=Slow, options={"up_s": 0.01}))
            )
            await asyncio.sleep(0.005)
            await system.ref("a").tell("crash")
            async with asyncio.timeout(0.01):
                return repr(await starting)

    assert simulate(main, seed=1).result == "<Ref outside → b (restarting)>"


@pytest.mark.parametrize("strategy", EVERY)
def test_an_actor_taken_down_twice_gets_one_life(strategy: str) -> None:
    """A second restart that does not wait for the end of the old life would run two at once."""

    async def main() -> tuple[Any, int]:
        async with ActorSystem(strategy=ALL, policy=immediate(limit=10)) as system:
            for name, kind in (("a", Echo), ("b", Echo), ("brood", Brood)):
                await system.spawn(ActorSpec(name=name, kind=kind))
            await system.ref("a").tell("crash")
            await asyncio.sleep(0.01)  # the brood's child takes 50 ms to end
            await system.ref("b").tell("crash")
            await asyncio.sleep(0.2)
            answer = await system.ref("brood").ask("say", 5, timeout_s=1)
            return answer, sum(task.get_name() == "brood" for task in system.core.tasks)

    run = simulate(main, seed=3, strategy=strategy)

    assert run.result == (5, 1)
    assert check_lives(run.journal).failed == check_restarts(run.journal).failed == ()


def test_an_actor_that_gets_up_as_it_is_taken_down_has_not_failed() -> None:
    """Its life ends where it stands; what it would have done next is nobody's failure."""

    async def main() -> None:
        async with ActorSystem(strategy=ALL, policy=fixed(100)) as system:
            await system.spawn(ActorSpec(name="a", kind=Echo))
            late = ActorSpec(name="late", kind=Brood, options={"up_s": 0.02})
            starting = asyncio.create_task(system.spawn(late))
            await asyncio.sleep(0.01)
            await system.ref("a").tell("crash")
            await starting
            await asyncio.sleep(0.2)

    journal = simulate(main, seed=1).journal

    assert [event.subject for event in journal.select("actor.failed")] == ["a"]


def test_no_sibling_gets_up_before_one_that_failed_to() -> None:
    """A group of which one fails on its way up waits as a whole for the next try."""

    async def main() -> None:
        async with ActorSystem(strategy=ALL, policy=fixed(20)) as system:
            await system.spawn(ActorSpec(name="a", kind=Slow, options={"sour": [1, 0]}))
            await system.spawn(ActorSpec(name="b", kind=Echo))
            await system.ref("b").tell("crash")
            await asyncio.sleep(0.2)

    journal = simulate(main, seed=1).journal

    assert begun(journal, "a") == [(20, "with b"), (40, "failed")]
    assert begun(journal, "b") == [(40, "with a")]


@pytest.mark.parametrize("strategy", EVERY)
def test_what_is_started_below_a_branch_that_is_down_comes_up_with_it(strategy: str) -> None:
    """An actor that fails while its supervisor can't restart it would stay failed."""

    async def main() -> list[str]:
        async with ActorSystem() as system:
            policy = fixed(100, limit=0, escalation=Escalation.RESTART_TREE)
            branch = system.supervisor("branch", policy=policy)
            await system.spawn(ActorSpec(name="a", kind=Echo), supervisor=branch)
            await system.ref("a").tell("crash")
            await asyncio.sleep(0.01)
            twig = system.supervisor("twig", parent=branch)
            for name, above in (("b", branch), ("c", twig)):
                await system.spawn(ActorSpec(name=name, kind=Echo), supervisor=above)
            await asyncio.sleep(0.2)
            return [str(system.state(name)) for name in "abc"]

    run = simulate(main, seed=1, strategy=strategy)

    assert run.result == ["running"] * 3
    assert [begun(run.journal, name) for name in "abc"] == [[(100, "tree")]] * 3


@pytest.mark.parametrize("what", ["actor", "supervisor"])
def test_nothing_is_started_below_a_branch_that_was_given_up(what: str) -> None:
    """Nobody would restart it, nor stop it before the whole system ends."""

    async def main() -> None:
        async with ActorSystem() as system:
            policy = immediate(limit=0, escalation=Escalation.STOP)
            branch = system.supervisor("branch", policy=policy)
            await system.spawn(ActorSpec(name="a", kind=Echo), supervisor=branch)
            await system.ref("a").tell("crash")
            await asyncio.sleep(0.01)
            if what == "supervisor":
                system.supervisor("twig", parent=branch)
            await system.spawn(ActorSpec(name="b", kind=Echo), supervisor=branch)

    with pytest.raises(ActorStoppedError, match=r"branch \(stopped\): .*start it below another supervisor"):
        simulate(main, seed=1)


def test_a_parent_whose_children_were_all_given_up_may_have_others() -> None:
    """The supervisor that gave up restarts nobody any more, so the next child gets a new one."""

    async def main() -> list[str]:
        async with ActorSystem(policy=immediate(limit=1, escalation=Escalation.STOP)) as system:
            parent = await system.spawn(ActorSpec(name="p", kind=Brood))
            for _ in range(2):
                await system.ref("p.0.first").tell("crash")
                await asyncio.sleep(0.1)
            await parent.ask("child", "second")
            await system.ref("p.0.second").tell("crash")
            await asyncio.sleep(0.1)
            return [str(system.state(f"p.0.{name}")) for name in ("first", "second")]

    assert simulate(main, seed=1).result == ["stopped", "running"]


class Deaf(Echo):
    """Keeps every cancellation to itself."""

    async def receive(self, kind: str, body: Any) -> Any:
        if kind == "wait":
            try:
                await self.context.sleep(60)
            except asyncio.CancelledError:
                return None
        return await super().receive(kind, body)


def test_a_handler_that_is_deaf_to_its_end_ends_with_its_message() -> None:
    """It would go on with the next messages, and whoever restarts it would wait for ever."""

    async def main() -> Any:
        async with ActorSystem(strategy=ALL, policy=fixed(10)) as system:
            for name, kind in (("a", Echo), ("deaf", Deaf)):
                await system.spawn(ActorSpec(name=name, kind=kind))
            await system.ref("deaf").tell("wait")
            await asyncio.sleep(0.01)
            await system.ref("a").tell("crash")
            return await system.ref("deaf").ask("say", 5, timeout_s=1)

    run = simulate(main, seed=1)

    assert run.result == 5
    assert begun(run.journal, "deaf") == [(20, "with a")]


def test_a_handler_that_ends_after_it_was_given_up_has_handled_its_message_once() -> None:
    """A message that is put back while its handler comes to its end would be handled twice."""

    async def main() -> None:
        async with ActorSystem(policy=fixed(10)) as system:
            await system.spawn(ActorSpec(name="deaf", kind=Deaf, attempts=3))
            system.watch("deaf", policy=HealthPolicy(interval_s=0.01, timeout_s=0.01, failures=1))
            await system.ref("deaf").tell("wait")
            await asyncio.sleep(0.2)

    journal = simulate(main, seed=1).journal

    assert [event.fields["outcome"] for event in journal.select("message")] == ["done"]
    assert [cause for _, cause in begun(journal, "deaf")] == ["failed"]


@pytest.mark.parametrize("seed", range(4))
def test_an_actor_that_is_stopped_as_it_gets_up_has_not_failed(seed: int) -> None:
    """Which of the two comes first in one moment is the schedule's to say, and no fault of the actor."""

    async def main() -> str:
        async with ActorSystem() as system:
            late = ActorSpec(name="late", kind=Slow, options={"up_s": 0.01})
            starting = asyncio.create_task(system.spawn(late))
            await asyncio.sleep(0.01)
            await system.stop("late")
            await starting
            return str(system.state("late"))

    run = simulate(main, seed=seed, strategy="random")

    assert run.result == "stopped"
    assert list(run.journal.select("actor.failed")) == []


class Lingering(Echo):
    """Takes its time on the way out of a cancelled handler."""

    async def receive(self, kind: str, body: Any) -> Any:
        if kind == "wait":
            try:
                await self.context.sleep(60)
            finally:
                await self.context.sleep(0.03)
        return await super().receive(kind, body)


@pytest.mark.parametrize("seed", range(4))
def test_a_health_check_and_a_group_that_end_the_same_life_end_it_once(seed: int) -> None:
    """A check that reports only once the old life is over would take down the new one."""

    async def main() -> None:
        async with ActorSystem(strategy=ALL, policy=immediate(limit=10)) as system:
            for name, kind in (("a", Echo), ("slow", Lingering)):
                await system.spawn(ActorSpec(name=name, kind=kind))
            system.watch("slow", policy=HealthPolicy(interval_s=0.01, timeout_s=0.01, failures=1))
            await system.ref("slow").tell("wait")
            await asyncio.sleep(0.021)
            await system.ref("a").tell("crash")
            await asyncio.sleep(0.1)

    journal = simulate(main, seed=seed, strategy="random").journal

    assert begun(journal, "slow") == [(50, "with a")]
    assert states(journal, "slow").count("failed") == 1


def test_isolation_does_not_wake_whom_somebody_else_paused() -> None:
    """Who pauses an actor to look at it wants it to stay."""

    async def main() -> str:
        async with ActorSystem(policy=fixed(20, isolate=False)) as system:
            for name in "ab":
                await system.spawn(ActorSpec(name=name, kind=Echo))
            system.pause("b")
            await system.ref("a").tell("crash")
            await asyncio.sleep(0.1)
            state = str(system.state("b"))
            system.resume("b")
            return state

    assert simulate(main, seed=1).result == "paused"


def test_who_failed_for_the_last_time_does_not_wait_for_its_siblings_to_stop() -> None:
    """Until it stops it takes messages that nobody will handle."""

    async def main() -> str:
        async with ActorSystem() as system:
            branch = system.supervisor("b", policy=immediate(limit=0, escalation=Escalation.STOP))
            for name, end_s in (("a", 0.0), ("slow", 5.0)):
                spec = ActorSpec(name=name, kind=Slow, options={"end_s": end_s})
                await system.spawn(spec, supervisor=branch)
            await system.ref("a").tell("crash")
            await asyncio.sleep(0.001)
            return str(system.state("a"))

    assert simulate(main, seed=1).result == "stopped"


def test_a_branch_that_came_back_is_counted_anew_and_the_journal_says_from_where() -> None:
    """A sibling may be brought up by a group before the branch gets to it, with no row that says why."""

    async def main() -> None:
        async with ActorSystem() as system:
            policy = fixed(10, limit=1, window_s=60, escalation=Escalation.RESTART_TREE)
            branch = system.supervisor("branch", policy=policy, strategy=ALL)
            sour = [0, 1, 0, 0, 0]  # it fails to get up in its third life
            await system.spawn(ActorSpec(name="a", kind=Slow, options={"sour": sour}), supervisor=branch)
            await system.spawn(ActorSpec(name="b", kind=Echo), supervisor=branch)
            for _ in range(3):
                await system.ref("b").tell("crash")
                await asyncio.sleep(0.1)

    journal = simulate(main, seed=1).journal

    assert [event.subject for event in journal.select("supervisor.restarted")] == ["branch"]
    assert "with a" in [cause for _, cause in begun(journal, "b")]
    assert check_restarts(journal).failed == ()
