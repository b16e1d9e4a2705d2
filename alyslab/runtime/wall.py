"""The same harness on the wall clock: real time, real sockets, a journal, no digest promised.

:func:`measure` is to the wall clock what :func:`alyslab.simulate` is to virtual
time.  Faults that need the simulation (pausing a node, losing what a process
had not written) are refused by name.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

from alyslab.runtime.context import Runtime
from alyslab.runtime.journal import Journal


class _WallClock:
    """Nanoseconds since it was made, by the monotonic clock."""

    def __init__(self) -> None:
        self.start_ns = time.monotonic_ns()

    @property
    def now_ns(self) -> int:
        """Nanoseconds since the run began."""
        return time.monotonic_ns() - self.start_ns


class WallRuntime(Runtime):
    """The surroundings of a run in real time; arguments as for :class:`~alyslab.runtime.context.Runtime`."""

    def __init__(self, seed: int, *, planted: Iterable[str] = (), activation_ratio: float = 0.0) -> None:
        self._wall = _WallClock()
        super().__init__(seed, planted=planted, activation_ratio=activation_ratio, clock=self._wall)

    @property
    def now_ns(self) -> int:
        """Nanoseconds since the run began."""
        return self._wall.now_ns

    def ticker(self) -> tuple[Callable[[], int], int]:
        """Return (ticks, origin), a reading of the clock with nothing around it."""
        return time.monotonic_ns, self._wall.start_ns

    @property
    def event_loop(self) -> asyncio.AbstractEventLoop:
        """The running event loop."""
        return asyncio.get_running_loop()


@dataclass(frozen=True, slots=True, kw_only=True)
class WallRun:
    """What came of one run in real time; it has no digest and no token, since nobody could repeat it."""

    result: Any
    journal: Journal
    seed: int
    wall_s: float


async def measure(
    main: Callable[..., Coroutine[Any, Any, Any]],
    *,
    seed: int,
    planted: Iterable[str] = (),
    **parameters: Any,
) -> WallRun:
    """Run an async function on the running event loop, in real time, with a journal.

    Tasks of the nodes that it made are cancelled at its end, whatever ended it.

    Raises
    ------
    Exception
        Whatever ``main`` raises passes through.
    """
    runtime = WallRuntime(seed, planted=planted)
    with runtime.running():
        try:
            result = await main(**parameters)
        finally:
            await _stop_nodes(runtime)
            runtime.journal.close()
    return WallRun(result=result, journal=runtime.journal, seed=seed, wall_s=runtime.now_ns / 1e9)


async def _stop_nodes(runtime: WallRuntime) -> None:
    tasks = [task for node in runtime.nodes.values() for task in node.unfinished()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
