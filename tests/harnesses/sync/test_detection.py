"""What the trial finds with a bug planted, and what it says without one."""

from __future__ import annotations

import re
from typing import Any

import pytest

from alyslab.checkers import sync_subjects as subjects
from alyslab.harnesses.detection import Detection, false_alarms, search
from alyslab.harnesses.sync.workloads import WORKLOADS
from alyslab.harnesses.sync.workloads.judging import judge
from alyslab.harnesses.sync.workloads.registry import DEFECTS
from alyslab.harnesses.sync.workloads.world import World
from alyslab.runtime import simulate
from alyslab.runtime.replay import replay
from tests.harnesses.sync.small import run
from tests.harnesses.sync.stage import CHAIN

TRIAL = WORKLOADS["trial"]
# Only found by the workload that is about it: what the trial's searches do not trip, these do.
TRIPPED_BY = {
    "blocks are spread over the peers (Jain's index)": ("parallel", "sync.first_peer_always"),
    "share of the peers that delivered": ("parallel", "sync.first_peer_always"),
    "blocks flow again after a partition within 60 s": ("partition", "sync.partition_unseen"),
    "blocks that claim another state root": ("recovery", "sync.state_root_not_compared"),
    "finality moved backwards": ("resume", "sync.store_not_synced"),
    "a recovery from a checkpoint is over within 30 s": ("recovery", "sync.recovery_keeps_state"),
    "a node that can't follow the chain never says that it is synced": (
        "federation_change",
        "sync.short_reply_is_done",
    ),
}


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
    found = search(TRIAL, "sync.partition_unseen", first_seed=200_000, limit=1)

    assert (found.seeds, found.checks, found.token) == ((None,), (), "")


def test_nothing_is_found_without_a_planted_bug() -> None:
    """The fast lane of the promise about 2,000 seeds; a verdict that is inconclusive gates nothing."""
    assert [TRIAL.run(seed).verdict.status for seed in range(100, 105)] == ["pass"] * 5


async def nothing_happens(*, subject: str) -> bool:
    """Sync in peace, with a scene that was drawn and never takes place; or with none."""
    world = World(CHAIN)
    world.add_node()
    if subject:
        world.drawn(subject)
    return await world.finish(["node-0"], 30.0)


@pytest.mark.parametrize(
    "subject", [subjects.RESTART, subjects.SPOILT, subjects.BAD_BLOCKS, subjects.LIARS, subjects.FAILING]
)
def test_a_scene_that_shows_nothing_leaves_the_verdict_open(subject: str) -> None:
    """The same run without it passes: what was never there is not asked for."""
    drawn, peace = (
        judge(simulate(nothing_happens, seed=1, parameters={"subject": one}).journal) for one in (subject, "")
    )

    assert (drawn.status, peace.status) == ("inconclusive", "pass")
    open_ones = {check.name for check in drawn.checks if check.passed is None}
    assert {subjects.SUBJECTS[name] for name in open_ones} == {subject}


def test_peers_that_were_silent_are_heard_again_while_fetching() -> None:
    """A partition left one peer off the blacklist: alone it was refused for ever, and no doubt came up."""
    assert false_alarms(TRIAL, [1_616]) == []


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_nothing_is_found_in_three_hundred_seeds() -> None:
    """A sample of the promise below that fits CI; few of them leave the verdict open."""
    verdicts = [TRIAL.run(seed).verdict for seed in range(300)]

    assert [check.name for verdict in verdicts for check in verdict.failed] == []
    assert sum(verdict.status == "pass" for verdict in verdicts) >= 290


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_nothing_is_found_in_two_thousand_seeds() -> None:
    """One false alarm in a night of searching costs a morning."""
    assert false_alarms(TRIAL, range(2_000)) == []
