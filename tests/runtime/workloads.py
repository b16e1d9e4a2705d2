"""Workloads at the top level of a module, so that tokens and other processes can name them."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress

from alyslab.runtime import current, require_current, simulate

ran: list[object] = []
"""What functions that must not be called have left here."""


async def record(*values: object) -> None:
    """Record each value as a row."""
    for value in values:
        require_current().journal.record("value", "main", value=value)


async def counted(*, rows: int = 3, label: str = "x") -> int:
    """Record ``rows`` rows, a virtual second apart."""
    for number in range(rows):
        require_current().journal.record("row", label, number=number)
        await asyncio.sleep(1)
    return rows


async def failing(*, after_s: float = 1.0) -> None:
    """Fail after a while."""
    require_current().journal.record("begun", "main", after_s=after_s)
    await asyncio.sleep(after_s)
    raise ValueError("the workload failed")


async def needs(value: int) -> int:
    """Return what it was given, which it needs."""
    return value


def touch(**given: object) -> None:
    """Leave a trace of having been called, as no token may make it be."""
    ran.append(given or "called")


async def lost_update(*, increments: int = 1) -> int:
    """Count up in two tasks, each of which reads before it awaits a store.

    First-in-first-out has the first task done before the second has taken its
    detour; a read of the second between the first's read and store loses an
    update.  Returns the counter: ``2 * increments`` unless that happened.
    """
    state = {"counter": 0}

    async def store(value: int) -> None:
        state["counter"] = value

    async def detour() -> None:
        pass

    async def adder(detours: int) -> None:
        for _ in range(detours):
            await asyncio.create_task(detour())
        for _ in range(increments):
            await asyncio.create_task(store(state["counter"] + 1))

    async with asyncio.TaskGroup() as group:
        group.create_task(adder(0))
        group.create_task(adder(2 * increments))
    return state["counter"]


async def starved(*, turns: int = 200) -> int:
    """Spin until another task has done its turns; returns how often the spinner went round."""
    rounds = 0
    done = asyncio.Event()

    async def work() -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        done.set()

    task = asyncio.create_task(work())
    while not done.is_set():
        rounds += 1
        await asyncio.sleep(0)
    await task
    return rounds


async def _ticks(every_s: float, name: str) -> AsyncIterator[int]:
    number = 0
    try:
        while True:
            await asyncio.sleep(every_s)
            yield number
            number += 1
    finally:
        with suppress(RuntimeError):
            require_current().journal.record("closed", name, number=number)


async def busy(*, tasks: int = 6) -> int:
    """Do everything that could make two runs of one seed differ: sets, cancellation, generators."""
    runtime = require_current()
    rng = runtime.random("busy")
    record = runtime.journal.recorder("step", "name", "detail")
    total = 0

    async def job(name: str) -> str:
        try:
            await asyncio.sleep(rng.choice([0, 0, 0.001, 0.002, 0.5]))
            if rng.random() < 0.15:
                raise ValueError(name)
            return name
        except asyncio.CancelledError:
            record("job", name, "cancelled")
            await asyncio.sleep(0)
            raise

    def resolve(future: asyncio.Future[int], number: int) -> None:
        if not future.done():
            future.set_result(number)

    async def abandon(name: str) -> None:
        # A cycle keeps the generator alive until the collector comes.
        generator = _ticks(0.001, name)
        loop: list[object] = [generator]
        loop.append(loop)
        async for number in generator:
            if number >= 1:
                return

    for round_number in range(2):
        try:
            async with asyncio.timeout(rng.choice([0.0005, 0.01, 1.0])):
                async with asyncio.TaskGroup() as group:
                    for index in range(tasks):
                        group.create_task(job(f"{round_number}.{index}"))
        except (TimeoutError, ExceptionGroup) as error:
            record("group", type(error).__name__, "")
        jobs = {asyncio.create_task(job(f"set {index}")) for index in range(tasks)}
        futures = [asyncio.get_running_loop().create_future() for _ in range(tasks)]
        for number, future in enumerate(futures):
            asyncio.get_running_loop().call_later(rng.choice([0, 0.001]), resolve, future, number)
        done, pending = await asyncio.wait({*jobs, *futures}, return_when=asyncio.FIRST_COMPLETED)
        record(
            "wait", "done", ",".join(str(number) for number, future in enumerate(futures) if future in done)
        )
        for item in pending:
            item.cancel()
        for item in jobs:  # a set of tasks iterates by their numbers
            try:
                record("wait", "", str(await item))
            except (ValueError, asyncio.CancelledError) as error:
                record("wait", type(error).__name__, "")
        for next_one in asyncio.as_completed([job(f"completed {index}") for index in range(tasks)]):
            with suppress(ValueError):
                record("completed", await next_one, "")
                total += 1
        await asyncio.gather(*(abandon(f"{round_number}.{index}") for index in range(3)))
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 0.002)
        record("random", str(random.random()), str(len(asyncio.all_tasks())))
    for index in range(3):
        asyncio.create_task(job(f"left behind {index}")).add_done_callback(
            lambda task: task.cancelled() or task.exception()
        )
    return total


def digests(seeds: Iterable[int], strategy: str = "fifo") -> list[str]:
    """Return the digest of :func:`busy` for each seed."""
    return [simulate(busy, seed=seed, strategy=strategy).digest for seed in seeds]


if __name__ == "__main__":
    first, last, chosen = sys.argv[1:]
    sys.stdout.write(json.dumps(digests(range(int(first), int(last)), chosen)))
    assert current() is None
