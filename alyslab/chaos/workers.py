"""Processes of a search: fresh ones that inherit nothing, leave interrupts to their parent, end with it."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import connection, get_context, parent_process
from typing import Final, TypeVar

T = TypeVar("T")
R = TypeVar("R")
AHEAD: Final = 4
"""Tasks handed out to each process in advance."""


def workers(jobs: int) -> ProcessPoolExecutor:
    """Return so many processes; leaving its ``with`` waits for the tasks under way."""
    return ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_belong_to_parent)


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


def _belong_to_parent() -> None:
    """Let an interrupt reach the parent alone, which then ends in order; end when the parent was killed.

    A process that waits for its next task never sees that nobody is left to give it one.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, name="end with parent", daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None, "started by nobody"
    connection.wait([parent.sentinel])
    os._exit(1)
