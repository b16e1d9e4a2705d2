"""Each promise of a sync: kept, broken, and not seen."""

from __future__ import annotations

from typing import Any

import pytest

from alyslab.checkers.sync import converges, finished_honestly, never_claimed
from alyslab.checkers.sync_log import SyncLog
from alyslab.checkers.sync_peers import (
    batches_bounded,
    failures_have_consequences,
    fairness,
    load_is_fair,
    no_peer_is_favoured,
    refusals_count,
)
from alyslab.checkers.sync_production import production_is_gated
from alyslab.checkers.sync_recovery import (
    back_from_checkpoints,
    back_from_partitions,
    checkpoint_recoveries,
    partition_recoveries,
)
from alyslab.checkers.sync_store import checkpoints_hold, survives
from alyslab.checkers.verdict import Verdict
from alyslab.runtime.event import Event

NODE = "node-0"


def at(seconds: float, kind: str, subject: str = NODE, **fields: Any) -> Event:
    return Event(seq=0, time_ns=round(seconds * 1e9), kind=kind, subject=subject, fields=fields)


def truth(height: int) -> Event:
    return at(0, "sync.truth", "source", height=height, root=f"r{height}", state_root=f"s{height}")


WORLD = (
    at(0, "sync.member", "peer-0", role="source", behaviour="honest"),
    at(0, "sync.member", "peer-1", role="source", behaviour="honest"),
    at(0, "sync.member", NODE, role="syncing", behaviour="honest"),
    at(0, "sync.source", "source", height=100, root="r100"),
    *(truth(height) for height in range(10, 101, 10)),
    at(0, "sync.policy", batch_most=512, blacklist=3, checkpoints=10),
)


def log(*rows: Event) -> SyncLog:
    return SyncLog.read([*WORLD, *rows])


def done(seconds: float, height: int = 100, state_root: str = "") -> Event:
    roots = {"root": f"r{height}", "state_root": state_root or f"s{height}"}
    return at(seconds, "sync.done", height=height, **roots)


def over(seconds: float, within_s: float = 60.0) -> Event:
    return at(seconds, "faults.over", "world", height=100, within_s=within_s)


def failed(verdict: Verdict) -> list[str]:
    return [check.name for check in verdict.failed]


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


def commit(seconds: float, height: int, pow_height: int) -> Event:
    return at(seconds, "store.commit", height=height, root=f"r{height}", pow_height=pow_height)


def recovered(seconds: float, height: int, pow_height: int) -> Event:
    return at(seconds, "store.recovered", height=height, root=f"r{height}", pow_height=pow_height)


def test_commits_and_pointers_survive() -> None:
    """Also after a rollback, which lowers what must survive."""
    good = log(commit(1, 10, 7), commit(2, 20, 14), recovered(3, 20, 14))
    rolled = log(commit(1, 20, 14), at(2, "store.truncate", height=10), recovered(3, 10, 7))

    assert survives(good).status == "pass"
    assert failed(survives(rolled)) == []


def test_a_commit_that_is_lost_is_seen() -> None:
    """With the recovery that did not find it."""
    verdict = survives(log(commit(1, 20, 14), recovered(3, 10, 7)))

    assert failed(verdict) == ["a recovery finds every block that was committed"]
    assert verdict.failed[0].evidence[0]["kind"] == "store.recovered"


def test_a_pointer_that_is_forgotten_is_seen() -> None:
    """Incident 12."""
    assert failed(survives(log(commit(1, 20, 14), recovered(3, 20, 0)))) == [
        "a recovery finds the pointer to the latest proof of work"
    ]


def created(seconds: float, height: int, state_root: str = "") -> Event:
    roots = {"root": f"r{height}", "state_root": state_root or f"s{height}"}
    return at(seconds, "sync.checkpoint_created", height=height, **roots)


def imported(seconds: float, height: int, peer: str = "peer-0", count: int = 10) -> Event:
    return at(seconds, "sync.imported", peer=peer, count=count, height=height)


