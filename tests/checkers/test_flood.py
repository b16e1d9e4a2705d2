from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from alyslab.checkers.flood import GossipLog, flood_checks
from alyslab.checkers.verdict import Check
from alyslab.runtime.journal import Journal

MS = 1_000_000
BYTES, UPLOAD_BPS = 1_000, 8_000_000.0  # a message takes 1 ms on its sender's line


class HandClock:
    """A clock that stands where the test puts it."""

    now_ns = 0


class Line:
    """A journal of one block on the line a - b - c, written by hand; each step can be bent."""

    def __init__(self, *, blocks: int = 1) -> None:
        self.clock = HandClock()
        self.journal = Journal(self.clock)
        self.journal.record("gossip.started", "network", peers=3, links=2, blocks=blocks)
        for peer, links in {"a": ("b",), "b": ("a", "c"), "c": ("b",)}.items():
            self.journal.record("gossip.peer", peer, region="EU", links=links, upload_bps=UPLOAD_BPS)

    def produce(self, at_ms: float = 0, block: int = 1) -> None:
        self.clock.now_ns = round(at_ms * MS)
        self.journal.record("gossip.produced", "a", block=block, slot=block, bytes=BYTES)

    def receive(self, peer: str, sender: str, at_ms: float, **bent: Any) -> None:
        fields = {
            "block": 1,
            "sender": sender,
            "hops": 1 if sender == "a" else 2,
            "bytes": BYTES,
            "sent_ns": round((at_ms - 5) * MS),
            "left_ns": round((at_ms - 4) * MS),
            "duplicate": False,
        } | bent
        self.clock.now_ns = round(at_ms * MS)
        self.journal.record("gossip.received", peer, **fields)

    def checks(self) -> Mapping[str, Check]:
        return {check.name: check for check in flood_checks(GossipLog.read(self.journal))}


NEW_ONCE = "a block is new to a peer once"
COST = "each block costs 2E - (n - 1) messages"
REACHES = "every block reaches every peer"
AFTER_LEAVING = "no message is handled before it has left its sender"
HAS_IT = "no peer sends a block before it has it"
UPLINK = "no uplink carries more than its bandwidth"
SLOTS = "every slot has its block"


@pytest.fixture
def line() -> Line:
    return Line()


def failed(line: Line) -> set[str]:
    return {name for name, check in line.checks().items() if check.passed is False}


def test_a_flood_that_keeps_every_promise_passes_all_checks(line):
    """Two links and three peers: 2·2 - 2 = 2 messages, each in order."""
    line.produce()
    line.receive("b", "a", 5)
    line.receive("c", "b", 10)
    checks = line.checks()
    assert [check.passed for check in checks.values()] == [True] * 7
    assert (checks[COST].observed, checks[COST].limit) == (2, 2)


def test_a_peer_without_the_block_is_named_with_the_blocks_production(line):
    """The missing receipt left no event, so the evidence is the production that it should follow."""
    line.produce()
    line.receive("b", "a", 5)
    reaches = line.checks()[REACHES]
    assert reaches.observed == 1
    assert reaches.evidence[0]["missing_at"] == "c"
    assert reaches.evidence[0]["kind"] == "gossip.produced"
    assert failed(line) == {REACHES, COST}


def test_a_message_too_many_breaks_the_count_only(line):
    """A surplus duplicate does no other harm than its bytes, yet the count is exact."""
    line.produce()
    line.receive("b", "a", 5)
    line.receive("c", "b", 10)
    line.receive("c", "b", 15, duplicate=True)
    assert failed(line) == {COST}


def test_a_block_taken_for_new_twice_is_found(line):
    """A peer that forgets what it has would forward the block for ever."""
    line.produce()
    line.receive("b", "a", 5)
    line.receive("c", "b", 10)
    line.receive("c", "b", 15)
    assert failed(line) == {NEW_ONCE, COST}


def test_an_author_that_takes_its_own_block_for_new_is_found(line):
    """The author had its block by producing it, not by a receipt."""
    line.produce()
    line.receive("b", "a", 5)
    line.receive("a", "b", 10)
    line.receive("c", "b", 12)
    assert NEW_ONCE in failed(line)


def test_a_message_handled_before_its_last_byte_left_is_found(line):
    """The receiver can't have read what the sender had not sent."""
    line.produce()
    line.receive("b", "a", 5, left_ns=6 * MS)
    line.receive("c", "b", 10)
    assert failed(line) == {AFTER_LEAVING}
    assert line.checks()[AFTER_LEAVING].evidence[0]["subject"] == "b"


def test_a_message_that_left_before_it_was_sent_is_found(line):
    """The three times of a message are in order or the row is wrong."""
    line.produce()
    line.receive("b", "a", 9, sent_ns=8 * MS, left_ns=7 * MS)
    line.receive("c", "b", 20)
    assert failed(line) == {AFTER_LEAVING}


@pytest.mark.parametrize(("sender", "sent_ms"), [("b", 4), ("nobody", 5)])
def test_a_peer_that_sends_what_it_has_not_is_found(line, sender, sent_ms):
    """A block is passed on after it came, by somebody to whom it came."""
    line.produce()
    line.receive("b", "a", 5)
    line.receive("c", sender, 10, sent_ns=sent_ms * MS)
    assert failed(line) == {HAS_IT}


def test_two_messages_on_one_line_at_once_are_found(line):
    """A thousand bytes take 1 ms here; two that leave within half of that were not queued."""
    line.produce()
    line.receive("b", "a", 5)
    line.receive("c", "b", 10, left_ns=round(6.2 * MS))
    line.receive("a", "b", 11, left_ns=round(6.7 * MS), duplicate=True)
    assert failed(line) == {UPLINK, COST}


def test_messages_that_leave_back_to_back_are_allowed(line):
    """A full uplink is no violation; rounding to whole ns must not make it one."""
    line.produce()
    line.receive("b", "a", 5)
    line.receive("c", "b", 10, left_ns=6 * MS)
    line.receive("a", "b", 11, left_ns=7 * MS - 1, duplicate=True)
    assert failed(line) == {COST}


def test_a_slot_without_a_block_is_found():
    """A block that never was can't be missed by any check on deliveries."""
    line = Line(blocks=2)
    line.produce()
    line.receive("b", "a", 5)
    line.receive("c", "b", 10)
    assert failed(line) == {SLOTS}


def test_checks_on_messages_are_inconclusive_when_no_message_was_seen(line):
    """Nothing violated among no messages is no success."""
    line.produce()
    checks = line.checks()
    assert {name for name, check in checks.items() if check.passed is None} == {
        NEW_ONCE,
        AFTER_LEAVING,
        HAS_IT,
        UPLINK,
    }
    assert failed(line) == {REACHES, COST}


def test_a_journal_that_does_not_say_how_many_blocks_were_due_is_inconclusive_there():
    """An old journal without that row must not pass by default."""
    line = Line()
    journal = Journal(line.clock)
    journal.record("gossip.produced", "a", block=1, slot=1, bytes=BYTES)
    checks = {check.name: check for check in flood_checks(GossipLog.read(journal))}
    assert checks[SLOTS].passed is None
    assert "does not say" in checks[SLOTS].note
