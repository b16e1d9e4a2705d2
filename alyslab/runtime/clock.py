"""The clock of one node: right, fast, slow, or just set wrong.

A clock reads a true time (the simulation's, or the wall's) and shows another:
it may be ahead or behind (*offset*), run fast or slow (*drift*), and jump
(*step*).  Harnesses read time through their node's clock only, so that a skewed
clock needs no change in them.
"""

from __future__ import annotations

import math

from alyslab.errors import BadInputError, Problem
from alyslab.runtime.journal import Clock

NS_PER_S = 1_000_000_000
DRIFT_LIMIT_PPM = 500_000.0
"""Half speed to one and a half: far beyond hardware (±200 ppm), so that a mistake of units is found."""


class NodeClock:
    """Shows a node its time.

    Parameters
    ----------
    true_clock
        What the time really is.
    offset_ns
        How far ahead the clock begins; negative is behind.
    drift_ppm
        How much faster than true it runs, in parts per million; negative is slower.

    Raises
    ------
    BadInputError
        If the drift is not a number within ± :data:`DRIFT_LIMIT_PPM`.
    """

    def __init__(self, true_clock: Clock, *, offset_ns: int = 0, drift_ppm: float = 0.0) -> None:
        self._true = true_clock
        self._true_base_ns = true_clock.now_ns
        self._shown_base_ns = true_clock.now_ns + offset_ns
        self._drift_ppm = _checked_drift(drift_ppm)

    def time_ns(self) -> int:
        """Return what the clock shows, in nanoseconds since the run began."""
        elapsed_ns = self._true.now_ns - self._true_base_ns
        return self._shown_base_ns + elapsed_ns + round(elapsed_ns * self._drift_ppm / 1e6)

    def time(self) -> float:
        """Return what the clock shows, in seconds since the run began."""
        return self.time_ns() / NS_PER_S

    @property
    def offset_ns(self) -> int:
        """How far the clock is ahead of the truth at this moment."""
        return self.time_ns() - self._true.now_ns

    @property
    def drift_ppm(self) -> float:
        """How much faster than true the clock runs, in parts per million."""
        return self._drift_ppm

    def set_drift(self, drift_ppm: float) -> None:
        """Run faster or slower from now on; what the clock shows does not jump."""
        drift_ppm = _checked_drift(drift_ppm)
        self._rebase()
        self._drift_ppm = drift_ppm

    def step(self, by_ns: int) -> None:
        """Jump ahead, or back if negative."""
        self._rebase()
        self._shown_base_ns += by_ns

    def true_delay_s(self, shown_s: float) -> float:
        """Return how long ``shown_s`` seconds on this clock really take, at its present drift."""
        return shown_s / (1 + self._drift_ppm / 1e6)

    def _rebase(self) -> None:
        self._shown_base_ns = self.time_ns()
        self._true_base_ns = self._true.now_ns


def _checked_drift(drift_ppm: float) -> float:
    if not math.isfinite(drift_ppm) or abs(drift_ppm) > DRIFT_LIMIT_PPM:
        raise BadInputError(
            Problem(
                where="clock",
                key="drift_ppm",
                what="not a drift that a clock can have",
                value=drift_ppm,
                allowed=f"-{DRIFT_LIMIT_PPM:g} to {DRIFT_LIMIT_PPM:g}",
            )
        )
    return drift_ppm
