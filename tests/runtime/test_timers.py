from __future__ import annotations

import asyncio
from contextvars import ContextVar, copy_context

import pytest

from alyslab.errors import BudgetError
from alyslab.runtime import require_current, simulate
from alyslab.runtime.callback import CALLBACK, Timer
from alyslab.runtime.ready import Entry
from alyslab.runtime.timers import Timers
from alyslab.runtime.wall import measure

LATE_NS = 10**18
whose: ContextVar[str] = ContextVar("whose", default="nobody's")


class Clock:
    now_ns = 5


def timer_at(when_ns: int) -> Timer:
    timer = Timer((CALLBACK, print, (), copy_context()))
    timer.when_ns = when_ns
    return timer


def words(found: tuple[int, object] | None) -> tuple[int, list[str]] | None:
    """Say when, and what the entries were given."""
    return None if found is None else (found[0], [" ".join(entry[2]) for entry in found[1]])


def test_what_is_due_next_comes_out_in_the_order_of_setting():
    """Timers with a handle and posted callbacks of one moment stand in one queue."""
    timers, ready = Timers(), list[Entry]()
    post = timers.poster(Clock(), ready.append)
    handle = timer_at(7)
    handle[2] = ("second",)
    post(7, print, ("first",), copy_context())
    timers.add(handle)
    post(7, print, ("third",), copy_context())
    post(6, print, ("earlier",), copy_context())

    assert words(timers.next_due(LATE_NS)) == (6, ["earlier"])
    assert words(timers.next_due(LATE_NS)) == (7, ["first", "second", "third"])
    assert timers.next_due(LATE_NS) is None
    assert ready == []


@pytest.mark.parametrize("when_ns", [5, 4, -1])
def test_what_is_posted_for_a_moment_that_has_come_is_ready_at_once(when_ns):
    """Kept as a timer it would turn the clock back."""
    timers, ready = Timers(), list[Entry]()
    timers.poster(Clock(), ready.append)(when_ns, print, ("now",), copy_context())

    assert [entry[2] for entry in ready] == [("now",)]
    assert timers.next_due(LATE_NS) is None


def test_cancelled_timers_are_passed_over_and_their_moments_too():
    """A moment at which nothing happens must not be jumped to: it would be in the digest."""
    timers = Timers()
    alone, first, second = timer_at(6), timer_at(7), timer_at(7)
    for timer in (alone, first, second):
        timers.add(timer)
    alone.cancel()
    first.cancel()

    assert timers.next_due(LATE_NS) == (7, [second])
    assert timers.next_due(LATE_NS) is None


def test_a_moment_beyond_the_limit_stays_where_it_is():
    """A run that is given more time must find what was due."""
    timers = Timers()
    gone, kept = timer_at(8), timer_at(9)
    timers.add(gone)
    timers.add(kept)
    gone.cancel()

    assert timers.next_due(7) == (9, ())
    assert timers.next_due(9) == (9, [kept])


async def posts() -> list[tuple[str, int]]:
    """Post callbacks out of order, one of them in a context of its own."""
    runtime, seen = require_current(), list[tuple[str, int]]()
    post, start_ns = runtime.poster(), runtime.now_ns

    def note(name: str) -> None:
        seen.append((f"{whose.get()} {name}", runtime.now_ns - start_ns))

    mine = copy_context()
    mine.run(whose.set, "my")
    post(start_ns + 2_000_000, note, ("second",), mine)
    post(start_ns + 1_000_000, note, ("first",), copy_context())
    post(start_ns - 1, note, ("zeroth",), copy_context())
    await asyncio.sleep(0.003)
    return seen


def test_a_posted_callback_runs_at_its_moment_in_its_context():
    """What a node sends must arrive as the receiver's own code, to the nanosecond."""
    assert simulate(posts, seed=1).result == [
        ("nobody's zeroth", 0),
        ("nobody's first", 1_000_000),
        ("my second", 2_000_000),
    ]


def test_posting_works_on_the_wall_clock_too():
    """The same network runs in real time, where only the order is sure."""
    run = asyncio.run(measure(posts, seed=1))
    assert [name for name, _ in run.result] == ["nobody's zeroth", "nobody's first", "my second"]
    assert run.result[1][1] >= 1_000_000


async def posts_too_late() -> None:
    """Wait for something that is posted for after the end of time."""
    runtime = require_current()
    done = asyncio.Event()
    runtime.poster()(10**18, done.set, (), copy_context())
    await done.wait()


def test_a_callback_beyond_the_budget_of_time_ends_the_run_by_name():
    """A message that takes ten years must not pass for one that arrived."""
    with pytest.raises(BudgetError, match="max_time_s"):
        simulate(posts_too_late, seed=1)
