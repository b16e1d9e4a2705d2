"""How a node must treat its peers."""

from __future__ import annotations

import pytest

from alyslab.checkers.sync_peers import (
    batches_bounded,
    failures_have_consequences,
    fairness,
    load_is_fair,
    no_peer_is_favoured,
    refusals_count,
)
from alyslab.runtime.event import Event
from tests.checkers.sync_rows import at, blacklisted, failed, imported, log, result


@pytest.mark.parametrize(("size", "status"), [(512, "pass"), (513, "fail")])
def test_a_batch_has_a_bound(size: int, status: str) -> None:
    """The policy's, written by the node itself when it began."""
    rows = log(at(1, "sync.range", peer="peer-0", start=1, count=10, size=size, peers=2))

    assert batches_bounded(rows).status == status


def request(seconds: float, peer: str = "peer-0") -> Event:
    return at(seconds, "sync.request", peer=peer, start=1, count=5)


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
