"""asyncio's own promises, kept in virtual time: time-outs, locks, queues, groups, sets of tasks."""

# Scopes that must fail as a whole, and tasks left behind on purpose.
# ruff: noqa: PT012, RUF006

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

import pytest

from alyslab.errors import UnhandledError
from alyslab.runtime import simulate


def result(main, **options):
    return simulate(main, seed=options.pop("seed", 1), **options).result


def now() -> float:
    return asyncio.get_running_loop().time()


# --- time-outs --------------------------------------------------------------------------------------


def test_timeout_strikes_at_its_moment():
    """A time-out is the commonest fault handler there is."""

    async def main():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2.5) as scope:
                await asyncio.sleep(10)
        assert scope.expired()
        return now()

    assert result(main) == 2.5


def test_timeout_at_and_reschedule_move_the_deadline():
    """Leases are extended while they run."""

    async def main():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout_at(now() + 1) as scope:
                scope.reschedule(now() + 3)
                await asyncio.sleep(10)
        return now()

    assert result(main) == 3


def test_inner_timeout_is_not_taken_for_the_outer():
    """Mixed up scopes would make a request's time-out end its session."""

    async def main():
        async with asyncio.timeout(5) as outer:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await asyncio.sleep(2)
            await asyncio.sleep(1)
        return now(), outer.expired()

    assert result(main) == (2, False)


def test_wait_for_returns_in_time_and_cancels_when_late():
    """``wait_for`` must pass results through, and really stop what is late."""

    async def main():
        stopped = []

        async def work(seconds):
            try:
                await asyncio.sleep(seconds)
            except asyncio.CancelledError:
                stopped.append(now())
                raise
            return seconds

        in_time = await asyncio.wait_for(work(1), 2)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(work(5), 2)
        return in_time, stopped

    assert result(main) == (1, [3])


# --- locks and queues -------------------------------------------------------------------------------


def test_lock_is_given_in_the_order_of_asking():
    """An unfair lock would starve an actor."""

    async def main():
        lock, order = asyncio.Lock(), []

        async def worker(index):
            async with lock:
                order.append(index)
                await asyncio.sleep(1)

        await asyncio.gather(*(worker(index) for index in range(5)))
        with pytest.raises(RuntimeError):
            lock.release()
        return order, now()

    assert result(main) == ([0, 1, 2, 3, 4], 5)


def test_event_wakes_all_and_can_be_cleared():
    """Gates open for everybody at once."""

    async def main():
        event = asyncio.Event()
        waiters = [asyncio.create_task(event.wait()) for _ in range(3)]
        await asyncio.sleep(1)
        event.set()
        assert await asyncio.gather(*waiters) == [True] * 3
        event.clear()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(event.wait(), 1)

    result(main)


def test_condition_notifies_as_many_as_told():
    """A pool wakes one waiter for one connection."""

    async def main():
        condition, woken = asyncio.Condition(), []

        async def waiter(index):
            async with condition:
                await condition.wait()
                woken.append(index)

        tasks = [asyncio.create_task(waiter(index)) for index in range(3)]
        await asyncio.sleep(1)
        async with condition:
            condition.notify(2)
        await asyncio.sleep(1)
        first = list(woken)
        async with condition:
            condition.notify_all()
        await asyncio.gather(*tasks)
        return first, woken

    assert result(main) == ([0, 1], [0, 1, 2])


def test_semaphore_bounds_how_many_are_inside():
    """Back-pressure rests on it; a bounded one refuses to be released too often."""

    async def main():
        semaphore, inside, most = asyncio.BoundedSemaphore(2), 0, 0

        async def worker():
            nonlocal inside, most
            async with semaphore:
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(1)
                inside -= 1

        await asyncio.gather(*(worker() for _ in range(5)))
        with pytest.raises(ValueError, match="too many times"):
            semaphore.release()
        return most, now()

    assert result(main) == (2, 3)


def test_barrier_lets_go_when_all_have_come():
    """Phases start together."""

    async def main():
        barrier = asyncio.Barrier(3)

        async def party(seconds):
            await asyncio.sleep(seconds)
            await barrier.wait()
            return now()

        return await asyncio.gather(*(party(seconds) for seconds in (1, 2, 3)))

    assert result(main) == [3, 3, 3]


def test_bounded_queue_holds_its_producer_back():
    """A mailbox with a bound is where back-pressure comes from."""

    async def main():
        queue = asyncio.Queue(maxsize=2)
        put_at = []

        async def produce():
            for item in range(5):
                await queue.put(item)
                put_at.append(now())

        producer = asyncio.create_task(produce())
        got = []
        for _ in range(5):
            await asyncio.sleep(1)
            got.append(await queue.get())
        await producer
        with pytest.raises(asyncio.QueueEmpty):
            queue.get_nowait()
        return got, put_at

    assert result(main) == ([0, 1, 2, 3, 4], [0, 0, 1, 2, 3])


