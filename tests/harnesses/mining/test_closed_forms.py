"""The formulas against the values that their authors print."""

from __future__ import annotations

import pytest

from alyslab.errors import ParameterError
from alyslab.harnesses.mining.closed_forms import (
    confirmations_for,
    fork_ratio,
    nakamoto_ratio,
    rosenfeld_ratio,
    selfish_revenue_ratio,
    selfish_threshold,
)


@pytest.mark.parametrize(
    ("share", "gamma", "ratio"),
    [(0.4, 0, 0.48372), (0.45, 0, 0.65177), (0.25, 0.5, 0.25), (0.4, 0.5, 0.52558)],
)
def test_selfish_revenue_is_the_published_one(share: float, gamma: float, ratio: float) -> None:
    """A Monte Carlo study held against a mistyped formula would prove nothing."""
    assert selfish_revenue_ratio(share, gamma) == pytest.approx(ratio, abs=5e-6)


@pytest.mark.parametrize(("gamma", "threshold"), [(0, 1 / 3), (0.5, 0.25), (1, 0)])
def test_selfish_mining_pays_from_its_threshold_on(gamma: float, threshold: float) -> None:
    """The two formulas are derived apart, so they check each other."""
    assert selfish_threshold(gamma) == pytest.approx(threshold)
    if threshold:
        assert selfish_revenue_ratio(threshold, gamma) == pytest.approx(threshold)


@pytest.mark.parametrize(
    ("share", "confirmations", "ratio"),
    [
        (0.1, 1, 0.2045873),
        (0.1, 2, 0.0509779),
        (0.1, 3, 0.0131722),
        (0.1, 6, 0.0002428),
        (0.3, 5, 0.1773523),
        (0.3, 10, 0.0416605),
    ],
)
def test_nakamotos_probability_is_his_table(share: float, confirmations: int, ratio: float) -> None:
    """Every digit that the paper prints."""
    assert round(nakamoto_ratio(share, confirmations), 7) == ratio


@pytest.mark.parametrize(
    ("share", "confirmations", "ratio"), [(0.1, 6, 0.0005914), (0.3, 6, 0.1564), (0.3, 10, 0.0651)]
)
def test_rosenfelds_probability_is_his_table(share: float, confirmations: int, ratio: float) -> None:
    """The exact one, which is higher than Nakamoto's."""
    assert rosenfeld_ratio(share, confirmations) == pytest.approx(ratio, abs=5e-5)
    assert rosenfeld_ratio(share, confirmations) > nakamoto_ratio(share, confirmations)


def test_confirmations_are_those_of_the_paper() -> None:
    """Nakamoto's second table: risk below 0.1 %."""
    shares = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45)
    assert [confirmations_for(share, 0.001) for share in shares] == [5, 8, 11, 15, 24, 41, 89, 340]


def test_bitcoin_forked_as_decker_and_wattenhofer_predicted() -> None:
    """Their 1.78 %, beside 1.69 % that they saw."""
    assert fork_ratio(633.68, 11.37) == pytest.approx(0.0178, abs=5e-5)


@pytest.mark.parametrize(
    "call",
    [
        lambda: selfish_revenue_ratio(0.5, 0),
        lambda: selfish_revenue_ratio(float("nan"), 0),
        lambda: nakamoto_ratio(0.1, -1),
        lambda: rosenfeld_ratio(-0.1, 3),
        lambda: fork_ratio(1.0, 3),
        lambda: selfish_threshold(2),
    ],
)
def test_impossible_parameters_are_refused(call) -> None:
    """A formula outside its range returns a number that means nothing."""
    with pytest.raises(ParameterError):
        call()
