"""The loop: virtual time, stalls, budgets, failures in the background, and the order of stock asyncio."""

# Spinning tasks and tasks left behind are what is tested.
# ruff: noqa: ASYNC110, RUF006

from __future__ import annotations

import asyncio
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alyslab.errors import BudgetError, StallError, UnhandledError
from alyslab.runtime import simulate
from tests.runtime.programs import Program, execute, programs


def result(main, **options):
    return simulate(main, seed=options.pop("seed", 1), **options).result


def now() -> float:
    return asyncio.get_running_loop().time()


# --- time -------------------------------------------------------------------------------------------


def test_sleep_takes_exactly_its_virtual_time_and_no_real_time():
    """A week of virtual time must cost nothing, or nobody can test day-long time-outs."""

    async def main():
        await asyncio.sleep(7 * 86_400.000_000_001)
        return now()

    run = simulate(main, seed=1)
    assert run.result == pytest.approx(7 * 86_400.000_000_001, abs=1e-9)
    assert run.virtual_s == run.result
    assert run.wall_s < 5


@given(st.lists(st.integers(0, 50), min_size=1, max_size=8))
def test_sleepers_wake_by_deadline_and_then_by_order_of_falling_asleep(delays):
    """Equal deadlines need one fixed order, or a run is not determined by its seed."""

    async def main():
        woken = []

        async def sleeper(index, delay_ms):
            await asyncio.sleep(delay_ms / 1000)
            woken.append((index, round(now() * 1000)))

        await asyncio.gather(*(sleeper(index, delay) for index, delay in enumerate(delays)))
        return woken

    # A delay of 0 yields without a timer, so that it still comes first.
    assert result(main) == sorted(enumerate(delays), key=lambda item: item[1])


def test_endless_sleep_is_no_timer():
    """``sleep(inf)`` beside nothing else must be a stall, not a jump to the end of time."""

    async def main():
        await asyncio.sleep(math.inf)

    with pytest.raises(StallError):
        simulate(main, seed=1)


def test_endless_sleep_can_be_cancelled():
    """Services wait for ever for their cancellation."""

    async def main():
        task = asyncio.create_task(asyncio.sleep(math.inf))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return now()

    assert result(main) == 1


@pytest.mark.parametrize("delay_s", [0, -1])
def test_timer_that_is_due_fires_although_a_task_spins(delay_s):
    """Stock asyncio serves due timers after each round; a poller must not starve them."""

    async def main():
        fired = []
        asyncio.get_running_loop().call_later(delay_s, fired.append, True)
        for turns in range(1_000):
            if fired:
                return turns
            await asyncio.sleep(0)
        return None

    assert result(main) is not None


def test_wait_with_no_time_returns_although_a_task_spins():
    """``asyncio.wait(timeout=0)`` is how code polls; it must not hang while another task is busy."""

    async def main():
        async def spin():
            while True:
                await asyncio.sleep(0)

        spinner = asyncio.create_task(spin())
        done, pending = await asyncio.wait({spinner}, timeout=0)
        spinner.cancel()
        return len(done), len(pending)

    assert result(main, max_steps=10_000) == (0, 1)


def test_call_at_in_the_past_runs_without_turning_time_back():
    """Time never goes back, whatever a program computes."""

    async def main():
        await asyncio.sleep(5)
        seen = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_at(1, lambda: seen.set_result(now()))
        return await seen

    assert result(main) == 5


def test_cancelled_timers_neither_fire_nor_move_time():
    """A program sets and cancels a time-out with each request: thousands of dead timers are normal."""

    async def main():
        loop = asyncio.get_running_loop()
        fired = []
        handles = [loop.call_later(100 + index, fired.append, index) for index in range(1_000)]
        for index, handle in enumerate(handles):
            if index % 10:
                handle.cancel()
                handle.cancel()
        assert handles[1].cancelled()
        assert not handles[0].cancelled()
        assert handles[0].when() == 100
        await asyncio.sleep(2_000)
        return fired

    assert result(main) == list(range(0, 1_000, 10))


def test_cancelled_time_out_does_not_lengthen_the_run():
    """A run ends when main does, not when its last dead timer would have fired."""

    async def main():
        async with asyncio.timeout(1_000_000):
            await asyncio.sleep(1)

    assert simulate(main, seed=1).virtual_s == 1


# --- stalls and budgets -----------------------------------------------------------------------------


def test_stall_is_found_at_once_and_names_where_each_task_waits():
    """A dead-lock in virtual time must not hang, and its report must point at the lines."""

    async def eater(queue):
        await queue.get()

    async def main():
        await asyncio.sleep(3)
        task = asyncio.create_task(eater(asyncio.Queue()), name="eater")
        await task

    with pytest.raises(StallError) as caught:
        simulate(main, seed=1)
    assert "3.0" in str(caught.value)
    waiting = "\n".join(caught.value.waiting)
    assert len(caught.value.waiting) == 2
    assert "main at test_loop.py:" in waiting
    assert "eater awaits Queue.get at test_loop.py:" in waiting
    assert all(line in str(caught.value) for line in caught.value.waiting)


