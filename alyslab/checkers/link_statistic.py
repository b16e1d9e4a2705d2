"""One statistic of a link beside its closed form, and how far off it is.

A statistic of a finite sample is off; the question is whether an honest link
would be off as far.  Shares and runs of rare events are skewed: among five
bursts of losses, one is easily long.  Counted in plain standard deviations,
4.5 of them are exceeded by an honest link once in 1,500 samples of five bursts,
and not once in 150,000.  So shares and runs are scored by their likelihood,
which keeps its promise from the first few events on.

Source: Wilks 1938, Annals of Mathematical Statistics 9(1), for the likelihood
ratio; its signed root is close to a normal number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

SIGMAS: Final = 4.5
"""How far a statistic may be from its closed form, in standard deviations."""


@dataclass(frozen=True, slots=True)
class LinkStatistic:
    """One statistic of one direction of one link, beside its closed form."""

    line: str
    """``sender → receiver``."""
    name: str
    """What was measured."""
    observed: float
    expected: float
    deviation: float
    """Standard deviation of the statistic itself, of a sample of this size."""
    unit: str
    formula: str
    """The closed form, for readers."""
    kind: Literal["mean", "share", "run"] = "mean"
    """What it is: a mean of many numbers, a share of all messages, or the mean length of runs."""

    @property
    def score(self) -> float:
        """How far observed is from expected, in standard deviations of a normal number, with its sign."""
        difference = self.observed - self.expected
        if self.deviation == 0:
            return 0.0 if abs(difference) < 1e-9 else math.copysign(math.inf, difference)
        if self.kind == "mean":
            return difference / self.deviation
        if self.kind == "share":
            tosses = self.expected * (1 - self.expected) / self.deviation**2
            return share_score(self.observed, self.expected, tosses)
        return _run_score(self.observed, self.expected, self.deviation)

    @property
    def sigmas(self) -> float:
        """How far observed is from expected, in standard deviations."""
        return abs(self.score)

    def interval(self, sigmas: float = 1.96) -> tuple[float, float]:
        """Return the confidence interval around what was observed; 1.96 deviations are 95 %."""
        return self.observed - sigmas * self.deviation, self.observed + sigmas * self.deviation


def share_score(share: float, expected: float, tosses: float) -> float:
    """Return how far a share of so many independent tosses is from its expectation, with its sign."""
    likelihood = _times_log(share, expected) + _times_log(1 - share, 1 - expected)
    return math.copysign(math.sqrt(max(0.0, 2 * tosses * likelihood)), share - expected)


def _run_score(mean: float, expected: float, deviation: float) -> float:
    """Return the same of the mean length of runs, each of which ends by chance."""
    ends, ended = 1 / expected, 1 / mean
    runs = (1 - ends) / (deviation * ends) ** 2
    likelihood = mean * (_times_log(ended, ends) + _times_log(1 - ended, 1 - ends))
    return math.copysign(math.sqrt(max(0.0, 2 * runs * likelihood)), mean - expected)


def _times_log(share: float, expected: float) -> float:
    return share * math.log(share / expected) if share > 0 else 0.0
