"""Timing two or more programs against each other in one run.

Absolute times mean little on a shared machine.  So candidates take turns, round
by round, and what is reported is the median over rounds of each round's ratio,
with the quartiles beside it.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """How a candidate stands to its baseline: above 1 is faster."""

    median: float
    low: float
    """Lower quartile over the rounds."""
    high: float
    """Upper quartile over the rounds."""

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f} to {self.high:.2f})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Seconds that each candidate took in each round."""

    seconds: Mapping[str, tuple[float, ...]]

    def ratio(self, candidate: str, baseline: str) -> Ratio:
        """Return baseline's time over candidate's, round by round."""
        pairs = zip(self.seconds[baseline], self.seconds[candidate], strict=True)
        ratios = sorted(slow / fast for slow, fast in pairs)
        if len(ratios) < 2:
            return Ratio(median=ratios[0], low=ratios[0], high=ratios[0])
        low, median, high = statistics.quantiles(ratios, n=4, method="inclusive")
        return Ratio(median=median, low=low, high=high)

    def median_s(self, candidate: str) -> float:
        """Return the candidate's median seconds."""
        return statistics.median(self.seconds[candidate])


def take_turns(candidates: Mapping[str, Callable[[], object]], *, rounds: int) -> Timings:
    """Time each candidate once in each round, after one round that does not count.

    Garbage is collected before each, so that nobody pays for another's.
    """
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for counted in [False, *[True] * rounds]:
        for name, candidate in candidates.items():
            gc.collect()
            started = time.perf_counter()
            candidate()
            elapsed = time.perf_counter() - started
            if counted:
                seconds[name].append(elapsed)
    return Timings(seconds={name: tuple(values) for name, values in seconds.items()})
