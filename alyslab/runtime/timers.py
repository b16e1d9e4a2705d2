"""Timers by the moment at which they are due.

In virtual time many timers are due at exactly the same nanosecond.  So the heap
holds each moment once, and the timers of a moment stand in a list, in the order
in which they were set.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import Context
from heapq import heapify, heappop, heappush
from typing import Any

from alyslab.runtime.callback import CALLBACK, Timer, cancelled
from alyslab.runtime.journal import Clock
from alyslab.runtime.ready import Entry

Post = Callable[[int, Callable[..., object], tuple[Any, ...], Context], None]
"""Lets a callback run: at which moment in ns, what, with what, in which context; it can't be taken back."""

CLEAR_AT_LEAST = 1_000
"""Moments that are kept at least before those with nothing but cancelled timers are cleared out."""


class Timers:
    """The timers of a simulation."""

    def __init__(self) -> None:
        self._moments: list[int] = []
        self._due: dict[int, list[Entry]] = {}
        self._clear_at = CLEAR_AT_LEAST

    def add(self, timer: Timer) -> None:
        """Add a timer at its ``when_ns``."""
        due = self._due.get(timer.when_ns)
        if due is None:
            self._due[timer.when_ns] = [timer]
            heappush(self._moments, timer.when_ns)
        else:
            due.append(timer)

    def poster(self, clock: Clock, ready: Callable[[Entry], None]) -> Post:
        """Return a function that posts a callback; one whose moment has come goes to ``ready`` at once.

        A closure that does everything itself, because a network calls it for every message.
        """
        moments, due_of = self._moments, self._due
        find = due_of.get

        def post(
            when_ns: int, callback: Callable[..., object], args: tuple[Any, ...], context: Context
        ) -> None:
            entry = (CALLBACK, callback, args, context)
            if when_ns <= clock.now_ns:
                ready(entry)
                return
            due = find(when_ns)
            if due is None:
                due_of[when_ns] = [entry]
                heappush(moments, when_ns)
            else:
                due.append(entry)

        return post

    def next_due(self, until_ns: int) -> tuple[int, Sequence[Entry]] | None:
        """Take out what is due next: its moment, and its timers in the order of setting; None: nothing is.

        Timers that were cancelled are left out.  A moment after ``until_ns``
        stays where it is, and nothing is returned beside it.
        """
        moments, due_of = self._moments, self._due
        while moments:
            when_ns = moments[0]
            if when_ns > until_ns and any(entry[1] is not cancelled for entry in due_of[when_ns]):
                return when_ns, ()
            due = due_of.pop(heappop(moments))
            if len(due) > 1:
                due = [entry for entry in due if entry[1] is not cancelled]
            elif due[0][1] is cancelled:
                continue
            if due:
                return when_ns, due
        return None

    def clear_cancelled(self, *, all_of_them: bool) -> None:
        """Clear out moments without a live timer, if there are many or if it is asked for."""
        if not all_of_them and len(self._moments) < self._clear_at:
            return
        live = {
            when_ns: kept
            for when_ns, due in self._due.items()
            if (kept := [entry for entry in due if entry[1] is not cancelled])
        }
        self._due.clear()
        self._due.update(live)
        self._moments[:] = live
        heapify(self._moments)
        self._clear_at = max(CLEAR_AT_LEAST, 2 * len(live))

    def clear(self) -> None:
        """Forget everything."""
        self._moments.clear()
        self._due.clear()
