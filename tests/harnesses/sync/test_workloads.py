"""Nodes that sync under whatever happens, judged from their journals."""

from __future__ import annotations

import re
from typing import Any

import pytest

from alyslab.errors import ParameterError
from alyslab.harnesses.detection import Detection, false_alarms, search
from alyslab.harnesses.sync.hostile import HOSTILE
from alyslab.harnesses.sync.workloads import WORKLOADS
from alyslab.harnesses.sync.workloads.registry import DEFECTS
from alyslab.runtime.replay import replay

TRIAL = WORKLOADS["trial"]
SMALL: dict[str, dict[str, Any]] = {
    "full_sync": {"blocks": 300},
    "sequential": {"blocks": 300},
    "startup": {"blocks": 200, "had": 120, "growth": 10},
    "federation_change": {"blocks": 60, "change_height": 30},
    "peer_loss": {"blocks": 200},
    "partition": {"blocks": 300},
    "corruption": {"blocks": 200},
    "hostile": {"blocks": 150},
    "cascade": {"blocks": 300},
    "mixed": {"blocks": 300},
    "parallel": {"blocks": 300, "sessions": 3},
    "checkpoints": {"blocks": 200},
    "resume": {"blocks": 200, "crashes": 2},
    "recovery": {"blocks": 300},
    "damage": {"blocks": 300},
}
# Only found by the workload that is about it: what the trial's searches do not trip, these do.
TRIPPED_BY = {
    "blocks are spread over the peers (Jain's index)": ("parallel", "sync.first_peer_always"),
    "share of the peers that delivered": ("parallel", "sync.first_peer_always"),
    "blocks flow again after a partition within 60 s": ("partition", "sync.partition_unseen"),
    "blocks that claim another state root": ("recovery", "sync.state_root_not_compared"),
    "finality moved backwards": ("resume", "sync.recovery_forgets_pointer"),
    "a recovery from a checkpoint is over within 30 s": ("recovery", "sync.recovery_keeps_state"),
    "a node that can't follow the chain never says that it is synced": (
        "federation_change",
        "sync.short_reply_is_done",
    ),
}


def run(name: str, seed: int = 3, **parameters: Any) -> Any:
    return WORKLOADS[name].run(seed, **{**SMALL.get(name, {}), **parameters})


@pytest.mark.parametrize("name", sorted(set(WORKLOADS) - {"trial"}))
def test_a_sound_sync_keeps_every_promise(name: str) -> None:
    """A workload that fails without a bug would teach people to ignore it."""
    outcome = run(name)

    assert outcome.verdict.failed == ()
    assert outcome.verdict.status == "pass"
    assert outcome.run.result is True


@pytest.mark.parametrize("behaviour", HOSTILE)
def test_no_hostile_peer_keeps_a_node_from_the_chain(behaviour: str) -> None:
    """Two of six misbehave in one way each; nothing is raised and the node arrives."""
    outcome = run("hostile", behaviour=behaviour)

    assert outcome.verdict.status == "pass"


@pytest.mark.parametrize("behaviour", ["garbage", "forged", "doubled", "refusing", "other_chain"])
def test_hostile_peers_end_below_honest_ones(behaviour: str) -> None:
    """Misbehaviour costs score: peers 0 and 1 are the hostile ones."""
    journal = run("hostile", behaviour=behaviour).run.journal
    scores = {event.fields["peer"]: event.fields["score"] for event in journal.select(kind="sync.result")}
    hostile = max(scores.get("peer-0", 0.0), scores.get("peer-1", 0.0))

    assert hostile < min(score for peer, score in scores.items() if peer not in ("peer-0", "peer-1"))


def test_the_same_seed_gives_the_same_journal() -> None:
    """Everything else rests on it; the cached history must be invisible."""
    first, second = run("trial", seed=11).run, run("trial", seed=11).run

    assert first.digest == second.digest
    assert first.digest != run("trial", seed=12).run.digest


def test_v1_takes_a_dying_responder_for_the_end() -> None:
    """Its incident: one block, and it holds itself to be synced."""
    failed = {check.name for check in run("sequential", dies_after=1).verdict.failed}

    assert "nodes that say they are synced have the source's height" in failed


def test_a_node_that_does_not_know_the_members_never_says_it_is_synced() -> None:
    """Incident 2: it refuses what it can't check, from everybody, and fails honestly."""
    outcome = run("federation_change", aware=False)

    assert outcome.verdict.status == "pass"
    assert outcome.run.result is False
    states = [event.fields["state"] for event in outcome.run.journal.select(kind="sync.state")]
    assert "failed" in states


def test_the_plan_for_eight_peers_never_leaves_discovery_in_a_federation_of_three() -> None:
    """§3: the plan asks for as many peers as downloads; two are all that there are."""
    outcome = run("full_sync", blocks=50, peers=2, policy="plan")
    states = {event.fields["state"] for event in outcome.run.journal.select(kind="sync.state")}

    assert outcome.verdict.status == "fail"
    assert states <= {"discovering", "failed"}


