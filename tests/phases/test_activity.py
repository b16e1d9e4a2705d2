from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from alyslab.errors import HarnessError, StallError
from alyslab.phases.activity import Activity
from alyslab.runtime import Simulation


async def forever() -> None:
    await asyncio.Event().wait()


def virtual(main: Callable[[], Any]) -> Any:
    async def run() -> Any:
        return await main()

    with Simulation(seed=1) as sim:
        return sim.run(run)


def raising(error: BaseException) -> Callable[[], Awaitable[None]]:
    async def work() -> None:
        raise error

    return work


def test_an_activity_returns_what_its_work_returns() -> None:
    """It stands between the framework and the workload, and must not be seen there."""

    async def work() -> int:
        return 7

    assert virtual(lambda: Activity().run("it", work)) == 7


def test_an_error_of_the_laboratory_passes_as_it_was() -> None:
    """A stall stays a stall: its type decides the exit code and its text names the waiting tasks."""
    stall = StallError("nothing is ready", ["main waits"])

    with pytest.raises(StallError) as passed:
        virtual(lambda: Activity().run("it", raising(stall)))

    assert passed.value is stall


def test_any_other_error_is_the_cause_of_a_harness_error() -> None:
    """A broken workload is neither pass nor fail, and its traceback must not be lost."""
    with pytest.raises(HarnessError, match="it raised ZeroDivisionError: by nothing") as wrapped:
        virtual(lambda: Activity().run("it", raising(ZeroDivisionError("by nothing"))))

    assert isinstance(wrapped.value.__cause__, ZeroDivisionError)


def test_work_that_takes_too_long_is_ended_at_its_limit() -> None:
    """A hanging phase must not hang the session."""
    with pytest.raises(HarnessError, match="it took longer than 3 s"):
        virtual(lambda: Activity().run("it", forever, limit_s=3))


def test_a_cancellation_reaches_the_work_and_passes_on() -> None:
    """Swallowing it would break asyncio.timeout around a whole session."""
    ended: list[str] = []

    async def work() -> None:
        try:
            await forever()
        finally:
            ended.append("work")

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(Activity().run("it", work), 1)

    virtual(main)

    assert ended == ["work"]


def test_what_is_under_way_can_be_ended_from_elsewhere() -> None:
    """A shutdown has to stop the phase before it takes away its harnesses."""

    async def main() -> tuple[bool, bool]:
        activity = Activity()
        running = asyncio.create_task(activity.run("it", forever))
        await asyncio.sleep(1)
        was_under_way = activity.under_way
        await activity.end()
        with pytest.raises(HarnessError, match="it was ended before it was done"):
            await running
        await activity.end()
        return was_under_way, activity.under_way

    assert virtual(main) == (True, False)


def test_log_fields_end_with_the_activity() -> None:
    """A correlation id that leaked would claim the lines of the next phase."""
    import structlog

    async def work() -> dict[str, Any]:
        return await asyncio.create_task(fields())

    async def fields() -> dict[str, Any]:
        return structlog.contextvars.get_contextvars()

    async def main() -> tuple[dict[str, Any], dict[str, Any]]:
        return await Activity().run("it", work, correlation="c-1"), structlog.contextvars.get_contextvars()

    inside, outside = virtual(main)

    assert inside == {"correlation": "c-1"}
    assert outside == {}
