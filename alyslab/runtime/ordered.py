"""Parts of asyncio with an order that does not depend on addresses, and quicker ones for simulated loops."""

from __future__ import annotations

import asyncio
from asyncio import mixins
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from alyslab.runtime.loop import SimulationLoop
from alyslab.runtime.replaced import replaced
from alyslab.runtime.task import SimTask


@contextmanager
def ordered_asyncio() -> Iterator[None]:
    """Give asyncio's functions that build sets an order that does not depend on addresses."""
    as_completed, all_tasks = asyncio.as_completed, asyncio.all_tasks

    def ordered_as_completed(fs: Any, *, timeout: float | None = None) -> Any:
        simulated = isinstance(asyncio._get_running_loop(), SimulationLoop)
        if simulated and not asyncio.isfuture(fs) and not asyncio.iscoroutine(fs):
            fs = [asyncio.ensure_future(item) for item in fs]  # the set within would start them in any order
        return as_completed(fs, timeout=timeout)

    def ordered_all_tasks(loop: asyncio.AbstractEventLoop | None = None) -> set[asyncio.Task[Any]]:
        tasks = all_tasks(loop)
        ordered: set[asyncio.Task[Any]] = set()
        ordered.update(sorted(tasks, key=_number))  # a set's order depends on that of its insertions
        return ordered

    with ExitStack() as stack:
        for module in (asyncio, asyncio.tasks):
            stack.enter_context(replaced(module, "as_completed", ordered_as_completed))
            stack.enter_context(replaced(module, "all_tasks", ordered_all_tasks))
        yield


@contextmanager
def quick_primitives() -> Iterator[None]:
    """Let asyncio's queues, locks and sleep make their futures without the loop asking who they are."""
    bound: Any = mixins._LoopBoundMixin
    original, running = bound._get_loop, asyncio._get_running_loop
    original_sleep = asyncio.sleep

    def get_loop(self: Any) -> Any:
        loop = running()
        if type(loop) is not SimulationLoop:
            return original(self)
        if self._loop is not loop:
            original(self)  # binds it, or refuses what belongs to another loop
        return loop.primitives

    async def sleep(delay: float, result: Any = None) -> Any:
        loop = running()
        if type(loop) is not SimulationLoop or delay <= 0:
            return await original_sleep(delay, result)
        future: asyncio.Future[Any] = loop.primitives.create_future()
        timer = loop.call_later(delay, _wake, future, result)
        try:
            return await future
        finally:
            timer.cancel()

    bound._get_loop = get_loop
    asyncio.sleep = asyncio.tasks.sleep = sleep
    try:
        yield
    finally:
        bound._get_loop = original
        asyncio.sleep = asyncio.tasks.sleep = original_sleep


def _wake(future: asyncio.Future[Any], result: Any) -> None:
    if not future.done():
        future.set_result(result)


def _number(task: asyncio.Task[Any]) -> int:
    return task.number if isinstance(task, SimTask) else -1
