"""A row carries what every report can carry, and nothing else."""

from __future__ import annotations

import json

import numpy as np
import pytest

from alyslab.errors import LabError
from alyslab.metrics import MetricError, MetricRow


@pytest.mark.parametrize(
    ("given", "kind", "value"),
    [
        (3, int, 3),
        (2.5, float, 2.5),
        (np.int64(7), int, 7),
        (np.float64(0.5), float, 0.5),
        (np.float32(0.5), float, 0.5),
        (2**70, int, 2**70),
    ],
)
def test_numbers_become_plain_ones(given: float, kind: type, value: float) -> None:
    """The scrap encoder raises on numpy's integers."""
    row = MetricRow(metric="blocks", value=given)
    assert type(row.value) is kind
    assert row.value == value


@pytest.mark.parametrize("given", [None, float("nan"), np.float64("nan")])
def test_what_was_not_observed_is_none(given: float | None) -> None:
    """A NaN would come back from a notebook as the string 'nan'."""
    assert MetricRow(metric="blocks", value=given).value is None


@pytest.mark.parametrize("given", [float("inf"), -np.inf, True, np.bool_(True), "3", 1j, b"1"])
def test_what_no_report_can_carry_is_refused(given: object) -> None:
    """A flag is no number, and JSON has no infinity."""
    with pytest.raises(MetricError, match="metric blocks"):
        MetricRow(metric="blocks", value=given)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "a b", "9lives", "naïve", "a-b", 'a"', "a\n", "a:b"])
def test_a_name_that_prometheus_would_refuse_is_refused(name: str) -> None:
    """One bad name would make a server refuse the whole page."""
    with pytest.raises(MetricError, match="letters, digits and underscores"):
        MetricRow(metric=name, value=1)
    with pytest.raises(MetricError, match="letters, digits and underscores"):
        MetricRow(metric="blocks", value=1, labels={name: "x"})


@pytest.mark.parametrize("value", [None, 1.5, True, ["x"]])
def test_a_label_that_is_neither_text_nor_a_whole_number_is_refused(value: object) -> None:
    """Labels are identities; a float is none."""
    with pytest.raises(MetricError, match="label node"):
        MetricRow(metric="blocks", value=1, labels={"node": value})  # type: ignore[dict-item]


def test_labels_are_sorted_text_that_nobody_can_change() -> None:
    """Two rows of one identity must look the same wherever they were made."""
    row = MetricRow(metric="blocks", value=1, labels={"z": "1", "a": 2})  # type: ignore[dict-item]
    assert list(row.labels.items()) == [("a", "2"), ("z", "1")]
    with pytest.raises(TypeError):
        row.labels["a"] = "3"  # type: ignore[index]


def test_a_row_as_a_dictionary_is_json() -> None:
    """It is glued into notebooks as it is."""
    row = MetricRow(metric="latency_ms", value=np.float64(1.5), unit="ms", labels={"node": "peer-3"})
    assert json.loads(json.dumps(row.as_dict(), allow_nan=False)) == {
        "metric": "latency_ms",
        "value": 1.5,
        "unit": "ms",
        "labels": {"node": "peer-3"},
    }


def test_the_family_is_the_name_without_its_statistic() -> None:
    """Exports group by it, so the two must fit."""
    row = MetricRow(metric="latency_ms_p99", value=1, kind="histogram", statistic="p99")
    assert row.family == "latency_ms"
    with pytest.raises(MetricError, match="does not end in its statistic"):
        MetricRow(metric="latency_ms", value=1, kind="histogram", statistic="p99")


def test_a_bad_metric_is_the_laboratory_s_fault() -> None:
    """Exit code 3: the user's input has no metrics in it."""
    assert issubclass(MetricError, LabError)
