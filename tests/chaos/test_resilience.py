"""The score comes from what was observed: stronger faults lower it, a broken recovery ruins it."""

from __future__ import annotations

import math
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alyslab.chaos.resilience import interval, resilience, score_of
from alyslab.chaos.timeline import Timeline
from alyslab.runtime import Journal

from .plans import NODES, entry, outcome

GOOD: dict[str, Any] = {
    "availability_ratio": 1.0,
    "throughput_kept_ratio": 1.0,
    "convergence_s": 0.0,
    "bound_s": 10.0,
    "violations": 0,
    "unrecovered": 0,
}
ratios = st.floats(0, 1)


def score(*entries: Any, seed: int = 5, **fields: Any) -> float:
    found = resilience(outcome(*entries, seed=seed, **fields).run.journal).score
    assert found is not None
    return found


def test_a_perfect_run_scores_one() -> None:
    """The top of the scale means what it says."""
    assert score_of(**GOOD) == 1.0


@pytest.mark.parametrize(
    "broken", [{"violations": 1}, {"unrecovered": 1}, {"convergence_s": None}, {"convergence_s": 10.1}]
)
def test_a_broken_promise_or_a_broken_recovery_ruins_the_score(broken: dict[str, Any]) -> None:
    """The scores of the framework that this one replaces lay between 0.90 and 1.00 whatever happened."""
    assert score_of(**{**GOOD, **broken}) == 0.0


@pytest.mark.parametrize("unseen", ["availability_ratio", "throughput_kept_ratio"])
def test_without_a_steady_state_there_is_no_score(unseen: str) -> None:
    """There is nothing to be a share of."""
    assert score_of(**{**GOOD, unseen: None}) is None


@given(ratios, ratios, st.floats(0, 10), st.floats(0, 1))
def test_worse_is_never_better(available: float, kept: float, convergence_s: float, less: float) -> None:
    """Each factor can only lower the score."""
    given_ = {"availability_ratio": available, "throughput_kept_ratio": kept, "convergence_s": convergence_s}
    whole = score_of(**{**GOOD, **given_})
    assert whole is not None
    assert 0.0 <= whole <= 1.0
    for name in ("availability_ratio", "throughput_kept_ratio"):
        worse = score_of(**{**GOOD, **given_, name: given_[name] * less})
        assert worse is not None
        assert worse <= whole
    slower = score_of(**{**GOOD, **given_, "convergence_s": convergence_s + less})
    assert slower is not None
    assert slower <= whole


def test_stronger_and_longer_faults_lower_the_score() -> None:
    """Figures from runs, not from the formula alone."""
    none = score()
    short = score(entry("network.partition", "minority", start_s=1.0, end_s=3.0))
    longer = score(entry("network.partition", "minority", start_s=1.0, end_s=6.0))
    everybody = score(entry("process.crash", "all", start_s=1.0, end_s=6.0))

    assert none > short > longer > everybody > 0.0
    assert none > 0.9


def test_more_intensity_lowers_the_score() -> None:
    """The same fault, only stronger."""
    scores = [
        score(entry("network.loss", "all", start_s=0.5, parameters={"loss_ratio": ratio}))
        for ratio in (0.05, 0.5, 0.95)
    ]

    assert scores[0] > scores[1] > scores[2]


def test_a_planted_bug_in_the_recovery_ruins_the_score() -> None:
    """The same plan, the same seed; only that members never work again after a pause."""
    pause = entry("process.pause", start_s=0.5, end_s=5.0)

    assert score(pause) > 0.2
    assert score(pause, planted=("quorum.timer_lost_on_pause",)) == 0.0


def test_incidents_tell_who_stopped_serving_and_when_it_was_back() -> None:
    """Time to recover is measured at the member, for each incident."""
    figures = resilience(outcome(entry("process.crash", "one", start_s=1.0, end_s=5.0)).run.journal)
    (incident,) = figures.incidents

    assert len(incident.affected) == 1
    assert incident.recovered
    assert incident.recover_s is not None
    assert incident.recover_s > 4.0
    assert figures.mttr_s == incident.recover_s
    assert figures.messages_lost > 0


def test_a_member_of_which_no_row_tells_was_not_available() -> None:
    """A probe that did not run must never look like one that succeeded."""
    journal = outcome().run.journal
    timeline = Timeline.read(journal)
    quiet = {**timeline.served, "member-0": []}
    silent = Timeline(**{name: getattr(timeline, name) for name in timeline.__slots__} | {"served": quiet})

    whole = timeline.availability(timeline.faults_ns, timeline.end_ns)
    part = silent.availability(timeline.faults_ns, timeline.end_ns)
    assert whole is not None
    assert part is not None
    assert part == pytest.approx(whole - 1 / NODES, abs=0.02)


def test_the_frame_goes_from_the_beginning_to_the_end() -> None:
    """Figures draw it."""
    frame = Timeline.read(outcome().run.journal).frame()

    assert list(frame) == ["time_s", "available_ratio", "done_per_s"]
    assert len(frame) > 10


def test_a_journal_of_something_else_is_refused() -> None:
    """It has nothing to say about resilience."""

    class Clock:
        now_ns = 0

    with pytest.raises(ValueError, match="no plan was run"):
        resilience(Journal(Clock()))


def test_the_interval_contains_the_mean_and_narrows_with_more_seeds() -> None:
    """A bootstrap that did neither would mislead."""
    random = Random(1)
    few, many = [random.random() for _ in range(8)], [random.random() for _ in range(200)]
    low, high = interval(few, Random(2))
    closer = interval(many, Random(2))

    assert low < sum(few) / 8 < high
    assert closer[1] - closer[0] < (high - low) / 2
    assert all(map(math.isnan, interval([], Random(1))))
