"""A Monte Carlo estimate and how far it may stray: its standard error, derived and not assumed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from alyslab.checkers.verdict import Check

SIGMAS = 3.0
"""How many standard errors an estimate may lie from theory; one in 370 lies beyond by chance."""
REPEAT_FACTOR = 4
"""How much larger the estimate is that decides where a first one lies beyond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """An estimated ratio beside what theory says of it."""

    label: str
    """What was estimated: ``share 0.4, gamma 0.5``."""
    observed: float
    """The estimate."""
    expected: float
    """The closed form."""
    sigma: float
    """Standard error of the estimate."""
    trials: int
    """How many trials, or blocks, it rests on."""
    repeated: bool = False
    """Whether a first, smaller estimate lay beyond :data:`SIGMAS`, so that this one decides."""

    @property
    def z(self) -> float:
        """How many standard errors lie between the two; NaN if nothing was tried."""
        if self.trials == 0 or math.isnan(self.observed):
            return math.nan
        if self.sigma == 0:
            return 0.0 if self.observed == self.expected else math.inf
        return (self.observed - self.expected) / self.sigma


def of_counts(label: str, hits: int, trials: int, expected: float) -> Estimate:
    """Return a probability estimated by independent trials.

    The standard error is the binomial's under theory, √(p(1-p)/n): the question
    is whether theory could have given these hits.
    """
    sigma = math.sqrt(expected * (1 - expected) / trials) if trials else math.nan
    observed = hits / trials if trials else math.nan
    return Estimate(label=label, observed=observed, expected=expected, sigma=sigma, trials=trials)


def of_ratios(label: str, parts: Sequence[int], wholes: Sequence[int], expected: float) -> Estimate:
    """Return a ratio of sums over independent batches, Σ part / Σ whole.

    Blocks of one chain depend on each other, so that no binomial holds.  The
    batches do not: with residuals eᵢ = partᵢ - ratio·wholeᵢ the standard error
    is √(Σeᵢ² · k/(k-1)) / Σ whole (the delta method for a ratio estimator;
    Cochran, "Sampling Techniques", 1977, section 6.4).
    """
    count, whole = len(wholes), sum(wholes)
    if count < 2 or whole == 0:
        nan = math.nan
        return Estimate(label=label, observed=nan, expected=expected, sigma=nan, trials=whole)
    ratio = sum(parts) / whole
    residuals = math.fsum((part - ratio * each) ** 2 for part, each in zip(parts, wholes, strict=True))
    sigma = math.sqrt(residuals * count / (count - 1)) / whole
    return Estimate(label=label, observed=ratio, expected=expected, sigma=sigma, trials=whole)


def decided(estimate: Callable[[int, int], Estimate]) -> Estimate:
    """Return an estimate, and where it lies beyond :data:`SIGMAS` an independent larger one in its place.

    Among dozens of estimates one lies beyond three standard errors by chance
    now and then.  Rather than a wider limit, such a one gets a second trial,
    agreed on beforehand: another stream, :data:`REPEAT_FACTOR` times the size,
    the same limit.  A model that is wrong is refuted by both, the second time
    more clearly; chance does it twice once in 137,000 estimates.

    Parameters
    ----------
    estimate
        Makes an estimate of (number of the attempt, factor on its size).
    """
    first = estimate(0, 1)
    if not abs(first.z) > SIGMAS:
        return first
    return replace(estimate(1, REPEAT_FACTOR), repeated=True)


def check_estimates(name: str, estimates: Sequence[Estimate], source: str) -> Check:
    """Hold the estimate that lies farthest from theory to :data:`SIGMAS`; the others are nearer."""
    unseen = [each.label for each in estimates if math.isnan(each.z)]
    worst = None if unseen or not estimates else max(estimates, key=lambda each: abs(each.z))
    note = f"nothing was observed for {', '.join(unseen)}" if unseen else ""
    if worst is not None:
        again = sum(each.repeated for each in estimates)
        note = (
            f"{worst.label}: {worst.observed:.6f} where theory says {worst.expected:.6f}, "
            f"standard error {worst.sigma:.2g}; the farthest of {len(estimates)}, {again} of them "
            f"tried a second time, {REPEAT_FACTOR} times as large"
        )
    return Check(
        name=name,
        observed=None if worst is None else round(abs(worst.z), 3),
        comparison="<=",
        limit=SIGMAS,
        unit="standard errors from theory",
        source=source,
        note=note,
    )
