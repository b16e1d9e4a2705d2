"""Drawn trees in which everything goes wrong at once; whoever is left must be whole."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from random import Random
from typing import Any

import pytest

from alyslab.harnesses.actor import (
    Actor,
    ActorSpec,
    ActorState,
    ActorSystem,
    Escalation,
    RestartPolicy,
    Strategy,
    exponential,
    fixed,
    immediate,
)
from alyslab.harnesses.actor.errors import ActorError
from alyslab.harnesses.actor.health import HealthPolicy
from alyslab.harnesses.actor.workloads.judging import judge_all
from alyslab.runtime import simulate

ENDS = (ActorState.RUNNING, ActorState.STOPPED)
ASKED = ("crash", "crash", "crash", "hang", "work", "child", "crash children")


class Odd(Actor):
    """Slow at both ends, with children; may fail to get up, and may be deaf to its end."""

    def __init__(self, up_s: float, end_s: float, children: int, sour: float, deaf: bool) -> None:
        self._up_s, self._end_s, self._children, self._sour, self._deaf = up_s, end_s, children, sour, deaf
        self._total = 0

    def state(self) -> Any:
        return self._total

    def restore(self, saved: Any) -> None:
        self._total = saved

    async def started(self) -> None:
        await self.context.sleep(self._up_s)
        for number in range(self._children):
            await self._child(f"c{number}")
        if self.context.random.random() < self._sour:
            raise ValueError("not yet")

    async def stopped(self) -> None:
        await self.context.sleep(self._end_s)

    async def receive(self, kind: str, body: Any) -> Any:
        if kind == "crash":
            raise ValueError("told to")
        if kind == "hang":
            try:
                await self.context.sleep(1e6)
            except asyncio.CancelledError:
                await self.context.sleep(self._end_s)
                if not self._deaf:
                    raise
        if kind == "work":
            await self.context.sleep(0.02)
        if kind == "child":
            await self._child(f"m{self.context.message.number}")
        if kind == "crash children":
            for name in body:
                with suppress(ActorError):
                    await self.context.tell(name, "crash")
        self._total += 1
        self.context.save(self._total)
        return self._total

    async def _child(self, name: str) -> None:
        options = {"up_s": 0.0, "end_s": self._end_s, "children": 0, "sour": 0.0, "deaf": self._deaf}
        name = f"{self.context.name}.{self.context.incarnation}.{name}"
        await self.context.spawn(ActorSpec(name=name, kind=Odd, options=options))


class Tangle:
    """One system, what is done to it, and what is wrong with what is left."""

    def __init__(self, system: ActorSystem, random: Random) -> None:
        self._system, self._random = system, random
        self._branches = [system.root]
        self._started = 0
        self._doing: list[asyncio.Task[None]] = []

    async def run(self) -> list[str]:
        choice, system = self._random.choice, self._system
        for number in range(self._random.randint(2, 4)):
            how, above = choice(list(Strategy)), choice(self._branches)
            made = system.supervisor(f"s{number}", strategy=how, policy=self._policy(), parent=above)
            self._branches.append(made)
        del self._branches[0]
        for step in range(self._random.randint(15, 40)):
            self._do(self._spawn() if step < 4 or self._random.random() < 0.1 else self._disturb())
            await system.core.node.sleep(choice([0, 0, 0.001, 0.01, 0.02, 0.05, 0.1]))
        await system.core.node.sleep(10)
        return [*self._unfinished(), *[wrong async for wrong in self._broken()]]

    def _do(self, work: Any) -> None:
        self._doing.append(asyncio.create_task(work))

    async def _spawn(self) -> None:
        choice, self._started = self._random.choice, self._started + 1
        options = {
            "up_s": choice([0, 0, 0.01, 0.03]),
            "end_s": choice([0, 0, 0.02, 0.2]),
            "children": choice([0, 0, 1, 2]),
            "sour": choice([0, 0, 0.3]),
            "deaf": choice([True, False, False]),
        }
        policy = choice([None, None, self._policy()])
        name = f"a{self._started}"
        health = HealthPolicy(interval_s=choice([0.03, 0.1]), timeout_s=0.03, failures=choice([1, 2]))
        with suppress(ActorError):  # the branch may have been given up
            spec = ActorSpec(name=name, kind=Odd, attempts=choice([1, 2]), policy=policy, options=options)
            await self._system.spawn(spec, supervisor=choice(self._branches))
            self._system.watch(name, policy=health)

    async def _disturb(self) -> None:
        names = list(self._system.core.cells)
        name, kind = self._random.choice(names), self._random.choice(ASKED)
        with suppress(ActorError):
            if self._random.random() < 0.06:
                await self._system.stop(name)
            elif self._random.random() < 0.06:
                self._system.pause(name)
                await self._system.core.node.sleep(0.01)
                self._system.resume(name)
            elif "." not in name or kind != "hang":  # nobody watches children
                children = [each for each in names if each.startswith(f"{name}.")]
                await self._system.ref(name).tell(kind, children)

    def _policy(self) -> RestartPolicy:
        choice = self._random.choice
        options: dict[str, Any] = {
            "limit": self._random.randint(1, 4),
            "window_s": choice([0.5, 2.0]),
            "escalation": choice(list(Escalation)),
            "isolate": choice([True, False]),
            "stop_limit_s": choice([0.05, 1.0]),
        }
        return choice([immediate(**options), fixed(20.0, **options), exponential(10.0, 60.0, 2.0, **options)])

    def _unfinished(self) -> Iterator[str]:
        core = self._system.core
        yield from ("what was begun never ends" for task in self._doing if not task.done())
        yield from (f"{task.get_name()} never ends" for task in core.tasks if "/" in task.get_name())
        lives = Counter(task.get_name() for task in core.tasks if task.get_name() in core.cells)
        yield from (f"{name} lives {count} times" for name, count in lives.items() if count > 1)

    async def _broken(self) -> Any:
        for cell in list(self._system.core.cells.values()):
            alive = cell.task is not None and not cell.task.done()
            if cell.state not in ENDS or alive is not (cell.state is ActorState.RUNNING):
                yield f"{cell.name} is {cell.state}, its task {'runs' if alive else 'has ended'}"
            elif alive and not cell.supervisor.up:
                yield f"{cell.name} is supervised by nobody"
            elif alive:
                try:
                    await self._system.ref(cell.name).ask("say", timeout_s=1)
                except ActorError as error:
                    yield str(error)


async def tangle() -> list[str]:
    async with ActorSystem(causal=True) as system:
        return await Tangle(system, system.core.runtime.random("tangle")).run()


def wrongs(seed: int) -> list[str]:
    run = simulate(tangle, seed=seed, strategy="random" if seed % 4 else "fifo", max_time_s=500)
    return [*run.result, *(check.name for check in judge_all(run.journal).failed)]


@pytest.mark.parametrize("seed", range(3))
def test_whoever_is_left_of_a_tangle_is_whole(seed: int) -> None:
    """Before failures were answered in their moment, nine in ten of these left somebody behind."""
    assert wrongs(seed) == []


@pytest.mark.slow
def test_no_tangle_leaves_anybody_behind() -> None:
    """Races are rare: what one seed in a hundred shows is there in all."""
    assert {seed: found for seed in range(100, 160) if (found := wrongs(seed))} == {}


@pytest.mark.soak
def test_no_tangle_of_thousands_leaves_anybody_behind() -> None:
    """The long lane of the same."""
    assert {seed: found for seed in range(1_000, 4_000) if (found := wrongs(seed))} == {}