def test_priority_queue_serves_the_smallest_first():
    """Priority mailboxes are part of the actor system."""

    async def main():
        queue = asyncio.PriorityQueue()
        for item in (3, 1, 2):
            queue.put_nowait(item)
        return [await queue.get() for _ in range(3)]

    assert result(main) == [1, 2, 3]


def test_queue_join_waits_for_every_task_done():
    """Quiescing a harness is a join."""

    async def main():
        queue = asyncio.Queue()
        for item in range(3):
            queue.put_nowait(item)

        async def consume():
            while True:
                await queue.get()
                await asyncio.sleep(1)
                queue.task_done()

        consumer = asyncio.create_task(consume())
        await queue.join()
        consumer.cancel()
        with pytest.raises(ValueError, match="too many times"):
            queue.task_done()
        return now()

    assert result(main) == 3


# --- groups and sets of tasks -----------------------------------------------------------------------


def test_failing_child_cancels_its_group_and_arrives_as_a_group():
    """Supervision rests on structured failure."""

    async def main():
        cancelled = []

        async def sibling(name):
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                cancelled.append(name)
                raise

        async def fail():
            await asyncio.sleep(1)
            raise KeyError("broken")

        with pytest.raises(ExceptionGroup) as caught:
            async with asyncio.TaskGroup() as group:
                for name in "abc":
                    group.create_task(sibling(name))
                group.create_task(fail())
        assert [type(error) for error in caught.value.exceptions] == [KeyError]
        return cancelled, now()

    assert result(main) == (["a", "b", "c"], 1)


def test_cancelling_a_task_cancels_the_groups_nested_in_it():
    """A stopped actor takes its children along, innermost first to finish."""

    async def main():
        ended = []

        async def leaf(name):
            try:
                await asyncio.sleep(100)
            finally:
                ended.append(name)

        async def parent():
            async with asyncio.TaskGroup() as outer:
                outer.create_task(leaf("outer"))
                async with asyncio.TaskGroup() as inner:
                    inner.create_task(leaf("inner 1"))
                    inner.create_task(leaf("inner 2"))

        task = asyncio.create_task(parent())
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return sorted(ended), task.cancelled()

    assert result(main) == (["inner 1", "inner 2", "outer"], True)


def test_gather_keeps_order_and_can_collect_failures():
    """Results belong to their questions, whoever answers first."""

    async def main():
        async def work(seconds):
            await asyncio.sleep(seconds)
            if seconds == 2:
                raise ValueError(seconds)
            return seconds

        collected = await asyncio.gather(work(3), work(2), work(1), return_exceptions=True)
        with pytest.raises(ValueError, match="2"):
            await asyncio.gather(work(3), work(2))
        return [repr(item) for item in collected]

    assert result(main) == ["3", "ValueError(2)", "1"]


def test_wait_returns_at_the_first_completed_also_for_plain_futures():
    """Races between a message and a time-out are written this way."""

    async def main():
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        task = asyncio.create_task(asyncio.sleep(5))
        loop.call_later(1, future.set_result, "first")
        done, pending = await asyncio.wait({future, task}, return_when=asyncio.FIRST_COMPLETED)
        late_done, late_pending = await asyncio.wait({task}, timeout=1)
        return done == {future}, pending == {task}, len(late_done), len(late_pending), now()

    assert result(main) == (True, True, 0, 1, 2)


def test_wait_stops_at_the_first_exception():
    """The third of ``wait``'s modes."""

    async def main():
        async def fail():
            await asyncio.sleep(1)
            raise ValueError("x")

        failing, lasting = asyncio.create_task(fail()), asyncio.create_task(asyncio.sleep(9))
        done, _ = await asyncio.wait({failing, lasting}, return_when=asyncio.FIRST_EXCEPTION)
        assert done == {failing}
        assert isinstance(failing.exception(), ValueError)
        return now()

    assert result(main) == 1


def test_as_completed_yields_in_the_order_of_completion():
    """Quorums are counted this way."""

    async def main():
        async def work(seconds):
            await asyncio.sleep(seconds)
            return seconds

        return [await each for each in asyncio.as_completed([work(3), work(1), work(2)])]

    assert result(main) == [1, 2, 3]