def test_a_damaged_checkpoint_is_passed_over_in_a_recovery() -> None:
    """The one before serves; the node is back all the same."""
    outcome = run("recovery", rotten=True)

    assert outcome.verdict.status == "pass"


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("full_sync", {"blocks": 0}),
        ("full_sync", {"shape": "square"}),
        ("full_sync", {"policy": "best"}),
        ("hostile", {"behaviour": "polite"}),
        ("hostile", {"liars": 5}),
        ("partition", {"lasts_s": -1.0}),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(name: str, parameters: dict[str, Any]) -> None:
    """Before anything starts, and by name."""
    with pytest.raises(ParameterError):
        WORKLOADS[name].run(1, **parameters)


@pytest.fixture(scope="module")
def findings() -> dict[str, Detection]:
    return {defect: search(TRIAL, defect, first_seed=5_000, limit=60) for defect in DEFECTS}


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("defect", DEFECTS)
def test_each_planted_bug_is_found(defect: str, findings: dict[str, Detection]) -> None:
    """A lab that misses a bug which it planted will miss those that it did not."""
    assert findings[defect].found


def kind(check: str) -> str:
    """Return a check's name without its number: each workload sets a bound of its own."""
    return re.sub(r"\d+ s\b", "… s", check)


def checks_of(name: str, **parameters: Any) -> set[str]:
    return {kind(check.name) for check in run(name, **parameters).verdict.checks}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_each_check_is_tripped_by_a_planted_bug(findings: dict[str, Detection]) -> None:
    """A check of any workload that no bug can trip proves nothing."""
    tripped = {kind(check) for found in findings.values() for check in found.checks}
    for check, (workload, defect) in TRIPPED_BY.items():
        parameters = {"aware": False} if workload == "federation_change" else {}
        failed = run(workload, planted=[defect], **parameters).verdict.failed
        assert check in {each.name for each in failed}
        tripped.add(kind(check))
    made = set[str]().union(
        *(checks_of(name) for name in WORKLOADS), checks_of("federation_change", aware=False)
    )

    assert made - tripped == set()


@pytest.mark.parametrize(
    ("defect", "check"),
    [
        ("sync.short_reply_is_done", "nodes that say they are synced have the source's height"),
        ("sync.range_one_too_few", "nodes are synced within 120 s once faults are over"),
        ("sync.checkpoint_wrong_height", "a checkpoint bears the roots of its own height"),
        ("sync.batch_without_bound", "no batch is larger than its bound"),
        ("sync.production_while_behind", "no node may produce while it is behind"),
    ],
)
def test_a_planted_bug_trips_its_check(defect: str, check: str) -> None:
    """The fast lane of the search: five bugs that the first seeds show."""
    found = search(TRIAL, defect, first_seed=5_000, limit=5)

    assert check in found.checks


def test_a_bug_that_was_found_replays_from_its_token() -> None:
    """A finding that can't be repeated can't be mended."""
    assert replay(search(TRIAL, "sync.production_while_behind", first_seed=5_000, limit=5).token).same


def test_a_search_that_fails_says_so() -> None:
    """The limit must not count as a find."""
    found = search(TRIAL, "sync.checkpoint_not_verified", first_seed=5_001, limit=1)

    assert (found.seeds, found.checks, found.token) == ((None,), (), "")


def test_nothing_is_found_without_a_planted_bug() -> None:
    """The fast lane of the promise about 2,000 seeds."""
    assert false_alarms(TRIAL, range(100, 104)) == []


def test_peers_that_were_silent_are_heard_again_while_fetching() -> None:
    """A partition left one peer off the blacklist: alone it was refused for ever, and no doubt came up."""
    assert false_alarms(TRIAL, [1_616]) == []


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_nothing_is_found_in_three_hundred_seeds() -> None:
    """A sample of the promise below that fits CI."""
    assert false_alarms(TRIAL, range(300)) == []


@pytest.mark.parametrize(
    "blocks",
    [
        pytest.param(1_000, marks=pytest.mark.slow),
        pytest.param(5_000, marks=pytest.mark.slow),
        pytest.param(10_000, marks=pytest.mark.soak),
        pytest.param(15_000, marks=pytest.mark.soak),
    ],
)
@pytest.mark.timeout(900)
def test_a_long_chain_is_synced_within_the_documented_minute_for_ten_thousand(blocks: int) -> None:
    """Virtual time; and the roots are the source's, at every checkpoint on the way."""
    outcome = WORKLOADS["full_sync"].run(7, blocks=blocks)
    done = next(outcome.run.journal.select(kind="sync.done"))

    assert outcome.verdict.status == "pass"
    assert done.fields["height"] == blocks
    assert done.time_ns / 1e9 <= blocks * 60 / 10_000


@pytest.mark.parametrize(
    "interval",
    [50, 100, pytest.param(250, marks=pytest.mark.slow), pytest.param(1_000, marks=pytest.mark.slow)],
)
def test_checkpoints_are_consistent_at_several_intervals(interval: int) -> None:
    """From every 50 to every 1000 blocks, with a crash in between."""
    outcome = WORKLOADS["checkpoints"].run(7, interval=interval, blocks=max(300, 2 * interval + 50))
    made = [event.fields["height"] for event in outcome.run.journal.select(kind="sync.checkpoint_created")]

    assert outcome.verdict.status == "pass"
    assert set(made) == set(range(interval, max(300, 2 * interval + 50) + 1, interval))


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_nothing_is_found_in_two_thousand_seeds() -> None:
    """One false alarm in a night of searching costs a morning."""
    assert false_alarms(TRIAL, range(2_000)) == []
