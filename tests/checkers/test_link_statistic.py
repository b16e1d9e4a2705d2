from __future__ import annotations

import math
from random import Random

import pytest

from alyslab.checkers.link_statistic import SIGMAS, LinkStatistic


def statistic(observed: float, expected: float, deviation: float, kind: str = "mean") -> LinkStatistic:
    return LinkStatistic("a → b", "statistic", observed, expected, deviation, "", "formula", kind)  # type: ignore[arg-type]


def test_a_mean_is_off_by_its_standard_deviations():
    """And has an interval around it; where it can't vary, every difference is too much."""
    assert statistic(0.08, 0.1, 0.01).score == pytest.approx(-2)
    assert statistic(0.12, 0.1, 0.01).interval() == pytest.approx((0.1004, 0.1396))
    assert statistic(2.0, 2.0, 0.0).sigmas == 0
    assert statistic(2.1, 2.0, 0.0, "share").sigmas == math.inf


def test_scores_of_shares_and_runs_near_their_closed_form_are_plain_standard_deviations():
    """The likelihood corrects tails; in the middle both have to agree."""
    n, share, r = 100_000, 0.3, 0.2
    deviation = math.sqrt(share * (1 - share) / n)
    assert statistic(share - 2 * deviation, share, deviation, "share").score == pytest.approx(-2, rel=0.01)
    deviation = math.sqrt((1 - r) / n) / r
    assert statistic(1 / r + 2 * deviation, 1 / r, deviation, "run").score == pytest.approx(2, rel=0.01)


def test_the_ends_of_the_scale_have_a_score():
    """Nothing lost, everything lost, every run of one message: none of them may end in a logarithm of 0."""
    deviation = math.sqrt(0.1 * 0.9 / 100)
    assert statistic(0.0, 0.1, deviation, "share").score == pytest.approx(-math.sqrt(-200 * math.log(0.9)))
    assert statistic(1.0, 0.1, deviation, "share").score == pytest.approx(math.sqrt(200 * math.log(10)))
    assert statistic(1.0, 5.0, 1.0, "run").score < -SIGMAS


@pytest.mark.parametrize("runs", [1, 5])
def test_a_few_long_bursts_of_an_honest_link_raise_no_alarm(runs):
    """In plain standard deviations they do, once in 260 samples of one burst; that was a false alarm here."""
    random, r = Random(1), 0.2
    deviation = math.sqrt((1 - r) / runs) / r
    plain = scored = 0
    for _ in range(20_000):
        lengths = [1 + int(math.log(1 - random.random()) / math.log(1 - r)) for _ in range(runs)]
        found = statistic(sum(lengths) / runs, 1 / r, deviation, "run")
        plain += abs(found.observed - found.expected) / deviation > SIGMAS
        scored += found.sigmas > SIGMAS
    assert plain > 5
    assert scored <= 1
