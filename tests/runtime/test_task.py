"""Tasks and futures of a simulation: their order in sets, and where they wait."""

# The order of insertion is what is tested.
# ruff: noqa: C415

from __future__ import annotations

import asyncio

import pytest

from alyslab.errors import StallError
from alyslab.runtime import simulate
from alyslab.runtime.task import SimTask, await_point


def _orders(main) -> set[tuple[object, ...]]:
    """Return the results of several runs in one process, with other work between them."""
    kept, orders = [], set()
    for size in range(12):
        kept.append([object() for _ in range(size * 37)])
        orders.add(tuple(simulate(main, seed=1).result))
    return orders


def test_tasks_in_sets_iterate_the_same_in_every_run():
    """asyncio keeps tasks in sets; by address, two runs of one seed would differ."""

    async def main():
        tasks = [asyncio.create_task(asyncio.sleep(0), name=f"t{index}") for index in range(40)]
        assert all(isinstance(task, SimTask) for task in tasks)
        done, _ = await asyncio.wait(reversed(tasks))
        return [task.get_name() for task in set(tasks[::-1])] + [task.get_name() for task in done]

    assert len(_orders(main)) == 1


def test_futures_that_are_done_complete_in_one_order():
    """``as_completed`` builds a set of its own; what is done already comes out in that set's order."""

    async def main():
        futures = [asyncio.get_running_loop().create_future() for _ in range(40)]
        for index, future in enumerate(futures):
            future.set_result(index)
        return [await each for each in asyncio.as_completed(futures)]

    assert len(_orders(main)) == 1


def test_futures_that_were_waited_for_come_back_in_one_order():
    """``wait`` returns sets, and programs go through what is done."""

    async def main():
        futures = [asyncio.get_running_loop().create_future() for _ in range(40)]
        for index, future in enumerate(futures):
            future.set_result(index)
        done, _ = await asyncio.wait(futures)
        return [future.result() for future in done]

    assert len(_orders(main)) == 1


def test_tasks_are_numbered_and_named_from_zero_in_each_simulation():
    """Names that count through the process would put other work into the journal."""

    async def main():
        task = asyncio.create_task(asyncio.sleep(0))
        return task.get_name(), task.number

    assert [simulate(main, seed=1).result for _ in range(2)] == [("task-1", 1)] * 2


def test_equality_is_still_identity():
    """Two tasks with one number, of two simulations, are two tasks."""

    async def main():
        return asyncio.create_task(asyncio.sleep(0))

    first, second = simulate(main, seed=1).result, simulate(main, seed=1).result
    assert hash(first) == hash(second)
    assert first != second
    assert len({first, second}) == 2


def test_only_coroutines_become_tasks():
    """asyncio refuses anything else, and so must this loop."""

    async def main():
        with pytest.raises(TypeError):
            asyncio.get_running_loop().create_task(3)
        return len(asyncio.all_tasks())

    assert simulate(main, seed=1).result == 1


async def deep():
    await asyncio.get_running_loop().create_future()


async def middle():
    await deep()


def _waiting(work) -> str:
    async def main():
        await work()

    with pytest.raises(StallError) as caught:
        simulate(main, seed=1)
    return caught.value.waiting[0]


def test_await_point_is_the_innermost_line_of_ones_own():
    """The outermost line is always the same; the innermost tells what is missing."""
    point = _waiting(middle)
    assert "in deep" in point
    assert f"test_task.py:{deep.__code__.co_firstlineno + 1}" in point


def test_await_point_names_the_primitive():
    """Which lock or queue it is, is the first question."""

    async def on_lock():
        lock = asyncio.Lock()
        await lock.acquire()
        await lock.acquire()

    assert "awaits Lock.acquire" in _waiting(on_lock)


def test_await_point_of_a_task_that_has_not_begun():
    """A task that never got a step has no line yet."""

    async def main():
        task = asyncio.create_task(middle(), name="fresh")
        point = await_point(task)
        task.cancel()
        return point

    point = simulate(main, seed=1).result
    assert point.startswith("fresh")
    assert "middle" in point or "not started" in point


def test_await_point_of_a_finished_task_is_no_error():
    """Reports are made of whatever tasks there are."""

    async def main():
        task = asyncio.create_task(asyncio.sleep(0), name="over")
        await task
        return await_point(task)

    assert "over" in simulate(main, seed=1).result
