from __future__ import annotations

import asyncio
from typing import Any

from alyslab.harnesses.actor.deadlines import Deadlines
from alyslab.runtime import simulate


async def expire(patiences_s: list[float], apart_s: float) -> list[float]:
    """When each of several futures ended, by its own patience."""
    loop = asyncio.get_running_loop()
    deadlines = Deadlines(loop)
    ended: list[float] = []

    async def wait(future: asyncio.Future[Any]) -> None:
        try:
            await future
        except TimeoutError:
            ended.append(loop.time())

    async with asyncio.TaskGroup() as group:
        for patience_s in patiences_s:
            future: asyncio.Future[Any] = loop.create_future()
            deadlines.add(future, patience_s)
            group.create_task(wait(future))
            await asyncio.sleep(apart_s)
    return ended


def test_each_ends_by_its_own_patience() -> None:
    """One timer serves many, and must cut nobody short."""
    run = simulate(expire, seed=1, parameters={"patiences_s": [0.3, 0.1, 0.3], "apart_s": 0.01})

    assert [round(moment, 6) for moment in run.result] == [0.11, 0.3, 0.32]


def test_a_moment_that_no_float_hits_ends_too() -> None:
    """A timer that fires a fraction of a ns early once set itself again for ever."""
    patiences = [0.1 + number / 7 for number in range(40)]

    run = simulate(expire, seed=1, parameters={"patiences_s": patiences, "apart_s": 1 / 3}, max_steps=20_000)

    assert len(run.result) == 40


def test_what_is_done_is_left_alone_and_closing_leaves_no_timer() -> None:
    """An answer that came in time must stay the answer."""

    async def main() -> tuple[Any, float]:
        loop = asyncio.get_running_loop()
        deadlines = Deadlines(loop)
        answered, waiting = loop.create_future(), loop.create_future()
        deadlines.add(answered, 1.0)
        deadlines.add(waiting, 1.0)
        answered.set_result(7)
        deadlines.close()
        await asyncio.sleep(2)
        return answered.result(), waiting.done()

    assert simulate(main, seed=1).result == (7, False)
