"""One instrument per name and labels, and tidy rows of all of them."""

from __future__ import annotations

import math

import pytest

from alyslab.metrics import MetricError, MetricsCollector


def test_the_same_name_and_labels_are_the_same_instrument() -> None:
    """Whoever counts one thing in two places means one count, in whatever order the labels are given."""
    collector = MetricsCollector()
    collector.counter("blocks", node="peer-1", region="eu").add()
    collector.counter("blocks", region="eu", node="peer-1").add()
    assert [row.value for row in collector.rows()] == [2]


def test_other_labels_are_another_instrument() -> None:
    """A whole number as label is the same as its text."""
    collector = MetricsCollector()
    collector.counter("blocks", node=1).add()
    collector.counter("blocks", node="1").add()
    collector.counter("blocks", node=2).add()
    assert [(row.labels["node"], row.value) for row in collector.rows()] == [("1", 2), ("2", 1)]


def test_labels_may_be_called_name_like_the_argument() -> None:
    """The metric's own name is positional, so that a label can have the word."""
    (row,) = (collector := MetricsCollector()).counter("defects", name="x").rows()
    assert row.labels == {"name": "x"}
    assert collector.rows() == [row]


@pytest.mark.parametrize("second", ["gauge", "histogram"])
def test_a_name_stands_for_one_kind(second: str) -> None:
    """Also under other labels: an export has one TYPE per name."""
    collector = MetricsCollector()
    collector.counter("blocks", node="a")
    with pytest.raises(MetricError, match=f"blocks is a counter in '' already.*{second}"):
        getattr(collector, second)("blocks", node="b")


def test_a_name_stands_for_one_unit() -> None:
    """Milliseconds and seconds under one name can't be compared."""
    collector = MetricsCollector()
    collector.gauge("delay", "ms")
    with pytest.raises(MetricError, match=r"'ms' already.*'s'"):
        collector.gauge("delay", "s")


def test_a_histogram_may_not_have_the_label_quantile() -> None:
    """Its export gives each quantile that label."""
    with pytest.raises(MetricError, match="quantile"):
        MetricsCollector().histogram("latency_ms", "ms", quantile="x")


@pytest.mark.parametrize("name", ["", "latency ms", "9"])
def test_a_bad_name_is_refused_when_it_is_first_used(name: str) -> None:
    """Not an hour later, when the report is written."""
    with pytest.raises(MetricError, match="letters, digits and underscores"):
        MetricsCollector().counter(name)


def test_rows_come_in_the_order_of_first_use() -> None:
    """Reports of two runs of one program are then alike line by line."""
    collector = MetricsCollector()
    collector.gauge("z").set(1)
    collector.counter("a").add()
    collector.gauge("z").set(2)
    assert [row.metric for row in collector.rows()] == ["z", "a"]


def test_the_frame_is_tidy_and_numeric() -> None:
    """A column of mixed objects can't be aggregated."""
    collector = MetricsCollector()
    collector.counter("blocks", node="b", area="a").add(2)
    collector.gauge("height")
    frame = collector.frame()
    assert list(frame.columns) == ["metric", "value", "unit", "labels"]
    assert frame["value"].dtype == "float64"
    assert list(frame["labels"]) == ["area=a, node=b", ""]
    assert math.isnan(frame["value"].iloc[1])


def test_an_empty_collector_has_an_empty_frame_with_the_same_columns() -> None:
    """What reads the frame should not need a special case."""
    frame = MetricsCollector().frame()
    assert list(frame.columns) == ["metric", "value", "unit", "labels"]
    assert frame.empty
