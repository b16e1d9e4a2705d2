"""The checker of miners' own rules, on journals made by hand."""

from __future__ import annotations

from alyslab.checkers.mining import LONGEST, WHOLE, check_mining
from alyslab.runtime import Journal


class Clock:
    now_ns = 0


def broken(*rows: tuple[str, int, int], parent: int = 0) -> list[str]:
    """Judge rows of one miner: what happened, the block, its height."""
    journal = Journal(Clock())
    for kind, block, height in rows:
        extra = {"parent": parent} if kind == "found" else {}
        journal.record(f"mining.{kind}", "a", block=block, height=height, **extra)
    return [check.name for check in check_mining(journal).failed]


def test_an_honest_miner_passes() -> None:
    """It extends its own block, or a longer chain that it has heard of."""
    assert broken(("found", 1, 1), ("published", 1, 1), ("heard", 2, 2), ("found", 3, 3)) == []


def test_a_block_below_what_was_heard_is_noticed() -> None:
    """A miner that does not listen wastes its power, and forks the chain."""
    assert broken(("found", 1, 1), ("heard", 2, 2), ("found", 3, 2)) == [LONGEST]


def test_a_lead_that_shrinks_to_one_has_to_be_published() -> None:
    """Kept back, it can only be lost."""
    lead = (("found", 1, 1), ("found", 2, 2), ("heard", 9, 1))

    assert broken(*lead, ("published", 1, 1), ("published", 2, 2)) == []
    assert broken(*lead, ("published", 1, 1)) == [WHOLE]


def test_a_longer_lead_may_be_kept() -> None:
    """The miner answers with as many blocks as the others have, and keeps the rest."""
    rows = (("found", 1, 1), ("found", 2, 2), ("found", 3, 3), ("heard", 9, 1), ("published", 1, 1))

    assert broken(*rows) == []


def test_what_was_heard_before_owes_nothing() -> None:
    """A late block of a height that is public already changes nothing."""
    rows = (("heard", 9, 1), ("found", 2, 2), ("heard", 8, 1))

    assert broken(*rows) == []


def test_a_journal_without_blocks_shows_nothing() -> None:
    """Not a success."""
    assert check_mining(Journal(Clock())).status == "inconclusive"
