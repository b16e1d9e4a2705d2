from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from alyslab.checkers.network import check_network
from alyslab.checkers.verdict import Check
from alyslab.runtime.journal import Journal

MS = 1_000_000


class HandClock:
    """A clock that stands where the test puts it."""

    now_ns = 0


class Story:
    """A journal of a to b, written by hand: connected, one link of 10 ms; each step can be bent."""

    def __init__(self, **spec: Any) -> None:
        self.clock = HandClock()
        self.journal = Journal(self.clock)
        self.count = 0
        self.line(**({"delay_ms": 10} | spec))
        for one, other in ("ab", "ba"):
            self.row(0, "net.connect", one, peer=other, connection=1, local=one == "a")

    def row(self, at_ms: float, kind: str, subject: str, **fields: Any) -> None:
        self.clock.now_ns = round(at_ms * MS)
        self.journal.record(kind, subject, **fields)

    def line(self, at_ms: float = 0, **spec: Any) -> None:
        for one, other in ("ab", "ba"):
            self.row(at_ms, "net.line", one, receiver=other, spec=tuple(spec.items()))

    def message(self, sent_ms: float = 1, at_ms: float = 11, **bent: Any) -> None:
        self.count += 1
        fields = {
            "id": self.count,
            "sender": "a",
            "topic": "t",
            "bytes": 100,
            "sent_ns": round(sent_ms * MS),
            "left_ns": round(sent_ms * MS),
            "copy": 0,
            "connection": 1,
            "reply_to": 0,
        } | bent
        self.row(at_ms, "net.message", "b", **fields)

    def drop(self, sent_ms: float, at_ms: float, cause: str, **bent: Any) -> None:
        self.count += 1
        fields = {
            "id": self.count,
            "sender": "a",
            "topic": "t",
            "bytes": 100,
            "sent_ns": round(sent_ms * MS),
            "cause": cause,
            "copy": 0,
        } | bent
        self.row(at_ms, "net.drop", "b", **fields)

    def rule(self, at_ms: float, name: str, verdict: str, *, installed: bool = True, **bent: Any) -> None:
        fields = {
            "installed": installed,
            "verdict": verdict,
            "amount": 0.0,
            "senders": None,
            "receivers": None,
            "topics": None,
        }
        self.row(at_ms, "net.rule", name, **(fields | bent))

    def quiet(self, at_ms: float = 1_000, sent: int | None = None) -> None:
        self.row(at_ms, "net.quiet", "network", sent=self.count if sent is None else sent)

    def checks(self) -> Mapping[str, Check]:
        return {check.name: check for check in check_network(self.journal).checks}

    def failed(self) -> set[str]:
        return {name for name, check in self.checks().items() if check.passed is False}


ENDS = "every message is handled or said to be lost"
ONCE = "each copy of a message ends once"
EARLY = "no message arrives before it has left"
FAST = "no message is faster than its link"
FIFO = "a FIFO link keeps its order"
LINE = "no line carries more than its bandwidth"
QUEUE = "no line queues more than its limit"
RULES = "the first rule that does not pass decides"
STALE = "no message outlives its connection"
LATE = "no request waits beyond its time-out"


def test_an_empty_journal_proves_nothing():
    """What was not observed is inconclusive, never a success."""
    verdict = check_network(Journal(HandClock()))
    assert verdict.status == "inconclusive"
    assert {check.passed for check in verdict.checks} == {None}


def test_an_honest_message_breaks_nothing():
    """The other half of every test below."""
    story = Story()
    story.message()
    story.drop(2, 12, "loss")
    story.quiet()
    assert story.failed() == set()
    assert story.checks()[ENDS].passed


def test_a_message_without_an_end_is_missing_once_the_network_is_quiet():
    """Before that it may still be on its way."""
    story = Story()
    story.message()
    story.quiet(sent=2)
    assert story.failed() == {ENDS}
    assert story.checks()[ENDS].evidence[0]["id"] == 2


def test_a_copy_that_ends_twice_is_seen_and_a_second_copy_is_not_one():
    """A duplicate is a message of its own, with a number of its own."""
    story = Story()
    story.message(id=1)
    story.message(id=1, copy=1)
    assert ONCE not in story.failed()
    story.drop(1, 13, "down", id=1)
    assert ONCE in story.failed()


@pytest.mark.parametrize(
    ("bent", "name"),
    [
        ({"left_ns": 12 * MS}, EARLY),
        ({"sent_ns": 2 * MS}, EARLY),
        ({"left_ns": 2 * MS}, FAST),
    ],
)
def test_a_message_that_can_not_be_there_yet_is_seen(bent, name):
    """Left after it arrived, left before it was sent, faster than its link."""
    story = Story()
    story.message(**bent)
    assert name in story.failed()


@pytest.mark.parametrize(
    ("spec", "least_ms"),
    [
        ({"delay_ms": 10, "jitter_ms": 4, "distribution": "uniform"}, 6),
        ({"delay_ms": 10, "distribution": "pareto", "shape": 2.0}, 5),
        ({"delay_ms": 0, "distance_km": 2_042.0}, 9.99),
        ({"delay_ms": 10, "jitter_ms": 4, "distribution": "normal"}, 0),
    ],
)
def test_the_least_latency_is_the_links_own(spec, least_ms):
    """Each distribution has a lower end, to which both directions can be held."""
    for latency_ms, broken in ((least_ms + 0.1, False), (least_ms - 0.1, least_ms > 0)):
        story = Story(**spec)
        story.message(sent_ms=1, at_ms=max(1 + latency_ms, 1))
        assert (FAST in story.failed()) is broken


