"""The functions of ``time``, following virtual time for the length of a run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from alyslab.errors import IsolationError
from alyslab.runtime.callback import NS_PER_S
from alyslab.runtime.loop import SimulationLoop
from alyslab.runtime.replaced import replaced

EPOCH_S = 1_767_225_600
"""What ``time.time()`` shows at virtual time 0: 2026-01-01 00:00 UTC, an arbitrary constant."""
SLEEPING = ("time.sleep()", "await asyncio.sleep() or await node.sleep()")
"""What is refused, and what to use."""


@contextmanager
def virtual_time(loop: SimulationLoop) -> Iterator[None]:
    """Let what tells the time tell the loop's, and refuse to sleep, on this thread until the block ends."""
    real_localtime, real_gmtime, real_strftime = time.localtime, time.gmtime, time.strftime
    real_asctime, real_ctime = time.asctime, time.ctime

    def now_s() -> float:
        return EPOCH_S + loop.now_ns / 1e9

    def forbidden_sleep(_: float) -> None:
        raise IsolationError(*SLEEPING)

    virtual: dict[str, Callable[..., Any]] = {
        "time": now_s,
        "time_ns": lambda: EPOCH_S * NS_PER_S + loop.now_ns,
        "monotonic": lambda: loop.now_ns / 1e9,
        "monotonic_ns": lambda: loop.now_ns,
        "perf_counter": lambda: loop.now_ns / 1e9,
        "perf_counter_ns": lambda: loop.now_ns,
        "localtime": lambda seconds=None: real_localtime(now_s() if seconds is None else seconds),
        "gmtime": lambda seconds=None: real_gmtime(now_s() if seconds is None else seconds),
        "strftime": lambda form, when=None: real_strftime(
            form, real_localtime(now_s()) if when is None else when
        ),
        "asctime": lambda when=None: real_asctime(real_localtime(now_s()) if when is None else when),
        "ctime": lambda seconds=None: real_ctime(now_s() if seconds is None else seconds),
        "clock_gettime": lambda clock: now_s() if clock == time.CLOCK_REALTIME else loop.now_ns / 1e9,
        "clock_gettime_ns": lambda clock: (
            (EPOCH_S * NS_PER_S if clock == time.CLOCK_REALTIME else 0) + loop.now_ns
        ),
        "sleep": forbidden_sleep,
    }
    with ExitStack() as stack:
        for name, function in virtual.items():
            stack.enter_context(replaced(time, name, function))
        yield
