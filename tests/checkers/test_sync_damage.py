"""A node that lost its log begins another life; nobody else does."""

from __future__ import annotations

from alyslab.checkers.finality import finality_holds
from alyslab.checkers.sync_damage import lives
from alyslab.runtime.event import Event
from tests.checkers.sync_rows import at


def finalised(seconds: float, height: int, root: str = "r") -> Event:
    return at(seconds, "chain.finalised", height=height, root=root, genesis="g")


BEGUN = at(3, "store.begun", height=0, root="r0", pow_height=0, end=60)
WIPED = at(2, "disk.fault", what="wiped", file="chain/log", at=0)


def test_finality_that_the_disk_lost_is_not_held_against_the_node() -> None:
    """It tells again what it finalised before, from the beginning."""
    rows = (finalised(1, 50), WIPED, BEGUN, finalised(4, 7))

    assert finality_holds(lives(rows)).failed == ()


def test_without_damage_finality_may_not_move_back() -> None:
    """Neither an opening nor a fault alone is an excuse."""
    for rows in ((BEGUN,), (WIPED,)):
        verdict = finality_holds(lives((finalised(1, 50), *rows, finalised(4, 7))))
        assert [check.name for check in verdict.failed] == ["finality moved backwards"]


def test_a_fork_of_what_was_final_shows_in_another_life_too() -> None:
    """A new disk is no leave to finalise something else."""
    rows = (finalised(1, 7, "r7"), WIPED, BEGUN, finalised(4, 7, "other"))

    assert [check.name for check in finality_holds(lives(rows)).failed] == [
        "two finalised blocks at one height"
    ]
