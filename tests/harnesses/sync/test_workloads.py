"""Nodes that sync under whatever happens, judged from their journals."""

from __future__ import annotations

from typing import Any

import pytest

from alyslab.errors import ParameterError
from alyslab.harnesses.sync.hostile import HOSTILE
from alyslab.harnesses.sync.workloads import WORKLOADS
from tests.harnesses.sync.small import run


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