def test_budget_of_steps_ends_a_spin_and_names_it():
    """A live-lock has to end too."""

    async def main():
        while True:
            await asyncio.sleep(0)

    with pytest.raises(BudgetError) as caught:
        simulate(main, seed=1, max_steps=500)
    assert (caught.value.budget, caught.value.limit) == ("max_steps", 500)
    assert "main" in caught.value.waiting[0]
    assert "max_steps=500" in str(caught.value)


@given(st.integers(1, 60))
def test_budget_of_steps_is_exact(max_steps):
    """A run that needs n steps passes with a budget of n and more, whatever the accounting period."""

    async def main():
        for _ in range(20):
            await asyncio.sleep(0)

    needed = simulate(main, seed=1).steps
    if max_steps > needed:
        assert simulate(main, seed=1, max_steps=max_steps).steps == needed
    elif max_steps < needed - 1:
        with pytest.raises(BudgetError):
            simulate(main, seed=1, max_steps=max_steps)


def test_budget_of_time_ends_a_run_before_the_jump():
    """Endless periodic work would go on for centuries otherwise."""

    async def beat():
        while True:
            await asyncio.sleep(60)

    async def main():
        await beat()

    with pytest.raises(BudgetError) as caught:
        simulate(main, seed=1, max_time_s=3_600)
    assert (caught.value.budget, caught.value.limit) == ("max_time_s", 3_600)
    assert "beat" in caught.value.waiting[0]


def test_time_up_to_the_budget_is_allowed():
    """The limit itself is not beyond it."""

    async def main():
        await asyncio.sleep(10)
        return now()

    assert result(main, max_time_s=10) == 10


# --- failures in the background ---------------------------------------------------------------------


def test_failing_callback_is_raised_at_the_end_with_its_place():
    """A failure that nobody sees makes every verdict worthless."""

    def broken():
        raise ZeroDivisionError("in a callback")

    async def main():
        asyncio.get_running_loop().call_later(1, broken)
        await asyncio.sleep(2)
        return now()

    with pytest.raises(UnhandledError) as caught:
        simulate(main, seed=1)
    assert "in a callback" in caught.value.failures[0]
    assert "test_loop.py" in caught.value.failures[0]


def test_callback_that_is_cancelled_from_within_is_reported_not_raised():
    """asyncio hands everything but an interrupt to the exception handler."""

    def broken():
        raise asyncio.CancelledError

    async def main():
        asyncio.get_running_loop().call_soon(broken)
        await asyncio.sleep(1)

    with pytest.raises(UnhandledError):
        simulate(main, seed=1)


def test_exception_handler_of_the_program_is_asked_instead():
    """A program that handles its failures is not broken."""

    async def main():
        heard = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: heard.append(repr(context["exception"])))
        assert loop.get_exception_handler() is not None
        loop.call_soon(lambda: 1 / 0)
        await asyncio.sleep(0)
        return heard

    assert result(main) == ["ZeroDivisionError('division by zero')"]


def test_task_that_failed_unseen_is_raised_at_the_end():
    """A dead background task is the classic silent failure."""

    async def broken():
        raise ValueError("nobody looked")

    kept = []

    async def main():
        kept.append(asyncio.create_task(broken(), name="background"))
        await asyncio.sleep(1)

    with pytest.raises(UnhandledError, match="nobody looked") as caught:
        simulate(main, seed=1)
    assert "background" in caught.value.failures[0]


def test_task_that_fails_when_cancelled_is_raised_at_the_end():
    """Broken clean-up is a failure too."""

    async def broken():
        try:
            await asyncio.sleep(100)
        finally:
            raise ValueError("in clean-up")

    async def main():
        asyncio.create_task(broken())
        await asyncio.sleep(1)

    with pytest.raises(UnhandledError, match="in clean-up"):
        simulate(main, seed=1)


# --- against stock asyncio --------------------------------------------------------------------------


@given(programs(timed=False))
def test_timeless_programs_interleave_as_under_stock_asyncio(program: Program):
    """Harness code must behave under simulation as in production, step for step."""
    assert result(
        execute, parameters={"program": [[list(op) for op in task] for task in program]}
    ) == asyncio.run(execute(program))


@given(programs(timed=True))
def test_choosing_first_each_time_is_first_in_first_out(program: Program):
    """Shrinking ends at the empty list of choices, which must be the plain order."""
    parameters = {"program": [[list(op) for op in task] for task in program]}
    fifo = simulate(execute, seed=1, parameters=parameters)
    recorded = simulate(execute, seed=1, strategy="recorded", parameters=parameters)
    assert recorded.result == fifo.result
    assert recorded.choices_digest == fifo.choices_digest
    assert recorded.choices == ()
    assert recorded.steps == fifo.steps
