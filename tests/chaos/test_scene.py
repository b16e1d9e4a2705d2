"""A scene is what surrounds the row that broke a promise, or the last healing."""

from __future__ import annotations

import pytest

from alyslab.chaos.conduct import CONVERGES, judge
from alyslab.chaos.scene import CROWD, scene
from alyslab.checkers.verdict import Check, Verdict
from alyslab.runtime import Journal

from .plans import NODES, entry, outcome


def test_around_a_liveness_violation_the_last_healing_is_shown() -> None:
    """No single row breaks convergence; what follows the healing shows who never came back."""
    pause = entry("process.pause", "all", start_s=0.5, end_s=5.0)
    run = outcome(pause, planted=("quorum.timer_lost_on_pause",)).run
    seen = scene(run.journal, judge(run.journal), CONVERGES)
    (healed,) = run.journal.select(kind="chaos.healed")

    assert (seen.at_s, seen.what) == (healed.time_ns / 1e9, "the last fault is healed")
    assert len(seen.members) == NODES
    assert {member for member, *_ in seen.hits} == set(seen.members)
    assert 0 < len(seen.arrows) <= CROWD
    assert all(seen.begin_s <= arrow.sent_s <= arrow.ended_s <= seen.end_s for arrow in seen.arrows)


def test_around_a_safety_violation_the_row_that_broke_it_is_shown() -> None:
    """The evidence says when."""
    run = outcome(entry("network.partition", start_s=1.0, end_s=3.0)).run
    row = next(run.journal.select(kind="net.drop")).as_dict()
    check = Check(
        name="nothing is lost", observed=1, comparison="==", limit=0, source="this test", evidence=(row,)
    )
    seen = scene(run.journal, Verdict((check,)), "nothing is lost")

    assert (seen.at_s, seen.what) == (row["time_ns"] / 1e9, "the promise is broken")
    assert any(arrow.lost.startswith("e1/") for arrow in seen.arrows)


def test_a_journal_without_a_plan_has_no_scene() -> None:
    """There is nobody to draw."""

    class Clock:
        now_ns = 0

    with pytest.raises(ValueError, match="no plan was run"):
        scene(Journal(Clock()), Verdict(()), CONVERGES)
