"""Finality never moves back, never forks, and bounds the chain."""

from __future__ import annotations

from alyslab.checkers.finality import finality_holds, halts
from tests.checkers.events import finalised, imported, rolled_back


def test_nothing_finalised_is_inconclusive() -> None:
    """A chain that never finalised has shown nothing about finality."""
    assert finality_holds([imported("n", 1)]).status == "inconclusive"
    assert halts([], max_blocks_without_pow=3).status == "inconclusive"


def test_finality_that_grows_passes() -> None:
    """Also on nodes that finalise at different times."""
    assert (
        finality_holds([finalised("a", 2), finalised("b", 1), finalised("a", 5), finalised("b", 5)]).status
        == "pass"
    )


def test_finality_that_falls_is_found_with_both_events() -> None:
    """By a later finalisation or by a rollback."""
    for second in (finalised("a", 2), rolled_back("a", 4, finalised=3)):
        first = finalised("a", 4)
        verdict = finality_holds([first, second])
        assert [check.name for check in verdict.failed] == ["finality moved backwards"]
        assert verdict.failed[0].evidence == (first.as_dict(), second.as_dict())


def test_two_finalised_blocks_at_one_height_are_found() -> None:
    """The one thing that a federation of honest members may never do; other chains do not count."""
    verdict = finality_holds([finalised("a", 4, "x"), finalised("b", 4, "y")])
    assert [check.name for check in verdict.failed] == ["two finalised blocks at one height"]
    assert finality_holds([finalised("a", 4, "x"), finalised("b", 4, "y", genesis="h")]).status == "pass"


def test_the_gap_is_counted_from_the_finalised_height() -> None:
    """Blocks with work do not count: they are what ends the gap."""
    journal = [
        imported("a", 1),
        finalised("a", 1),
        imported("a", 2),
        imported("a", 3),
        imported("a", 9, pow_bits=5),
    ]
    assert halts(journal, max_blocks_without_pow=2).status == "pass"
    assert halts(journal, max_blocks_without_pow=1).status == "fail"
