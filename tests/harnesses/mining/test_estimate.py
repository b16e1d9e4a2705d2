"""Estimates: standard errors that are right, and a second trial that lets nothing wrong through."""

from __future__ import annotations

import math

import numpy as np
import pytest

from alyslab.harnesses.mining.estimate import (
    REPEAT_FACTOR,
    Estimate,
    check_estimates,
    decided,
    of_counts,
    of_ratios,
)


def estimate(z: float) -> Estimate:
    return Estimate(label="x", observed=0.5 + z * 0.01, expected=0.5, sigma=0.01, trials=10)


def test_the_binomial_error_is_what_counts_stray_by() -> None:
    """Over many trials of a fair game z must have a standard deviation of one."""
    random = np.random.default_rng(1)
    zs = [of_counts("coin", int(random.binomial(1_000, 0.3)), 1_000, 0.3).z for _ in range(2_000)]

    assert np.std(zs) == pytest.approx(1, abs=0.06)
    assert np.mean(zs) == pytest.approx(0, abs=0.08)


def test_the_ratios_error_is_what_ratios_stray_by() -> None:
    """The delta method must hold where whole and part vary together."""
    random = np.random.default_rng(2)

    def once() -> float:
        wholes = random.integers(500, 1_500, 64)
        parts = random.binomial(wholes, 0.4)
        return of_ratios("r", parts.tolist(), wholes.tolist(), 0.4).z

    assert np.std([once() for _ in range(2_000)]) == pytest.approx(1, abs=0.06)


def test_what_was_not_tried_is_inconclusive() -> None:
    """Nothing observed must never look like agreement."""
    nothing = of_counts("x", 0, 0, 0.3)

    assert math.isnan(nothing.z)
    assert check_estimates("name", [estimate(0.1), nothing], "").passed is None
    assert check_estimates("name", [], "").passed is None
    assert math.isnan(of_ratios("x", [1], [2], 0.5).z)


@pytest.mark.parametrize(("z", "passed"), [(2.99, True), (-2.99, True), (3.01, False), (-8.0, False)])
def test_the_farthest_estimate_decides(z: float, passed: bool) -> None:
    """Many good ones must not outvote one that is wrong."""
    assert check_estimates("name", [estimate(0.1), estimate(z), estimate(0.2)], "").passed is passed


def test_a_stray_estimate_gets_one_larger_trial_and_no_more() -> None:
    """The second trial decides by the same limit, whatever it says."""
    asked = []

    def wrong(attempt: int, factor: int) -> Estimate:
        asked.append((attempt, factor))
        return estimate(4.0 * math.sqrt(factor))

    decision = decided(wrong)

    assert asked == [(0, 1), (1, REPEAT_FACTOR)]
    assert decision.repeated
    assert decision.z == pytest.approx(8.0)
    assert decided(lambda attempt, _: estimate(3.5 if attempt == 0 else 0.2)).z == pytest.approx(0.2)
    assert not decided(lambda *_: estimate(2.0)).repeated
