"""What gossip promises under any fault, held against journals written by hand."""

from __future__ import annotations

import pytest

from alyslab.checkers.gossip_safety import check_gossip_safety
from tests.checkers.test_flood import HAS_IT, Line

ONCE = "a block is new to a peer once in each of its lives"


@pytest.fixture
def line() -> Line:
    """A block that went from a to b, and not on to c: no delivery is promised here."""
    line = Line()
    line.produce()
    line.receive("b", "a", 10)
    return line


def failed(line: Line) -> list[str]:
    return [check.name for check in check_gossip_safety(line.journal).failed]


def test_a_block_that_does_not_arrive_breaks_nothing(line: Line) -> None:
    """A partition may keep it away; only undisturbed gossip promises delivery."""
    assert check_gossip_safety(line.journal).status == "pass"


def test_a_block_taken_for_new_twice_in_one_life_is_found(line: Line) -> None:
    """It would be forwarded again, and so for ever."""
    line.receive("b", "a", 20)

    assert failed(line) == [ONCE]


def test_after_a_crash_a_block_is_new_again(line: Line) -> None:
    """What a peer remembered is gone; the check must not blame it for that."""
    line.journal.record("node.crash", "b")
    line.receive("b", "a", 20)

    assert failed(line) == []


def test_the_crash_of_another_excuses_nobody(line: Line) -> None:
    """Lives are counted for each peer."""
    line.journal.record("node.crash", "c")
    line.receive("b", "a", 20)

    assert failed(line) == [ONCE]


def test_a_peer_that_sends_what_it_has_not_is_found(line: Line) -> None:
    """Faults delay and lose; they give nobody a block."""
    line.receive("b", "c", 20, duplicate=True)

    assert failed(line) == [HAS_IT]


def test_without_receipts_nothing_can_be_said() -> None:
    """A network that was cut from the beginning has shown nothing."""
    assert check_gossip_safety(Line().journal).status == "inconclusive"
