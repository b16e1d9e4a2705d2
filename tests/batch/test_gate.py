"""The decision that CI acts on."""

from __future__ import annotations

from typing import Any

import pytest

from alyslab.batch.gate import Outcome, gate, sentence
from alyslab.checkers import Verdict
from tests.batch.lab import FAIL, PASS, UNSEEN


def outcome(*checks: Any, state: str = "finished", **more: Any) -> Outcome:
    values = {"id": "one__default__s7", "notebook": "one", "verdict": Verdict(tuple(checks))}
    return Outcome(state=state, **(values | more))


def test_a_run_whose_checks_pass_holds() -> None:
    """The gate must be able to open."""
    decision = gate([outcome(PASS)])

    assert (decision.exit_code, decision.passed_count, decision.verdict().status) == (0, 1, "pass")


def test_a_failed_check_breaks_the_gate() -> None:
    """What it saw and what was promised stand in the reason."""
    decision = gate([outcome(PASS, FAIL)])

    assert (decision.exit_code, decision.failed_count, decision.verdict().status) == (1, 1, "fail")
    assert decision.reasons[0].what == "observed 3 s, promised <= 2 s"


@pytest.mark.parametrize("state", ["failed", "timed_out", "died", "pending", "running"])
def test_a_notebook_without_a_good_end_breaks_the_gate_whatever_it_glued(state: str) -> None:
    """A verdict glued before a crash may be one of two that were due."""
    assert gate([outcome(PASS, state=state)]).reasons[0].kind == "notebook"


def test_a_missing_verdict_counts_as_failed() -> None:
    """Silence is no success."""
    decision = gate([outcome(verdict=None, problem="no verdict was glued")])

    assert (decision.exit_code, decision.reasons[0].what) == (1, "no verdict: no verdict was glued")


def test_a_verdict_without_checks_breaks_the_gate() -> None:
    """A notebook that checks nothing has shown nothing."""
    assert gate([outcome()]).exit_code == 1


def test_an_inconclusive_check_is_counted_apart() -> None:
    """What was not observed is neither success nor failure."""
    decision = gate([outcome(PASS, UNSEEN)])

    assert (decision.exit_code, decision.passed_count, decision.inconclusive_count) == (0, 1, 1)


@pytest.mark.parametrize("pattern", ["one:heads agree", "one:heads*", "*:*"])
def test_a_required_check_may_not_stay_inconclusive(pattern: str) -> None:
    """The profile says what must have been seen."""
    decision = gate([outcome(PASS, UNSEEN)], [pattern])

    assert [(reason.kind, reason.check) for reason in decision.reasons] == [("required", "heads agree")]


def test_a_required_check_that_does_not_exist_breaks_the_gate() -> None:
    """Otherwise renaming a check would silently end the requirement."""
    decision = gate([outcome(PASS)], ["one:no such check"])

    assert "no check matches the required 'one:no such check'" in decision.reasons[0].what


def test_a_requirement_of_a_notebook_that_was_not_asked_for_is_told_apart() -> None:
    """`--notebook one` must not fail for the absence of two, and must say so."""
    decision = gate([outcome(PASS)], ["two:*"])

    assert (decision.exit_code, decision.not_here) == (0, ("two:*",))


def test_one_cause_is_one_reason() -> None:
    """Two patterns may require the same check."""
    assert len(gate([outcome(UNSEEN)], ["one:*", "*:heads agree"]).reasons) == 1


def test_the_summary_must_end_well_too_but_is_not_counted_twice() -> None:
    """It repeats the others' checks; its absence is a failure of its own."""
    good = outcome(PASS, id="summary", notebook="summary")
    assert gate([outcome(PASS)], summary=good).passed_count == 1
    assert gate([outcome(PASS)], summary=good).exit_code == 0

    assert gate([outcome(PASS)], summary=outcome(PASS, id="summary", state="died")).exit_code == 1
    assert gate([outcome(PASS)], summary=outcome(FAIL, id="summary")).exit_code == 1


def test_the_gate_s_metrics_are_its_counts() -> None:
    """The summary's scrap carries them."""
    values = {row["metric"]: row["value"] for row in gate([outcome(PASS, FAIL, UNSEEN)]).metrics()}

    assert values == {
        "checks_passed_count": 1,
        "checks_failed_count": 1,
        "checks_inconclusive_count": 1,
        "notebooks_count": 1,
    }


def test_a_close_miss_shows_the_digits_that_decided() -> None:
    """The words "observed 2, promised <= 2" would look like a mistake of the gate."""
    assert sentence(1680.2016374999998, "<=", 2500.0, "ms") == "observed 1680.2 ms, promised <= 2500 ms"
    assert sentence(2.00000001, "<=", 2.0, "") == "observed 2.00000001, promised <= 2.0"
    assert sentence(True, "==", False, "") == "observed True, promised == False"
