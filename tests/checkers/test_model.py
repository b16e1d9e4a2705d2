"""The notebook's verdict passes on what is sound and fails on each thing that is not."""

from __future__ import annotations

from typing import Any

import pytest

from alyslab import simulate
from alyslab.checkers.model import judge, judge_studies
from alyslab.checkers.verdict import Verdict
from alyslab.model.study import FinalityRow, RuleRow
from alyslab.model.workload import validation
from alyslab.runtime import Run


@pytest.fixture(scope="module")
def run() -> Run:
    """A sound run of the workload."""
    return simulate(validation, seed=2)


def _judged(run: Run, **changes: Any) -> Verdict:
    def row(finalised: int, observed: str = "accepted") -> FinalityRow:
        return FinalityRow(height=9, finalised_height=finalised, with_pow=False, observed=observed)

    sound: dict[str, Any] = {
        "rules": [RuleRow(rule="r", claim="c", who="everybody", held=True)],
        "defects": {"d": "check"},
        "offered": [row(0), row(4), row(4, "pow_gap"), row(8)],
        "missing": {"wei": 0},
    }
    bad: dict[str, Any] = {
        "rules": [RuleRow(rule="r", claim="c", who="everybody", held=False)],
        "defects": {"d": ""},
        "offered": [row(4), row(0, "quorum")],
        "missing": {"wei": 1},
    }
    chosen = {name: bad[name] if how == "bad" else type(bad[name])() for name, how in changes.items()}
    return judge_studies(run.journal, **{**sound, **chosen})


def test_a_sound_run_with_sound_studies_passes(run: Run) -> None:
    """The base case."""
    assert judge(run.journal).status == "pass"
    assert _judged(run).status == "pass"


@pytest.mark.parametrize("name", ["rules", "defects", "offered", "missing"])
def test_each_bad_study_fails(run: Run, name: str) -> None:
    """None of them is decoration."""
    assert _judged(run, **{name: "bad"}).status == "fail"


@pytest.mark.parametrize("name", ["rules", "defects", "offered"])
def test_a_study_that_was_not_made_is_inconclusive(run: Run, name: str) -> None:
    """Not observed is not passed."""
    assert _judged(run, **{name: "none"}).status == "inconclusive"


def test_a_planted_defect_fails_the_journal() -> None:
    """Through the same function that the notebook calls."""
    assert judge(simulate(validation, seed=2, planted=("model.author_not_checked",)).journal).status == "fail"
