"""Timers by the moment at which they are due.

In virtual time many timers are due at exactly the same nanosecond.  So the heap
holds each moment once, and the timers of a moment stand in a list, in the order
in which they were set.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from alyslab.runtime.callback import Timer, cancelled

CLEAR_AT_LEAST = 1_000
"""Moments that are kept at least before those with nothing but cancelled timers are cleared out."""


class Timers:
    """The timers of a simulation."""

    def __init__(self) -> None:
        self._moments: list[int] = []
        self._due: dict[int, list[Timer]] = {}
        self._clear_at = CLEAR_AT_LEAST

    def add(self, timer: Timer) -> None:
        """Add a timer at its ``when_ns``."""
        due = self._due.get(timer.when_ns)
        if due is None:
            self._due[timer.when_ns] = [timer]
            heappush(self._moments, timer.when_ns)
        else:
            due.append(timer)

    def next_moment(self) -> int | None:
        """Return when the next timer is due that was not cancelled, or None."""
        moments, due = self._moments, self._due
        while moments:
            for timer in due[moments[0]]:  # mostly one, and live: a generator would cost more than the look
                if timer[1] is not cancelled:
                    return moments[0]
            del due[heappop(moments)]
        return None

    def take(self) -> list[Timer]:
        """Take out the timers of the moment that :meth:`next_moment` found, in the order of setting.

        Those that were cancelled are left out.
        """
        due = self._due.pop(heappop(self._moments))
        if len(due) == 1:  # the live one that was found
            return due
        return [timer for timer in due if timer[1] is not cancelled]

    def clear_cancelled(self, *, all_of_them: bool) -> None:
        """Clear out moments without a live timer, if there are many or if it is asked for."""
        if not all_of_them and len(self._moments) < self._clear_at:
            return
        live = {
            when_ns: kept
            for when_ns, due in self._due.items()
            if (kept := [timer for timer in due if timer[1] is not cancelled])
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
