"""One catalogue of planted bugs: what must be in it is, and everything in it is hunted by something."""

from __future__ import annotations

import pytest

from alyslab.chaos.cases import all_cases
from alyslab.chaos.catalogue import ASKED_FOR, HUNTERS, cases_for, planted_bugs

PLANTED = {entry.name for entry in planted_bugs()}


@pytest.mark.parametrize("bug", ASKED_FOR)
def test_every_bug_that_was_asked_for_is_planted(bug: str) -> None:
    """Twelve were named before the first was written.  Source: issue 7."""
    assert ASKED_FOR[bug]
    assert set(ASKED_FOR[bug]) <= PLANTED


def test_at_least_twelve_are_planted_here_and_in_consensus() -> None:
    """The parts that chaos itself breaks."""
    assert len(ASKED_FOR) >= 12
    assert sum(name.startswith(("quorum.", "consensus.")) for name in PLANTED) >= 12


@pytest.mark.parametrize("defect", sorted(PLANTED))
def test_every_planted_bug_is_hunted_by_cases_that_exist(defect: str) -> None:
    """A bug that no case runs can't be found, whatever the seeds."""
    assert cases_for(defect)
    assert set(cases_for(defect)) <= set(all_cases())


def test_the_table_of_hunters_names_parts_that_have_bugs() -> None:
    """A row for a part that is gone would hide that its successor is hunted by everything."""
    assert set(HUNTERS) <= {name.partition(".")[0] for name in PLANTED}


def test_a_bug_without_a_part_of_its_own_is_hunted_by_nothing() -> None:
    """And says so, rather than being run against all there is."""
    assert cases_for("nobody.knows") == ()
