"""What the notebook shows: families of faults over systems, intervals, and the spans of a plan."""

from __future__ import annotations

import pytest

from alyslab.chaos.incidents import Incident
from alyslab.chaos.search import Search
from alyslab.chaos.studies import by_family, checks, incident_rows, plan_of_family, spans, with_intervals

from .plans import entry, outcome


@pytest.fixture(scope="module")
def runs():
    return by_family(("quorum",), (3,), families=("process", "clock"))[0]


def test_every_family_gets_a_run_of_its_own(runs) -> None:
    """A figure by family compares nothing where families are mixed."""
    assert list(runs["family"]) == ["process", "clock"]
    assert runs["score"].notna().all()


def test_a_plan_of_a_family_has_no_other_fault() -> None:
    """And a system that knows none of a family gets no plan."""
    plan = plan_of_family("quorum", "clock", 5)

    assert plan is not None
    assert {one.fault.partition(".")[0] for one in plan.entries} <= {"clock"}
    assert plan_of_family("actors", "clock", 5) is None


def test_intervals_contain_their_means(runs) -> None:
    """The figure draws them so."""
    for row in with_intervals(runs, seed=1).itertuples():
        assert row.score_low <= row.score_mean <= row.score_high


def test_spans_are_what_the_journal_has() -> None:
    """The timeline shows what was done, not what was asked."""
    journal = outcome(entry("process.pause", "one", start_s=1.0, end_s=2.0)).run.journal
    (span,) = spans(journal)

    assert (span["family"], span["begin_s"], span["end_s"]) == ("process", 7.0, 8.0)
    assert len(span["targets"]) == 1


def test_a_search_that_found_nothing_fails_its_check(runs) -> None:
    """The verdict must be able to fail."""
    found = {check.name: check.passed for check in checks(runs, Search(), None)}

    assert found["the planted bug is found"] is None
    assert found["its plan shrinks to the cause"] is None
    assert found["no promise is broken where no bug is planted"] is True


def test_a_row_of_an_incident_says_why_there_is_no_time_to_recover() -> None:
    """An empty field would read as a member that never came back."""

    def row(affected: str, shared: str, recover_s: float | None, recovered: bool = True) -> float | str:
        names = {"affected": tuple(affected), "shared": tuple(shared)}
        one = Incident(
            **names,
            entry="e1",
            fault="process.pause",
            targets=("a",),
            start_s=1.0,
            detect_s=None,
            recover_s=recover_s,
            recovered=recovered,
        )
        return incident_rows([one])[0][-1]

    assert row("a", "", 4.04) == 4.0
    assert row("a", "a", None) == "counted with another"
    assert row("", "", None) == "nobody stopped"
    assert row("ab", "b", None, recovered=False) == "never"
