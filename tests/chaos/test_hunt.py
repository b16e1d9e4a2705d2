"""Hunts find what is planted, say how soon, and give up where they must."""

from __future__ import annotations

from alyslab.chaos.hunt import CHUNK, hunt_all
from alyslab.runtime.token import Token

SEND_BACK, DEAF = "validation.send_back", "mining.deaf"


def test_a_hunt_says_how_many_seeds_it_took_and_who_found_it() -> None:
    """The table of the catalogue is made of these."""
    (hunt,) = hunt_all([SEND_BACK], limit=3, version="v1")

    assert (hunt.seeds, hunt.case, hunt.version) == (1, "network:broadcast", "v1")
    assert hunt.checks == ("each value costs 2E - (n - 1) messages",)
    assert Token.parse(hunt.token).planted == (SEND_BACK,)
    assert hunt.outcome == "1 seed"


def test_a_hunt_goes_on_over_its_chunks_until_its_limit() -> None:
    """Eight seeds miss the deaf miner where the first one is selfish or too small to matter."""
    (short,) = hunt_all([DEAF], limit=1, first_seed=0)
    (long,) = hunt_all([DEAF], limit=4 * CHUNK, first_seed=0)

    assert (short.seeds, short.outcome) == (None, "NOT FOUND")
    assert long.seeds is not None
    assert 1 < long.seeds <= 4 * CHUNK


def test_a_bug_that_no_case_shows_is_said_to_be_not_hunted() -> None:
    """It is neither found nor missed."""
    (hunt,) = hunt_all(["nobody.knows"], limit=5)

    assert (hunt.cases, hunt.seeds, hunt.outcome) == ((), None, "not hunted")


def test_hunts_end_in_the_order_asked_and_closing_starts_no_other() -> None:
    """Somebody who has seen enough stops it."""
    hunts = hunt_all([SEND_BACK, DEAF], limit=1)

    assert next(hunts).defect == SEND_BACK
    hunts.close()
    assert list(hunts) == []