def test_checkpoints_are_true_and_complete() -> None:
    """The last that is due may still be under way."""
    rows = (created(1, 10), created(2, 20), imported(3, 30))

    assert failed(checkpoints_hold(log(*rows))) == []
    assert failed(checkpoints_hold(log(created(1, 10, "other"), *rows[1:]))) == [
        "a checkpoint bears the roots of its own height"
    ]
    assert failed(checkpoints_hold(log(rows[1], rows[2]))) == ["a checkpoint is made wherever one is due"]


def test_a_damaged_checkpoint_may_not_be_recovered_from() -> None:
    """Until it has been made anew."""
    rot = at(2, "fault.checkpoint", height=10)
    back = at(4, "sync.checkpoint_recovered", height=10, root="r10", state_root="s10")

    assert failed(checkpoints_hold(log(created(1, 10), rot, back))) == [
        "no damaged checkpoint is recovered from"
    ]
    assert failed(checkpoints_hold(log(created(1, 10), rot, created(3, 10), back))) == []


@pytest.mark.parametrize(("size", "status"), [(512, "pass"), (513, "fail")])
def test_a_batch_has_a_bound(size: int, status: str) -> None:
    """The policy's, written by the node itself when it began."""
    rows = log(at(1, "sync.range", peer="peer-0", start=1, count=10, size=size, peers=2))

    assert batches_bounded(rows).status == status


def result(seconds: float, failures: int, outcome: str = "timeout", peer: str = "peer-0") -> Event:
    return at(seconds, "sync.result", peer=peer, topic="status", outcome=outcome, failures=failures)


def request(seconds: float, peer: str = "peer-0") -> Event:
    return at(seconds, "sync.request", peer=peer, start=1, count=5)


def blacklisted(seconds: float, peer: str = "peer-0") -> Event:
    return at(seconds, "sync.blacklisted", peer=peer, until_ns=round((seconds + 300) * 1e9))


def test_back_off_is_kept() -> None:
    """1 s after the first failure, 2 s after the second."""
    assert failed(failures_have_consequences(log(result(10, 1), request(11)))) == []
    early = "a peer that failed is not asked for blocks before its back-off is over"
    assert failed(failures_have_consequences(log(result(10, 1), request(10.9)))) == [early]
    assert failed(failures_have_consequences(log(result(10, 2), request(11.9)))) == [early]


def test_back_off_ends_with_a_success_a_pardon_or_the_process() -> None:
    """What a process knew dies with it."""
    for end in (result(10.2, 0, "ok"), at(10.2, "sync.pardoned", peer="peer-0"), at(10.2, "node.crash")):
        assert failed(failures_have_consequences(log(result(10, 1), end, request(10.5)))) == []


def test_three_failures_mean_the_blacklist() -> None:
    """And the blacklist means no request for 300 s."""
    three = (result(1, 1), result(3, 2), result(6, 3))

    assert failed(failures_have_consequences(log(*three))) == [
        "a peer that failed too often in a row is put on the blacklist"
    ]
    assert failed(failures_have_consequences(log(*three, blacklisted(6), request(306)))) == []
    assert failed(failures_have_consequences(log(*three, blacklisted(6), request(300)))) == [
        "nobody on the blacklist is asked for blocks"
    ]


def test_a_refused_block_counts_at_once() -> None:
    """Against the peer that sent it, and no other."""
    refused = at(5, "sync.refused", peer="peer-0", height=50, rule="signature")

    assert refusals_count(log(refused, result(5, 1, "invalid_block"))).status == "pass"
    assert refusals_count(log(refused, result(5, 1, "invalid_block", "peer-1"))).status == "fail"


def asked(seconds: float, peer: str, *others: str) -> Event:
    return at(seconds, "sync.request", peer=peer, start=1, count=5, others=others)


