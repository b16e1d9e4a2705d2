"""Processes for searches: fresh ones that inherit nothing, and that leave an interrupt to their parent."""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from typing import Final, TypeVar

T = TypeVar("T")
R = TypeVar("R")
AHEAD: Final = 4
"""Tasks handed out to each process in advance."""


def workers(jobs: int) -> ProcessPoolExecutor:
    """Return so many processes; leaving its ``with`` waits for the tasks under way."""
    return ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_leave_interrupts)


def in_order(function: Callable[[T], R], tasks: Iterable[T], jobs: int) -> Generator[R, None, None]:
    """Yield the result of each task in the order of the tasks; with one job it all happens in this process.

    Closing the generator starts nothing more.
    """
    if jobs == 1:
        yield from map(function, tasks)
        return
    left = iter(tasks)
    ahead: deque[Future[R]] = deque()
    with workers(jobs) as pool:
        try:
            while True:
                while len(ahead) < jobs * AHEAD and (task := next(left, None)) is not None:
                    ahead.append(pool.submit(function, task))
                if not ahead:
                    return
                wait([ahead[0]], return_when=FIRST_COMPLETED)
                yield ahead.popleft().result()
        finally:
            for future in ahead:
                future.cancel()


def _leave_interrupts() -> None:
    """Let an interrupt at the terminal reach the parent alone, which then ends in order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
