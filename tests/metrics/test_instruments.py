"""What instruments accept, keep and report."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alyslab.metrics import Histogram, MetricError, MetricsCollector
from alyslab.metrics.row import MetricRow

NO_OBSERVATION = [None, float("nan"), float("inf"), "1", True]


def _by_statistic(histogram: Histogram) -> dict[str, MetricRow]:
    return {row.statistic: row for row in histogram.rows()}


def test_a_counter_adds_up_and_keeps_whole_numbers_whole() -> None:
    """10**17 + 1 as a float would be 10**17."""
    counter = MetricsCollector().counter("bytes_sent", "bytes")
    counter.add(10**17)
    counter.add()
    (row,) = counter.rows()
    assert row.value == 10**17 + 1


def test_a_counter_that_nothing_was_added_to_is_zero() -> None:
    """It was watched, and nothing happened: that is an observation."""
    (row,) = MetricsCollector().counter("restarts").rows()
    assert row.value == 0


def test_a_counter_never_goes_down() -> None:
    """A smaller count is a bug of whoever counts."""
    counter = MetricsCollector().counter("restarts")
    counter.add(3)
    with pytest.raises(MetricError, match="can't go down by 1"):
        counter.add(-1)
    assert counter.value == 3


@pytest.mark.parametrize("amounts", [(1e308, 1e308), (10**400, 0.5)])
def test_a_counter_that_overflows_says_so(amounts: tuple[float, float]) -> None:
    """Infinity would poison every report after it; the count before stays."""
    counter = MetricsCollector().counter("bytes_sent", "bytes")
    counter.add(amounts[0])
    with pytest.raises(MetricError, match="bytes_sent"):
        counter.add(amounts[1])
    assert counter.value == amounts[0]


@pytest.mark.parametrize("value", NO_OBSERVATION)
def test_counter_and_histogram_refuse_what_is_no_observation(value: Any) -> None:
    """There is no way to count or to sort it."""
    collector = MetricsCollector()
    counter, histogram = collector.counter("blocks"), collector.histogram("latency_ms", "ms")
    with pytest.raises(MetricError, match="metric blocks"):
        counter.add(value)
    with pytest.raises(MetricError, match="metric latency_ms"):
        histogram.observe(value)
    assert (counter.value, histogram.count) == (0, 0)


def test_a_histogram_refuses_a_whole_number_that_no_float_holds() -> None:
    """It would otherwise end the experiment with an OverflowError that names nothing."""
    histogram = MetricsCollector().histogram("bytes_sent", "bytes")
    with pytest.raises(MetricError, match="bytes_sent"):
        histogram.observe(10**400)


@pytest.mark.parametrize("unobserved", [None, float("nan")])
def test_a_gauge_keeps_the_last_value_or_that_there_is_none(unobserved: float | None) -> None:
    """A value that can't be read any more must not be reported as it was."""
    gauge = MetricsCollector().gauge("mailbox_size")
    assert [row.value for row in gauge.rows()] == [None]
    gauge.set(5)
    gauge.set(-3)
    assert [row.value for row in gauge.rows()] == [-3]
    gauge.set(unobserved)
    assert [row.value for row in gauge.rows()] == [None]


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=200))
def test_a_histogram_reports_the_sample_s_own_statistics(sample: list[float]) -> None:
    """The framework that this one replaces reported the least value as p50 and the greatest as p95."""
    histogram = MetricsCollector().histogram("latency_ms", "ms")
    for value in sample:
        histogram.observe(value)
    rows = _by_statistic(histogram)
    assert rows["count"].value == len(sample)
    assert (rows["min"].value, rows["max"].value) == (min(sample), max(sample))
    near = {"rel": 1e-9, "abs": 1e-6}
    assert rows["sum"].value == pytest.approx(float(np.sum(sample)), **near)
    assert rows["mean"].value == pytest.approx(float(np.mean(sample)), **near)
    for statistic, share_ratio in (("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99)):
        assert rows[statistic].value == pytest.approx(float(np.quantile(sample, share_ratio)), **near)


def test_quantiles_follow_values_observed_after_they_were_asked_for() -> None:
    """The sorted values are kept between calls; they must not be kept too long."""
    histogram = MetricsCollector().histogram("latency_ms", "ms")
    histogram.observe(1)
    assert histogram.quantile(1.0) == 1
    histogram.observe(9)
    histogram.observe(5)
    assert (histogram.quantile(0.5), histogram.quantile(1.0)) == (5, 9)


def test_an_empty_histogram_counts_nothing_and_observed_nothing() -> None:
    """A p99 of 0 ms would look like a very good one."""
    rows = _by_statistic(MetricsCollector().histogram("latency_ms", "ms"))
    assert (rows["count"].value, rows["sum"].value) == (0, 0)
    assert {rows[name].value for name in ("mean", "min", "p50", "p90", "p95", "p99", "max")} == {None}


def test_a_sum_too_large_for_a_float_is_not_made_up() -> None:
    """The quantiles are still known."""
    histogram = MetricsCollector().histogram("weight")
    histogram.observe(1.7e308)
    histogram.observe(1.7e308)
    rows = _by_statistic(histogram)
    assert (rows["sum"].value, rows["mean"].value, rows["p50"].value) == (None, None, 1.7e308)


def test_histogram_rows_are_named_for_their_statistic_and_bear_its_unit() -> None:
    """latency_ms_p99 is in ms; a count of latencies is not."""
    rows = _by_statistic(MetricsCollector().histogram("latency_ms", "ms", node="peer-1"))
    assert (rows["p99"].metric, rows["p99"].unit) == ("latency_ms_p99", "ms")
    assert (rows["count"].metric, rows["count"].unit) == ("latency_ms_count", "")
    assert all(row.labels == {"node": "peer-1"} for row in rows.values())
