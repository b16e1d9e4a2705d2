"""Each promise about a sync's end: kept, broken, and not seen."""

from __future__ import annotations

import pytest

from alyslab.checkers.sync import converges, finished_honestly, never_claimed
from alyslab.checkers.sync_checkpoints import checkpoints_hold
from alyslab.checkers.sync_log import SyncLog
from alyslab.checkers.sync_peers import (
    batches_bounded,
    failures_have_consequences,
    load_is_fair,
    no_peer_is_favoured,
    refusals_count,
)
from alyslab.checkers.sync_production import production_is_gated
from alyslab.checkers.sync_recovery import back_from_checkpoints, back_from_partitions
from alyslab.checkers.sync_store import survives
from alyslab.runtime.event import Event
from tests.checkers.sync_rows import at, done, failed, log


def over(seconds: float, within_s: float = 60.0) -> Event:
    return at(seconds, "faults.over", "world", height=100, within_s=within_s)


def test_a_run_without_nodes_has_shown_nothing() -> None:
    """Every check of an empty journal is inconclusive, none passes."""
    empty = SyncLog.read([])
    checks = [
        check
        for judge in (
            finished_honestly,
            converges,
            survives,
            checkpoints_hold,
            batches_bounded,
            failures_have_consequences,
            refusals_count,
            no_peer_is_favoured,
            load_is_fair,
            production_is_gated,
            back_from_partitions,
            back_from_checkpoints,
            never_claimed,
        )
        for check in judge(empty).checks
    ]

    assert [check.name for check in checks if check.passed is not None] == []


def test_done_at_the_source_is_honest() -> None:
    """Height and roots are those of the source."""
    assert finished_honestly(log(done(20))).status == "pass"


def test_done_below_the_source_is_not() -> None:
    """What V1 does when a responder dies."""
    assert failed(finished_honestly(log(done(20, 50)))) == [
        "nodes that say they are synced have the source's height"
    ]


def test_what_nobody_can_know_yet_is_not_held_against_a_node() -> None:
    """The source has moved a second ago."""
    moved = at(19, "sync.source", "source", height=101, root="r101")

    assert finished_honestly(log(moved, done(20))).status == "pass"
    assert finished_honestly(log(moved, done(40))).status == "fail"


def test_the_right_height_with_another_state_is_not_honest() -> None:
    """The state root, not the height, says that a node is synced."""
    assert failed(finished_honestly(log(done(20, state_root="other")))) == [
        "nodes that say they are synced have the source's state root"
    ]


def test_convergence_is_timed_from_the_end_of_the_faults() -> None:
    """The worst node counts, and a crash after it was done undoes it."""
    assert converges(log(over(10), done(30))).checks[0].observed == pytest.approx(20.0)
    assert converges(log(done(5), over(10))).checks[0].observed == 0.0
    late = converges(log(over(10), done(71)))
    assert late.status == "fail"
    crashed = log(done(5), at(8, "node.crash", tasks=3), over(10), at(90, "sync.imported", height=60))
    assert converges(crashed).status == "fail"


def test_a_run_that_ended_early_says_nothing_about_convergence() -> None:
    """Neither a failure nor a success."""
    assert converges(log(over(10), at(30, "sync.imported", height=60))).status == "inconclusive"
    assert converges(log(done(30))).status == "inconclusive"


def test_a_node_that_can_not_follow_must_not_claim() -> None:
    """Refusing is right; saying that it is synced is not."""
    refused = at(5, "sync.refused", peer="peer-0", height=50, rule="signature")

    assert never_claimed(log(refused)).status == "pass"
    assert never_claimed(log(refused, done(9, 49))).status == "fail"
