from __future__ import annotations

import pytest

from alyslab.checkers.propagation import ReachLimit, check_propagation
from alyslab.runtime.journal import Journal

MS = 1_000_000


class HandClock:
    now_ns = 0


def spreading(*delays_ms: dict[str, float], lost: tuple[str, ...] = ()) -> Journal:
    """Write a journal: for each block, when it reached each peer; all peers are linked to all."""
    clock = HandClock()
    journal = Journal(clock)
    peers = ("author", *delays_ms[0], *lost)
    journal.record("gossip.started", "network", peers=len(peers), links=0, blocks=len(delays_ms))
    for peer in peers:
        others = tuple(other for other in peers if other != peer)
        journal.record("gossip.peer", peer, region="EU", links=others, upload_bps=1e6)
    for block, arrivals in enumerate(delays_ms, start=1):
        start_ns = clock.now_ns = 1_000 * block * MS
        journal.record("gossip.produced", "author", block=block, slot=block, bytes=100)
        for peer, delay_ms in arrivals.items():
            clock.now_ns = start_ns + round(delay_ms * MS)
            for duplicate in (False, True):
                journal.record(
                    "gossip.received", peer, block=block, sender="author", hops=1, bytes=100,
                    sent_ns=start_ns, left_ns=start_ns, duplicate=duplicate,
                )  # fmt: skip
    return journal


def test_times_to_shares_of_the_peers_are_those_of_the_sorted_delays():
    """Four peers with the author: half is the author and the fastest, nine tenths is everybody."""
    spread = check_propagation(spreading({"x": 30, "y": 10, "z": 20}))
    assert spread.reach_ms(0.25)[1] == 0
    assert spread.reach_ms(0.5)[1] == 10
    assert spread.reach_ms(0.75)[1] == 20
    assert spread.reach_ms(0.9)[1] == 30
    assert spread.reach_ms(1.0)[1] == 30


def test_a_share_of_exactly_whole_peers_needs_no_peer_more():
    """0.7 of 10 peers is 7.000000000000001 in floats; that must not ask for an eighth."""
    spread = check_propagation(spreading({f"p{n}": n * 10 for n in range(1, 10)}))
    assert spread.reach_ms(0.7)[1] == 60


def test_the_slowest_and_the_median_block_are_told_apart():
    """A limit holds for the slowest block; a figure shows the median one."""
    spread = check_propagation(spreading({"x": 10}, {"x": 50}, {"x": 20}))
    assert spread.worst_reach_ms(1.0) == 50
    assert spread.median_reach_ms(1.0) == 20


def test_a_share_that_was_never_reached_has_no_time():
    """Leaving the missing peer out would report the fastest figure for the worst network."""
    spread = check_propagation(spreading({"x": 10}, lost=("gone", "away")))
    assert spread.reach_ms(0.5)[1] == 10
    assert spread.reach_ms(1.0)[1] is None
    assert spread.worst_reach_ms(1.0) is None
    assert spread.median_reach_ms(1.0) is None


def test_the_table_has_a_row_for_each_block_at_each_peer():
    """The tidy table is what figures and reports read."""
    frame = check_propagation(spreading({"x": 10, "y": 5})).frame()
    assert list(frame.columns) == ["block", "peer", "source", "delay_ms", "hops", "size_bytes", "duplicates"]
    found = frame.drop(columns="size_bytes").to_dict("records")
    assert found == [
        {"block": 1, "peer": "author", "source": "", "delay_ms": 0.0, "hops": 0, "duplicates": 0},
        {"block": 1, "peer": "y", "source": "author", "delay_ms": 5.0, "hops": 1, "duplicates": 1},
        {"block": 1, "peer": "x", "source": "author", "delay_ms": 10.0, "hops": 1, "duplicates": 1},
    ]
    assert [bool(size) for size in frame["size_bytes"]] == [False, True, True], "an author receives nothing"


def test_the_table_of_times_has_a_row_for_each_block_and_share():
    """A summary notebook joins these rows over runs."""
    frame = check_propagation(spreading({"x": 10}, {"x": 30})).reach_frame(shares=(1.0,))
    assert frame.to_dict("records") == [
        {"block": 1, "share_ratio": 1.0, "reach_ms": 10.0},
        {"block": 2, "share_ratio": 1.0, "reach_ms": 30.0},
    ]


def test_the_summary_has_the_best_the_median_and_the_worst_block_of_each_share():
    """A notebook shows these three; a mean would hide the slow block."""
    frame = check_propagation(spreading({"x": 10}, {"x": 50}, {"x": 20})).summary_frame(shares=(1.0,))
    assert frame.to_dict("records") == [
        {"share_ratio": 1.0, "reach_ms_best": 10.0, "reach_ms_median": 20.0, "reach_ms_worst": 50.0}
    ]


@pytest.mark.parametrize(("limit_ms", "passed"), [(49.9, False), (50, True)])
def test_a_limit_is_held_against_the_slowest_block(limit_ms, passed):
    """One late block is one late block, however fast the others were."""
    limit = ReachLimit(share_ratio=1.0, limit_ms=limit_ms, source="a test")
    check = check_propagation(spreading({"x": 10}, {"x": 50}), limits=(limit,)).verdict.checks[-1]
    assert (check.observed, check.passed, check.unit, check.source) == (50, passed, "ms", "a test")


def test_a_limit_on_a_share_never_reached_is_inconclusive_there_and_the_verdict_fails():
    """There is no time to compare; that the block is missing is another check's finding."""
    limit = ReachLimit(share_ratio=1.0, limit_ms=1e9, source="a test")
    verdict = check_propagation(spreading({"x": 10}, lost=("gone",)), limits=(limit,)).verdict
    assert verdict.checks[-1].passed is None
    assert verdict.status == "fail"


def test_an_empty_journal_is_inconclusive():
    """No block was lost in a run without blocks, and that is no success."""
    spread = check_propagation(Journal(HandClock()))
    assert spread.verdict.status == "inconclusive"
    assert "no block was produced" in spread.verdict.checks[0].note
    assert spread.frame().empty
    assert spread.worst_reach_ms(0.5) is None


def test_a_journal_of_something_else_is_inconclusive():
    """Rows of other kinds are passed over, not mistaken for receipts."""
    journal = Journal(HandClock())
    journal.record("actor.received", "x", block=1)
    assert check_propagation(journal).verdict.status == "inconclusive"


def test_blocks_without_peers_are_inconclusive():
    """Without the rows in which peers join nobody knows who should have got the block."""
    journal = Journal(HandClock())
    journal.record("gossip.produced", "x", block=1, slot=1, bytes=1)
    spread = check_propagation(journal)
    assert spread.verdict.status == "inconclusive"
    assert "no peer joined" in spread.verdict.checks[0].note
