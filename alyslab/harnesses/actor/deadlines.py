"""Time-outs of many asks with one timer for each length of patience.

Deadlines of equal patience come in the order in which they were asked for, so
a queue and one timer serve all of them; a timer for each ask would cost as
much as the ask.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any


class Deadlines:
    """Ends futures with TimeoutError when their time is up.

    Parameters
    ----------
    loop
        Whose time it is.
    """

    __slots__ = ("_loop", "_queues", "_timers")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._queues: dict[float, deque[tuple[float, asyncio.Future[Any]]]] = {}
        self._timers: dict[float, asyncio.TimerHandle] = {}

    def add(self, future: asyncio.Future[Any], patience_s: float) -> None:
        """End ``future`` in ``patience_s`` seconds unless it is done by then."""
        queue = self._queues.get(patience_s)
        if queue is None:
            queue = self._queues[patience_s] = deque()
        while queue and queue[0][1].done():
            queue.popleft()
        queue.append((self._loop.time() + patience_s, future))
        if patience_s not in self._timers:
            self._timers[patience_s] = self._loop.call_at(queue[0][0], self._expire, patience_s)

    def close(self) -> None:
        """Forget everything; no timer is left."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._queues.clear()

    def _expire(self, patience_s: float) -> None:
        queue = self._queues[patience_s]
        # Virtual time is in whole ns, so that a timer may fire half a ns before its moment.
        now_s = self._loop.time() + 1e-9
        while queue and (queue[0][1].done() or queue[0][0] <= now_s):
            _, future = queue.popleft()
            if not future.done():
                future.set_exception(TimeoutError())
        del self._timers[patience_s]
        if queue:
            self._timers[patience_s] = self._loop.call_at(queue[0][0], self._expire, patience_s)
