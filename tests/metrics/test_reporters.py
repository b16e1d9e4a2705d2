"""Exports say what was observed, in exactly the format that their readers expect."""

from __future__ import annotations

import json

import pytest

from alyslab.metrics import MetricError, MetricRow, MetricsCollector, to_json, to_prometheus, to_scrap

EVERYTHING = """\
# HELP blocks_received Blocks that a node handled.
# TYPE blocks_received counter
blocks_received{node="peer-1"} 3
blocks_received{node="peer-2"} 0
# HELP mailbox_size
# TYPE mailbox_size gauge
mailbox_size -1.5
# HELP latency_ms Time on the way. [ms]
# TYPE latency_ms summary
latency_ms_count{node="peer-1"} 5
latency_ms_sum{node="peer-1"} 15.0
latency_ms{node="peer-1",quantile="0"} 1.0
latency_ms{node="peer-1",quantile="0.5"} 3.0
latency_ms{node="peer-1",quantile="0.9"} 4.6
latency_ms{node="peer-1",quantile="0.95"} 4.8
latency_ms{node="peer-1",quantile="0.99"} 4.96
latency_ms{node="peer-1",quantile="1"} 5.0
"""


def test_prometheus_text_has_every_kind_as_the_format_wants_it() -> None:
    """Families together, in the order of first use though their rows are not; a histogram is a summary."""
    collector = MetricsCollector()
    collector.counter("blocks_received", meaning="Blocks that a node handled.", node="peer-1").add(3)
    collector.gauge("mailbox_size").set(-1.5)
    histogram = collector.histogram("latency_ms", "ms", meaning="Time on the way.", node="peer-1")
    for value in (5, 1, 4, 2, 3):
        histogram.observe(value)
    collector.counter("blocks_received", node="peer-2")
    assert to_prometheus(collector.rows()) == EVERYTHING


def test_prometheus_text_escapes_what_the_format_gives_a_meaning() -> None:
    """A label with a quote would end the label, a line end in a help text the line."""
    row = MetricRow(
        metric="blocks", value=1, labels={"path": 'C:\\x "y"\nz'}, meaning='A "\\"\nand more', unit="ms"
    )
    assert to_prometheus([row]) == (
        '# HELP blocks A "\\\\"\\nand more [ms]\n# TYPE blocks gauge\nblocks{path="C:\\\\x \\"y\\"\\nz"} 1\n'
    )


def test_prometheus_text_leaves_out_what_was_not_observed() -> None:
    """A sample would have to be a number; the family is still declared."""
    collector = MetricsCollector()
    collector.gauge("height")
    collector.histogram("latency_ms", "ms")
    assert to_prometheus(collector.rows()) == (
        "# HELP height\n# TYPE height gauge\n"
        "# HELP latency_ms [ms]\n# TYPE latency_ms summary\nlatency_ms_count 0\nlatency_ms_sum 0.0\n"
    )


@pytest.mark.parametrize(
    ("value", "text"), [(1e300, "1e+300"), (2**63 + 1, "9223372036854775809"), (0.1, "0.1")]
)
def test_prometheus_numbers_lose_nothing(value: float, text: str) -> None:
    """Rounding would make a report disagree with the notebook."""
    assert to_prometheus([MetricRow(metric="x", value=value)]).splitlines()[-1] == f"x {text}"


@pytest.mark.parametrize(
    "second",
    [
        MetricRow(metric="x", value=2, labels={"a": "b"}),
        MetricRow(metric="x", value=2, kind="counter"),
    ],
)
def test_prometheus_refuses_two_rows_for_one_sample_or_two_kinds(second: MetricRow) -> None:
    """A server refuses the whole page, and does not say it to whoever wrote it."""
    with pytest.raises(MetricError, match=r"twice|several kinds"):
        to_prometheus([MetricRow(metric="x", value=1, labels={"a": "b"}), second])


def test_prometheus_refuses_a_name_that_a_histogram_needs() -> None:
    """latency_ms_count is a sample of the summary latency_ms."""
    collector = MetricsCollector()
    collector.histogram("latency_ms", "ms")
    collector.gauge("latency_ms_count").set(3)
    with pytest.raises(MetricError, match="latency_ms_count is there twice"):
        to_prometheus(collector.rows())


def test_nothing_measured_is_an_empty_page() -> None:
    """Not a page with a line end in it."""
    assert to_prometheus([]) == ""


def test_json_and_scrap_agree_and_name_what_was_not_observed() -> None:
    """null, not NaN: other languages can't read that."""
    rows = [
        MetricRow(metric="height", value=None),
        MetricRow(metric="latency_ms", value=1.5, unit="ms", labels={"node": "é"}),
    ]
    scrap = to_scrap(rows)
    assert scrap == [
        {"metric": "height", "value": None, "unit": "", "labels": {}},
        {"metric": "latency_ms", "value": 1.5, "unit": "ms", "labels": {"node": "é"}},
    ]
    assert json.loads(to_json(rows)) == {"metrics": scrap}
    assert "é" in to_json(rows)


def test_a_scrap_survives_the_gateway_s_check() -> None:
    """The gateway takes exactly these four fields and plain numbers."""
    from alyslab.batch.scraps import read_metrics

    collector = MetricsCollector()
    collector.histogram("latency_ms", "ms").observe(3)
    collector.gauge("height")
    scrap = to_scrap(collector.rows())
    assert list(read_metrics(json.loads(json.dumps(scrap)))) == scrap
