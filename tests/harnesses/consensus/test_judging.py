"""What a trial is asked: what was drawn for it must be seen, and what was not drawn may be missing."""

from __future__ import annotations

import pytest

from alyslab.chaos.trial import attempt
from alyslab.checkers.drawn import drawn_subjects
from alyslab.harnesses.consensus.workloads import WORKLOADS
from alyslab.harnesses.consensus.workloads.expecting import drawn
from alyslab.harnesses.consensus.workloads.judging import SUBJECTS, judge, judge_all
from alyslab.runtime import Journal, simulate

ALARMS = [("live", 2_000_001), ("live", 1_000_401), ("live", 1_002_237), ("joining", 1_001_320)]
"""Clean runs that failed: silent peers kept a node from ending its first sync, and it left its turns."""
SHARE_INCONCLUSIVE_MOST = 0.25


async def drawing(subjects: list[str]) -> None:
    """Draw scenes, and show nothing of them."""
    for subject in subjects:
        drawn(subject)


def journal_of(*subjects: str) -> Journal:
    return simulate(drawing, seed=1, parameters={"subjects": list(subjects)}).journal


@pytest.mark.parametrize("check", sorted(SUBJECTS))
def test_a_scene_that_was_drawn_and_showed_nothing_is_inconclusive(check: str) -> None:
    """Else a scene that does nothing would pass for ever."""
    asked = {each.name: each.passed for each in judge(journal_of(SUBJECTS[check])).checks}

    assert asked[check] is None


@pytest.mark.parametrize("check", sorted(SUBJECTS))
def test_what_was_not_drawn_is_not_asked(check: str) -> None:
    """A verdict that is inconclusive for want of a scene can't gate."""
    asked = [each.name for each in judge(journal_of()).checks]

    assert check not in asked
    assert check in [each.name for each in judge_all(journal_of()).checks]


def test_a_trial_draws_what_checks_are_about() -> None:
    """The crash and the equivocation are in every trial; a word that asks nothing is refused."""
    journal = WORKLOADS["trial"].run(100).run.journal

    assert {"a crash", "an equivocation"} <= drawn_subjects(journal) <= frozenset(SUBJECTS.values())
    with pytest.raises(ValueError, match="a typo"):
        judge(journal_of("a typo"))


@pytest.mark.slow
def test_most_trials_come_to_a_verdict() -> None:
    """A drawn scene may find its nodes down and show nothing, but seldom."""
    statuses = [WORKLOADS["trial"].run(seed).verdict.status for seed in range(300, 340)]

    assert "fail" not in statuses
    assert statuses.count("inconclusive") <= SHARE_INCONCLUSIVE_MOST * len(statuses)


def test_a_federation_whose_peers_answer_late_is_no_alarm() -> None:
    """A node that asks for a status again and again must not wait longer each time."""
    case, seed = ALARMS[0]

    assert attempt(f"consensus:{case}", seed).status == "pass"


@pytest.mark.slow
@pytest.mark.parametrize(("case", "seed"), ALARMS[1:])
def test_alarms_of_clean_runs_are_mended(case: str, seed: int) -> None:
    """As searches run them: strategy and sites are drawn by the seed."""
    assert attempt(f"consensus:{case}", seed).checks == ()