def test_an_overtaking_message_is_seen_on_a_fifo_link_only():
    """And replies are no overtaking: they do not wait in the reader's queue."""
    for spec, broken in (({}, True), ({"fifo": False}, False)):
        story = Story(**spec)
        story.message(sent_ms=2, at_ms=12, id=2)
        story.message(sent_ms=1, at_ms=13, id=1)
        assert (FIFO in story.failed()) is broken
    story = Story()
    story.message(sent_ms=2, at_ms=12, id=2, reply_to=9)
    story.message(sent_ms=1, at_ms=13, id=1)
    assert FIFO not in story.failed()


def test_a_message_of_the_moment_in_which_a_link_becomes_fifo_is_nobodys_to_judge():
    """It may have been sent just before; of a later one it is known."""
    for sent_ms, broken in ((5, False), (5.5, True)):
        story = Story(fifo=False)
        story.line(5, delay_ms=10)
        story.message(sent_ms=6, at_ms=16, id=2)
        story.message(sent_ms=sent_ms, at_ms=17, id=1)
        assert (FIFO in story.failed()) is broken


def test_two_messages_too_close_on_a_narrow_line_are_seen():
    """100 bytes at 80 kbit/s take 10 ms."""
    for gap_ms, broken in ((10, False), (9, True)):
        story = Story(rate_bps=80_000)
        story.message(sent_ms=1, at_ms=31, left_ns=11 * MS)
        story.message(sent_ms=1, at_ms=41, left_ns=(11 + gap_ms) * MS)
        assert (LINE in story.failed()) is broken


def test_a_queue_beyond_its_limit_is_seen():
    """The third message finds two waiting where two are allowed."""
    for messages, broken in ((2, False), (3, True)):
        story = Story(rate_bps=80_000, limit_messages=2)
        for number in range(messages):
            story.message(sent_ms=1, at_ms=100, left_ns=(11 + 10 * number) * MS)
        assert (QUEUE in story.failed()) is broken


def test_a_rule_that_was_not_obeyed_is_seen():
    """Handled in spite of it, dropped by one behind it, dropped by one that is not concerned."""
    for tell, broken in (
        (lambda s: s.drop(5, 5, "first"), False),
        (lambda s: s.message(sent_ms=5, at_ms=15), True),
        (lambda s: s.drop(5, 5, "second"), True),
        (lambda s: s.drop(5, 5, "disconnected"), False),
        (lambda s: s.drop(5, 5, "first", topic="u"), True),
        (lambda s: s.drop(5, 5, "second", topic="u"), False),
        (lambda s: s.drop(500, 500, "second", topic="u"), True),
        (lambda s: s.message(sent_ms=500, at_ms=510), False),
    ):
        story = Story()
        story.rule(1, "first", "drop", topics=("t",))
        story.rule(1, "second", "drop")
        story.rule(100, "first", "drop", installed=False, topics=("t",))
        story.rule(100, "second", "drop", installed=False)
        tell(story)
        assert (RULES in story.failed()) is broken


def test_what_is_held_or_delayed_and_comes_early_is_seen():
    """A hold that leaks is no hold."""
    for verdict, at_ms, broken in (
        *[("hold", 50, True), ("hold", 100, False)],
        *[("deliver_after", 34, True), ("deliver_after", 35, False)],
    ):
        story = Story()
        story.rule(1, "rule", verdict, amount=30.0)
        story.rule(100, "rule", verdict, amount=30.0, installed=False)
        story.message(sent_ms=5, at_ms=at_ms)
        assert (RULES in story.failed()) is broken


def test_nobody_can_say_what_a_function_decided():
    """It is passed over, and so is what was sent in the very ns of a rule's coming."""
    story = Story()
    story.rule(1, "function", "function")
    story.rule(2, "drop", "drop")
    story.message(sent_ms=5, at_ms=15)
    story.message(sent_ms=2, at_ms=12)
    assert story.checks()[RULES].passed is None


def test_a_message_of_a_broken_connection_is_seen():
    """After a reset on either side, after a crash, or of an older connection."""
    for tell, broken in (
        (lambda s: s.row(5, "net.reset", "b", peer="a", connection=1, local=False), True),
        (lambda s: s.row(5, "net.reset", "a", peer="b", connection=1, local=True), True),
        (lambda s: s.row(5, "node.crash", "b", tasks=1), True),
        (lambda s: s.row(5, "net.connect", "b", peer="a", connection=2, local=False), True),
        (lambda s: s.row(5, "net.disconnect", "b", peer="a", connection=1, local=True), True),
        (lambda s: s.row(5, "net.disconnect", "b", peer="a", connection=1, local=False), False),
        (lambda s: s.row(5, "net.disconnect", "a", peer="b", connection=1, local=True), False),
    ):
        story = Story()
        tell(story)
        story.message()
        assert (STALE in story.failed()) is broken


def test_a_request_that_waits_too_long_is_seen_unless_its_node_was_paused():
    """A paused node looks at its clock late; that is no fault of the network."""
    for paused, broken in ((False, True), (True, False)):
        story = Story()
        if paused:
            story.row(1, "node.pause", "a")
        story.row(
            2_000,
            "net.request",
            "a",
            id=1,
            receiver="b",
            topic="t",
            outcome="timeout",
            timeout_ns=1_000 * MS,
            sent_ns=0,
        )
        assert (LATE in story.failed()) is broken
