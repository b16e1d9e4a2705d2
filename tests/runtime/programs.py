"""Small random asyncio programs as data, so that one program can run under two event loops or strategies."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import strategies as st

Program = list[list[tuple[str, int]]]
"""For each task its operations: a name and a number."""

_TIMELESS = (
    "yield",
    "put",
    "get",
    "cancel",
    "lock",
    "set",
    "wait",
    "spawn",
    "join",
    "semaphore",
    "gather",
    "shield",
)
_TIMED = (*_TIMELESS, "sleep", "timeout", "sleep")


def programs(*, timed: bool) -> st.SearchStrategy[Program]:
    """Return programs of up to five tasks; only the timed ones sleep."""
    operation = st.tuples(st.sampled_from(_TIMED if timed else _TIMELESS), st.integers(0, 4))
    return st.lists(st.lists(operation, max_size=7), min_size=1, max_size=5)


async def execute(program: Program) -> list[tuple[int, int, str]]:
    """Run the program and return what happened in which order: task, operation, outcome."""
    log: list[tuple[int, int, str]] = []
    queues = [asyncio.Queue[int](maxsize=size) for size in (0, 1)]
    lock, event, semaphore = asyncio.Lock(), asyncio.Event(), asyncio.Semaphore(2)
    tasks: list[asyncio.Task[Any]] = []

    async def child(owner: int, at: int) -> int:
        log.append((owner, at, "child begins"))
        await asyncio.sleep(0)
        log.append((owner, at, "child ends"))
        return at

    async def perform(owner: int, at: int, name: str, number: int) -> object:  # noqa: PLR0911, PLR0912 - a table
        match name:
            case "yield":
                return await asyncio.sleep(0)
            case "put":
                return await queues[number % 2].put(number)
            case "get":
                return await queues[number % 2].get()
            case "cancel":
                return tasks[number % len(tasks)].cancel()
            case "set":
                return event.set() if number % 2 else event.clear()
            case "wait":
                return await event.wait()
            case "spawn":
                tasks.append(asyncio.create_task(child(owner, at)))
                return len(tasks)
            case "join":
                other = tasks[number % len(tasks)]
                return (
                    await asyncio.wait({other}) and "joined" if other is not asyncio.current_task() else None
                )
            case "gather":
                return await asyncio.gather(*(child(owner, at * 10 + part) for part in range(number)))
            case "shield":
                return await asyncio.shield(child(owner, at))
            case "sleep":
                return await asyncio.sleep(number / 1000)
            case "timeout":
                async with asyncio.timeout(number / 1000):
                    return await asyncio.sleep(0.002)
        async with lock if name == "lock" else semaphore:
            for _ in range(number):
                await asyncio.sleep(0)
        return None

    async def body(owner: int) -> None:
        for at, (name, number) in enumerate(program[owner]):
            try:
                outcome = str(await perform(owner, at, name, number))
            except asyncio.CancelledError:
                log.append((owner, at, f"{name} cancelled"))
                raise
            except TimeoutError:
                outcome = "timed out"
            log.append((owner, at, f"{name} {outcome}"))

    for owner in range(len(program)):
        tasks.append(asyncio.create_task(body(owner)))
    for _ in range(60):
        await asyncio.sleep(0)
    if any(name in ("sleep", "timeout") for operations in program for name, _ in operations):
        await asyncio.sleep(1)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    log.append((-1, 0, "end"))
    return log
