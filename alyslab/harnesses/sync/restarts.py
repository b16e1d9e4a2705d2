"""When a sync that failed is started again: V2's supervisor of the sync.

Source: alys-system.md §2, ACT/network/supervisor.rs: exponential from 1 s, five
restarts within 600 s.  What comes after the fifth no document says; here the
sync waits until there is room in the window again, so that an outage of an
hour does not end it for good.
"""

from __future__ import annotations

from typing import Final

FIRST_S: Final = 1.0
MOST: Final = 5
WINDOW_S: Final = 600.0


class Restarts:
    """The restarts of one sync, as far as they count."""

    def __init__(self) -> None:
        self._at_s: list[float] = []

    def wait_s(self, now_s: float) -> float:
        """Count a failure and return how long to wait for the restart, in seconds."""
        self._at_s = [at_s for at_s in self._at_s if now_s - at_s < WINDOW_S]
        number = len(self._at_s)
        wait_s = FIRST_S * 2.0**number if number < MOST else self._at_s[-MOST] + WINDOW_S - now_s
        self._at_s.append(now_s + wait_s)
        return wait_s
