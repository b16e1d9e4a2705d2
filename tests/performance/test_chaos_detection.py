"""The rows of the benchmark about searches say what was found, of how many, and what was not run."""

from __future__ import annotations

import pytest

from alyslab.chaos.catalogue import planted_bugs
from alyslab.performance.chaos_detection import FIRST_SEED, detection_checks


def test_each_number_of_the_issue_has_a_row() -> None:
    """All found, most of them soon, nothing found where nothing is planted.  Source: issue 7."""
    found, soon, alarms = detection_checks(["validation.send_back", "validation.slow_links"], clean=2, jobs=1)

    assert [check.passed for check in (found, soon, alarms)] == [True, True, True]
    assert f"2 of {len(planted_bugs())} bugs hunted, seeds from {FIRST_SEED}" in found.note
    assert alarms.note.startswith("in 2 runs")


def test_a_bug_that_is_missed_fails_the_row_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """And without a clean run nothing is claimed of false alarms."""
    monkeypatch.setattr("alyslab.chaos.hunt.cases_for", lambda _: ("network:flood",))
    monkeypatch.setattr("alyslab.chaos.detection.hunt_all", _short)
    found, soon, alarms = detection_checks(["validation.send_back"], clean=0, jobs=1)

    assert (found.observed, found.passed, soon.passed) == (0.0, False, False)
    assert "missed: validation.send_back" in found.note
    assert (alarms.observed, alarms.passed) == (None, None)


def _short(defects: list[str], **options: object) -> object:
    from alyslab.chaos.hunt import hunt_all

    return hunt_all(defects, **{**options, "limit": 1})  # type: ignore[arg-type]