def test_as_completed_gives_up_at_its_time_out():
    """A quorum that does not come must not block."""

    async def main():
        got = []
        with pytest.raises(TimeoutError):
            for each in asyncio.as_completed([asyncio.sleep(1, "a"), asyncio.sleep(9, "b")], timeout=2):
                got.append(await each)
        return got, now()

    assert result(main) == (["a"], 2)


@pytest.mark.skipif(sys.version_info < (3, 13), reason="asynchronous iteration came with Python 3.13")
def test_as_completed_can_be_iterated_asynchronously():
    """The form of Python 3.13 gives back the tasks themselves."""

    async def main():
        tasks = [asyncio.create_task(asyncio.sleep(seconds, seconds)) for seconds in (2, 1)]
        return [
            (await each, each is tasks[index]) async for index, each in _numbered(asyncio.as_completed(tasks))
        ]

    async def _numbered(items):
        index = 1
        async for item in items:
            yield index, item
            index -= 1

    assert result(main) == [(1, True), (2, True)]


def test_as_completed_refuses_what_is_no_collection():
    """The replacement must refuse what the original refuses."""

    async def main():
        coroutine = asyncio.sleep(0)
        with pytest.raises(TypeError):
            list(asyncio.as_completed(coroutine))
        coroutine.close()

    result(main)


def test_shield_keeps_the_work_alive():
    """A write must go on although its caller was cancelled."""

    async def main():
        work = asyncio.create_task(asyncio.sleep(5, "written"))

        async def caller():
            await asyncio.shield(work)

        task = asyncio.create_task(caller())
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await work, now()

    assert result(main) == ("written", 5)


def test_all_tasks_lists_the_unfinished_of_this_loop():
    """Harnesses quiesce by looking at all tasks."""

    async def main():
        for index in range(3):
            asyncio.create_task(asyncio.sleep(1), name=f"child {index}")
        await asyncio.sleep(0)
        before = sorted(task.get_name() for task in asyncio.all_tasks())
        await asyncio.sleep(2)
        return before, len(asyncio.all_tasks()), asyncio.current_task().get_name()

    assert result(main) == (["child 0", "child 1", "child 2", "main"], 1, "main")


# --- generators, managers, context ------------------------------------------------------------------


def test_generator_left_open_is_closed_at_the_end_inside_the_simulation():
    """Its ``finally`` may await, so that it needs the loop."""

    closed_at = []

    async def ticks() -> AsyncIterator[int]:
        try:
            while True:
                yield 1
        finally:
            await asyncio.sleep(1)
            closed_at.append(now())

    kept = []

    async def main():
        generator = ticks()
        kept.append(generator)
        await anext(generator)

    simulate(main, seed=1)
    assert closed_at == [1]


def test_generator_dropped_on_the_way_is_closed_by_a_task():
    """``break`` out of an ``async for`` must free what the generator holds."""

    async def main():
        closed = []

        async def ticks():
            try:
                while True:
                    yield 1
            finally:
                await asyncio.sleep(0)
                closed.append(now())

        async for _ in ticks():
            break
        await asyncio.sleep(1)
        return closed

    assert result(main) == [0]


def test_failing_generators_do_not_keep_others_open():
    """asyncio.run reports a generator that fails as it is closed, and closes the rest."""

    closed, kept = [], []

    async def bad():
        try:
            yield 1
        finally:
            raise ValueError("on the way out")

    async def good():
        try:
            yield 1
        finally:
            closed.append("good")

    async def main():
        for generator in (bad(), good()):
            kept.append(generator)
            await anext(generator)

    with pytest.raises(UnhandledError, match="on the way out"):
        simulate(main, seed=1)
    assert closed == ["good"]


def test_async_context_managers_clean_up_when_cancelled():
    """Clean-up that awaits must be able to, also under cancellation."""

    async def main():
        log = []

        @asynccontextmanager
        async def resource():
            try:
                yield
            finally:
                await asyncio.sleep(1)
                log.append(now())

        async def user():
            async with resource():
                await asyncio.sleep(100)

        task = asyncio.create_task(user())
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait({task})
        return log

    assert result(main) == [2]


def test_context_variables_belong_to_their_task():
    """Correlation ids travel in context variables."""
    variable = ContextVar("variable", default="none")

    async def main():
        seen = []

        async def child():
            seen.append(variable.get())
            variable.set("child")
            await asyncio.sleep(1)
            seen.append(variable.get())

        variable.set("main")
        task = asyncio.create_task(child())
        await task
        asyncio.get_running_loop().call_soon(lambda: seen.append(variable.get()))
        await asyncio.sleep(0)
        return [*seen, variable.get()]

    assert result(main) == ["main", "child", "main", "main"]
    assert variable.get() == "none"
