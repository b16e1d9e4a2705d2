"""Quantiles are those of the sample, checked against numpy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alyslab.metrics.quantile import quantile

values = st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=60)
shares = st.floats(0, 1)


@given(values, shares)
def test_it_agrees_with_numpy(sample: list[float], share_ratio: float) -> None:
    """numpy's default estimator is the one that readers of a p99 expect."""
    expected = float(np.quantile(sample, share_ratio))
    assert quantile(sorted(sample), share_ratio) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1), shares, shares)
def test_it_is_monotone_and_within_the_sample(sample: list[float], one: float, other: float) -> None:
    """A p99 below the p50 would be worse than none, also for values whose difference overflows."""
    ordered = sorted(sample)
    low, high = quantile(ordered, min(one, other)), quantile(ordered, max(one, other))
    assert low is not None
    assert high is not None
    assert ordered[0] <= low <= high <= ordered[-1] or low == pytest.approx(high, rel=1e-12)


def test_the_ends_are_the_extremes() -> None:
    """Exports give least and greatest value as the quantiles 0 and 1."""
    assert (quantile([1.0, 2.0, 9.0], 0.0), quantile([1.0, 2.0, 9.0], 1.0)) == (1.0, 9.0)


def test_no_values_have_no_quantile() -> None:
    """Nothing observed is reported as such, never as 0."""
    assert quantile([], 0.5) is None


@pytest.mark.parametrize("share_ratio", [-0.01, 1.01, 99, float("nan")])
def test_a_share_outside_0_to_1_is_refused(share_ratio: float) -> None:
    """99 for 0.99 is the usual slip."""
    with pytest.raises(ValueError, match="outside"):
        quantile([1.0], share_ratio)
