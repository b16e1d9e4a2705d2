from __future__ import annotations

import asyncio
from typing import Any

import pytest

from alyslab.errors import ParameterError
from alyslab.harnesses.actor.defects import DEFECTS
from alyslab.harnesses.actor.workloads import WORKLOADS
from alyslab.harnesses.actor.workloads.expectations import expect
from alyslab.harnesses.actor.workloads.judging import judge_observed
from alyslab.harnesses.actor.workloads.recovery import WAYS_TO_FAIL
from alyslab.harnesses.detection import Detection, false_alarms, search
from alyslab.runtime import simulate
from alyslab.runtime.replay import replay
from alyslab.runtime.wall import measure

TRIAL = WORKLOADS["trial"]
SMALL: dict[str, dict[str, Any]] = {"ordering": {"senders": 3, "receivers": 2, "messages": 20}}
# What decides one bug each; a reader sees which check would miss it.
CHECK_OF = {
    "restart_forgets_mailbox": "every message is accounted for by its receiver",
    "restart_limit_ignored": "restarts stay within the limit of their window",
    "window_never_resets": "a supervisor escalates only at the limit",
    "escalation_swallowed": "a failed actor is restarted, or its failure is passed on",
    "two_handlers_at_once": "an actor has one message in hand at a time",
    "priority_inverts": "nothing is begun while something more urgent waits",
    "backpressure_drops_silently": "every message is accounted for by its receiver",
    "reply_to_wrong_caller": "an answer goes to who asked",
    "health_answers_for_dead": "only a living actor answers a health check",
    "child_outlives_parent": "no child outlives its parent",
    "fifo_broken_after_restart": "no reordering in a stream",
    "clock_not_merged": "a receiver's clock covers what it handled",
    "handed_over_twice": "no message is handled twice",
    "effect_forgotten": "every request takes effect",
    "dependency_overtakes": "a message is handled after those it depends on",
    "restarted_stays_silent": "every actor that came back answers again",
}


@pytest.mark.parametrize("name", sorted(WORKLOADS))
def test_a_sound_system_keeps_every_promise(name: str) -> None:
    """A workload that fails without a bug would teach people to ignore it."""
    verdict = WORKLOADS[name].run(3, **SMALL.get(name, {})).verdict

    assert verdict.failed == ()
    assert verdict.status == "pass"


@pytest.mark.parametrize("failure", WAYS_TO_FAIL)
def test_an_actor_recovers_from_each_way_to_fail(failure: str) -> None:
    """Each failure ends another way, and only the journal knows which."""
    verdict = WORKLOADS["recovery"].run(2, failure=failure, failures=2, load=20).verdict

    assert verdict.status == "pass"


@pytest.mark.parametrize("name", ["recovery", "family", "request_response"])
def test_workloads_hold_on_the_wall_clock_too(name: str) -> None:
    """The system runs unchanged on both clocks, so its verdicts must agree."""
    small: dict[str, Any] = {"recovery": {"failures": 1}, "request_response": {"askers": 2, "rounds": 1}}
    run = asyncio.run(measure(WORKLOADS[name].main, seed=1, **small.get(name, {})))

    assert judge_observed(run.journal).failed == ()


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("recovery", {"failure": "sulk"}),
        ("recovery", {"policy": "chian"}),
        ("ordering", {"senders": 0}),
        ("overflow", {"policy": "explode"}),
        ("guarantees", {"probability": 1.0}),
        ("guarantees", {"probability": "often"}),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(name: str, parameters: dict[str, Any]) -> None:
    """A workload without actors would pass everything."""
    with pytest.raises(ParameterError):
        WORKLOADS[name].run(1, **parameters)


def test_a_chance_of_nothing_is_no_failure() -> None:
    """A study that sweeps a share begins at 0."""
    outcome = WORKLOADS["guarantees"].run(1, probability=0.0, requests=3)

    assert outcome.verdict.failed == ()
    assert [event.fields["key"] for event in outcome.run.journal.select("effect.applied")] == [0, 1, 2]


@pytest.fixture(scope="module")
def findings() -> dict[str, Detection]:
    return {defect: search(TRIAL, defect, limit=12) for defect in DEFECTS}


@pytest.mark.parametrize("defect", DEFECTS)
def test_each_planted_bug_is_found(defect: str, findings: dict[str, Detection]) -> None:
    """A lab that misses a bug which it planted will miss those that it did not."""
    found = findings[defect]

    assert found.found
    expected = CHECK_OF.get(defect.removeprefix("actor."))
    assert expected is None or expected in found.checks


def test_each_check_of_each_workload_is_tripped_by_a_planted_bug(findings: dict[str, Detection]) -> None:
    """A check that no bug can trip proves nothing; what a workload expects of itself is no such check."""
    tripped = {check for found in findings.values() for check in found.checks}
    made = {
        check.name
        for name, workload in WORKLOADS.items()
        for check in workload.run(3, **SMALL.get(name, {})).verdict.checks
        if not check.name.endswith((", at least", ", at most"))
    }

    assert len(made) > 20
    assert made - tripped == set()


@pytest.mark.parametrize("what", ["messages done", "restarts"])
def test_a_workload_that_does_less_than_it_set_out_to_fails(what: str) -> None:
    """The expectations are what a run trips that does nothing at all."""

    async def idle() -> None:
        expect(what, at_least=1)

    verdict = judge_observed(simulate(idle, seed=1).journal)

    assert [check.name for check in verdict.failed] == [f"{what}, at least"]


def test_a_bug_that_was_found_replays_from_its_token() -> None:
    """A finding that can't be repeated can't be mended."""
    assert replay(search(TRIAL, "actor.priority_inverts", limit=5).token).same


def test_a_search_that_fails_says_so() -> None:
    """The limit must not count as a find."""
    found = search(TRIAL, "actor.deduplication_forgotten", first_seed=1, limit=1)

    assert found.seeds in ((None,), (1,))
    assert found.found is (found.seeds == (1,))
    assert (found.median_seeds is None) is not found.found


def test_nothing_is_found_without_a_planted_bug() -> None:
    """The fast lane of the promise about 2,000 seeds."""
    assert false_alarms(TRIAL, range(100, 120)) == []


@pytest.mark.parametrize(
    "seeds",
    [
        pytest.param(range(1_000, 1_200), marks=pytest.mark.slow, id="200"),
        pytest.param(range(2_000), marks=[pytest.mark.soak, pytest.mark.timeout(1_800)], id="2000"),
    ],
)
def test_nothing_is_found_in_many_seeds(seeds: range) -> None:
    """One false alarm in a night of searching costs a morning."""
    assert false_alarms(TRIAL, seeds) == []


@pytest.mark.parametrize(
    "searches",
    [
        pytest.param(2, marks=pytest.mark.slow),
        pytest.param(10, marks=[pytest.mark.soak, pytest.mark.timeout(1_800)]),
    ],
)
@pytest.mark.parametrize("defect", DEFECTS)
def test_each_planted_bug_is_found_again_and_again(defect: str, searches: int) -> None:
    """Within 200 seeds from wherever the search begins."""
    assert search(TRIAL, defect, first_seed=10_000, searches=searches, limit=200).found
