"""How far along a loop is: a bar for a person, now and then a log line for a machine."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from contextlib import nullcontext
from typing import Final, TypeVar

from alyslab.telemetry.logging import get_logger, logging_configured

T = TypeVar("T")

LINE_INTERVAL_S: Final = 10.0
"""Least wall time between two log lines, in s: a CI log stays short, a stuck loop shows."""


def progress(
    items: Iterable[T],
    *,
    description: str,
    total: int | None = None,
    interactive: bool | None = None,
) -> Iterator[T]:
    """Yield the items and show how many are done.

    Parameters
    ----------
    items
        What to go through.
    description
        What is being done, shown before the count.
    total
        How many items there are; by default ``len(items)`` where it has one.
    interactive
        Draw a bar (True), log lines (False), or draw a bar where standard
        error is a terminal (None).  A notebook passes its ``interactive``
        parameter, because an executed notebook should hold lines, not a bar.

    Wall time is read; no thread is started.
    """
    count = len(items) if total is None and isinstance(items, Sized) else total
    if sys.stderr.isatty() if interactive is None else interactive:
        yield from _bar(items, description, count)
    else:
        yield from _lines(items, description, count)


def _bar(items: Iterable[T], description: str, total: int | None) -> Iterator[T]:
    from tqdm.std import tqdm

    # tqdm's monitor is a thread that outlives the bar; an interval of 0 starts none.
    unwatched = type("tqdm", (tqdm,), {"monitor_interval": 0})
    with unwatched(items, desc=description, total=total, leave=True) as bar:
        yield from bar


def _lines(items: Iterable[T], description: str, total: int | None) -> Iterator[T]:
    of = "" if total is None else f" of {total}"
    began_s = said_s = time.monotonic()
    done = 0
    for item in items:
        yield item
        done += 1
        now_s = time.monotonic()
        if now_s - said_s >= LINE_INTERVAL_S:
            _say(f"{description}: {done}{of}", now_s - began_s)
            said_s = now_s
    _say(f"{description}: {done}{of} done", time.monotonic() - began_s)


def _say(text: str, elapsed_s: float) -> None:
    """Log a line; where no session has set logs up, do so for this line.

    structlog's own way would be coloured lines on standard output.
    """
    import structlog

    nobodys = isinstance(structlog.get_config()["logger_factory"], structlog.PrintLoggerFactory)
    with logging_configured() if nobodys else nullcontext():
        get_logger(__name__).info(text, elapsed_s=round(elapsed_s, 1))
