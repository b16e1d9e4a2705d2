"""The checker of a flood of values, on journals made by hand."""

from __future__ import annotations

from alyslab.checkers.broadcast import PRICE, REACHED, SLOW, check_broadcast
from alyslab.runtime import Journal

LINE = ("a", "b", "c")


class Clock:
    now_ns = 0


def journal(*, seen: str = "abc", sent: tuple[tuple[str, str], ...] = (("a", "b"), ("b", "c")), ms: int = 10):
    """A value on the line a - b - c, which costs 2·2 - 2 messages."""
    clock = Clock()
    made = Journal(clock)
    for one, other in (("a", "b"), ("b", "c")):
        for end, peer in ((one, other), (other, one)):
            made.record("net.connect", end, peer=peer, connection=1, local=True)
    made.record("broadcast.value", "a", value=0, acknowledged_ns=0)
    for node in seen:
        made.record("broadcast.seen", node, value=0)
    clock.now_ns = ms * 1_000_000
    for sender, receiver in sent:
        made.record("net.message", receiver, sender=sender, topic="t", sent_ns=0)
    return made


def failed(**rows) -> list[str]:
    return [check.name for check in check_broadcast(journal(**rows), topic="t", latency_ms=10.0).failed]


def test_a_flood_at_its_price_passes() -> None:
    """Each link once, as the graph is a tree."""
    assert failed() == []


def test_a_node_that_learns_nothing_is_noticed() -> None:
    """Even where it was sent nothing: the links say that it is there."""
    assert failed(seen="ab", sent=(("a", "b"),)) == [REACHED, PRICE]


def test_a_message_too_many_is_noticed() -> None:
    """The naive flood tells a node what it has just told."""
    assert failed(sent=(("a", "b"), ("b", "a"), ("b", "c"))) == [PRICE]


def test_a_message_that_takes_longer_than_its_link_is_noticed() -> None:
    """A fifth more."""
    assert failed(ms=12) == [SLOW]


def test_without_a_value_there_is_nothing_to_see() -> None:
    """Not a success."""
    assert check_broadcast(Journal(Clock()), topic="t", latency_ms=1.0).status == "inconclusive"
