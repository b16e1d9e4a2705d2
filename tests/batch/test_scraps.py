"""A scrap is what a notebook says; only its own values decide."""

from __future__ import annotations

from typing import Any

import pytest

from alyslab.batch.scraps import read_metrics, read_provenance, read_verdict
from alyslab.checkers import Verdict
from tests.batch.lab import FAIL, METRIC, PASS, RUN, UNSEEN


def test_a_verdict_reads_back_with_its_evidence() -> None:
    """The report shows evidence that it did not make."""
    verdict = Verdict((PASS, FAIL, UNSEEN))

    assert read_verdict(verdict.as_dict()) == verdict


def changed(**update: Any) -> dict[str, Any]:
    data = Verdict((FAIL,)).as_dict()
    data["checks"][0] |= update
    return data


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {"status": "pass"},
        {"status": "pass", "checks": []},
        {"status": "pass", "checks": [1]},
        Verdict((FAIL,)).as_dict() | {"status": "pass"},
        changed(passed=True),
        changed(passed=None),
        changed(comparison="~"),
        changed(limit=None),
        changed(limit="two"),
        changed(observed=[1]),
        changed(name=3),
        changed(evidence=[1]),
        {"status": "fail", "checks": [{"name": "x"}]},
    ],
)
def test_a_verdict_that_is_damaged_or_claims_more_than_it_saw_is_refused(data: object) -> None:
    """A hand-written 'pass' must not open the gate."""
    with pytest.raises(ValueError, match=r"verdict|check"):
        read_verdict(data)


@pytest.mark.parametrize(
    "data",
    [
        {},
        [1],
        [{}],
        [METRIC | {"value": "nan"}],
        [METRIC | {"value": True}],
        [METRIC | {"labels": 1}],
        [METRIC | {"x": 1}],
    ],
)
def test_metrics_that_are_not_tidy_are_refused(data: object) -> None:
    """'nan' as text is what scrapbook makes of NaN."""
    with pytest.raises(ValueError, match="metrics"):
        read_metrics(data)


def test_a_metric_that_was_not_observed_is_none() -> None:
    """That nothing was seen is a fact worth keeping."""
    assert read_metrics([METRIC | {"value": None}])[0]["value"] is None


@pytest.mark.parametrize("data", [[], {"runs": {}}, {"runs": [1]}, {"runs": [{"digest": "d"}]}])
def test_provenance_without_tokens_is_refused(data: object) -> None:
    """A run that can't be replayed is not provenance."""
    with pytest.raises(ValueError, match="provenance"):
        read_provenance(data)
    assert read_provenance({"runs": [RUN]})["runs"] == [RUN]