def answered(seconds: float, peer: str) -> Event:
    return at(seconds, "sync.answered", peer=peer, start=1, count=5)


def test_nobody_gets_a_range_while_another_is_idle() -> None:
    """In hand is what was asked and has had no end, whatever a crash took with it."""
    first = asked(1, "peer-0", "peer-1")

    assert failed(no_peer_is_favoured(log(first, asked(2, "peer-0", "peer-1")))) == [
        "no peer is asked for a range while another has fewer in hand"
    ]
    for between in (answered(1.5, "peer-0"), at(1.5, "node.crash"), asked(1.5, "peer-1", "peer-0")):
        assert failed(no_peer_is_favoured(log(first, between, asked(2, "peer-0", "peer-1")))) == []


def test_the_only_peer_that_can_serve_is_not_favoured() -> None:
    """The others are on the blacklist, do not have it, or have failed at it."""
    assert no_peer_is_favoured(log(asked(1, "peer-0"), asked(2, "peer-0"))).status == "inconclusive"


def test_fairness_is_jains_index() -> None:
    """1 for equal loads, 1/n when one bears all."""
    assert fairness({"a": 5, "b": 5}) == pytest.approx(1.0)
    assert fairness({"a": 5, "b": 0, "c": 0, "d": 0}) == pytest.approx(0.25)
    assert fairness({"a": 0}) is None


def test_unfair_load_is_seen() -> None:
    """Blocks count, not requests."""
    assert load_is_fair(log(imported(1, 50, count=50), imported(2, 100, "peer-1", 50))).status == "pass"
    assert len(load_is_fair(log(imported(1, 100, count=100))).failed) == 2


def production(seconds: float, height: int, state: str, allowed: bool = True) -> Event:
    return at(seconds, "sync.production", allowed=allowed, state=state, height=height, target=height)


@pytest.mark.parametrize(
    ("row", "status"),
    [
        (production(20, 100, "synced"), "pass"),
        (production(20, 90, "synced"), "pass"),
        (production(20, 89, "synced"), "fail"),
        (production(20, 99, "catching_up"), "fail"),
        (production(20, 50, "blocks", allowed=False), "pass"),
    ],
)
def test_production_is_held_against_the_source(row: Event, status: str) -> None:
    """Not against what the node takes for its target."""
    assert production_is_gated(log(row)).status == status


def fault(seconds: float, kind: str) -> Event:
    return at(seconds, f"fault.{kind}", "world", fault="partition", nodes=(NODE,))


def test_a_partition_is_over_when_blocks_flow() -> None:
    """Counted from its end; never counts as failed."""
    state = at(1, "sync.state", state="blocks", previous="headers")
    rows = (state, fault(2, "begin"), fault(50, "end"))

    assert partition_recoveries(log(*rows, imported(58, 60))) == [pytest.approx(8.0)]
    assert partition_recoveries(log(*rows)) == [None]
    assert back_from_partitions(log(*rows, imported(111, 60))).status == "fail"
    assert back_from_partitions(log(*rows, imported(58, 60))).status == "pass"


def test_a_partition_of_a_synced_node_asks_for_nothing() -> None:
    """It has nothing to import."""
    synced = at(1, "sync.state", state="synced", previous="catching_up")

    assert partition_recoveries(log(synced, fault(2, "begin"), fault(50, "end"))) == []


def test_a_checkpoint_recovery_is_over_at_the_height_before() -> None:
    """Counted from the doubt."""
    rows = (
        imported(1, 60),
        at(2, "sync.refused", peer="peer-0", height=61, rule="state_root"),
        at(3, "sync.checkpoint_recovered", height=50, root="r50", state_root="s50"),
        imported(4, 55),
    )

    assert checkpoint_recoveries(log(*rows, imported(9, 60))) == [pytest.approx(7.0)]
    assert checkpoint_recoveries(log(*rows)) == [None]
    assert back_from_checkpoints(log(*rows, imported(33, 60))).status == "fail"
