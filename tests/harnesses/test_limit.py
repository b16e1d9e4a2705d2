from __future__ import annotations

import asyncio

import pytest

from alyslab.harnesses.limit import CANCEL_GRACE_S, cancel, settle
from alyslab.runtime import Simulation


async def forever() -> None:
    await asyncio.Event().wait()


async def deaf() -> None:
    """Swallow the first cancellation, as careless code under test does."""
    try:
        await forever()
    except asyncio.CancelledError:
        await forever()


async def sore() -> None:
    try:
        await forever()
    finally:
        raise OSError("half closed")


def test_a_task_that_is_done_in_time_keeps_its_outcome() -> None:
    """The limit must not change what a well-behaved task returns or raises."""

    async def main() -> tuple[str, bool]:
        failing = asyncio.create_task(asyncio.wait_for(forever(), 1))
        return await settle(failing, 5), isinstance(failing.exception(), TimeoutError)

    with Simulation(seed=1) as sim:
        assert sim.run(main) == ("", True)


def test_an_overrun_is_cancelled_at_the_limit_and_named_with_it() -> None:
    """A timeout message without its limit sends people looking in the wrong place."""

    async def main() -> tuple[str, bool, float]:
        task = asyncio.create_task(forever())
        said = await settle(task, 5)
        return said, task.cancelled(), asyncio.get_running_loop().time()

    with Simulation(seed=1) as sim:
        assert sim.run(main) == ("took longer than 5 s", True, 5.0)


def test_a_task_that_swallows_its_cancellation_is_left_behind_after_a_grace() -> None:
    """asyncio.timeout would wait for it for ever, and the whole session with it."""

    async def main() -> tuple[str, float]:
        task = asyncio.create_task(deaf())
        said = await settle(task, 5)
        return said, asyncio.get_running_loop().time()

    with Simulation(seed=1) as sim:
        said, ended_s = sim.run(main)

    assert "ignored its cancellation" in said
    assert ended_s == 5 + CANCEL_GRACE_S


def test_what_a_task_raises_when_cancelled_is_told() -> None:
    """The error of a failing clean-up is often the only trace of what the task held."""

    async def main() -> str:
        task = asyncio.create_task(sore())
        await asyncio.sleep(0)
        return await cancel(task)

    with Simulation(seed=1) as sim:
        assert sim.run(main) == ", and raised OSError when cancelled: half closed"


def test_a_cancelled_caller_takes_the_task_with_it() -> None:
    """A task that outlives its caller would go on breaking things after the session is over."""

    async def main() -> bool:
        task = asyncio.create_task(forever())
        caller = asyncio.create_task(settle(task, None))
        await asyncio.sleep(1)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        return task.cancelled()

    with Simulation(seed=1) as sim:
        assert sim.run(main)
