"""Hunts find what is planted, say how soon, and give up where they must."""

from __future__ import annotations

import pytest

from alyslab.chaos import hunt as module
from alyslab.chaos.hunt import CHUNK, hunt_all
from alyslab.chaos.trial import Trial
from alyslab.runtime.token import Token

SEND_BACK, DEAF = "validation.send_back", "mining.deaf"


def test_a_hunt_says_how_many_seeds_it_took_and_who_found_it() -> None:
    """The table of the catalogue is made of these."""
    (hunt,) = hunt_all([SEND_BACK], limit=3, version="v1")

    assert (hunt.seeds, hunt.case, hunt.version) == (1, "network:broadcast", "v1")
    assert hunt.checks == ("each value costs 2E - (n - 1) messages",)
    assert Token.parse(hunt.token).planted == (SEND_BACK,)
    assert hunt.outcome == "1 seed"


def trial(case: str, seed: int, planted: tuple[str, ...], *checks: str) -> Trial:
    return Trial(
        case=case,
        seed=seed,
        status="fail" if checks else "pass",
        checks=checks,
        token="alys1-x",
        planted=planted,
        virtual_s=0.0,
        wall_s=0.0,
    )


def test_a_hunt_goes_on_over_its_chunks_until_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The seed that shows the bug is in the third chunk."""

    def at_last(case: str, seed: int, planted: tuple[str, ...] = ()) -> Trial:
        return trial(case, seed, planted, *(["seen"] if planted and seed == 2 * CHUNK + 3 else []))

    monkeypatch.setattr(module, "attempt", at_last)
    (short,) = hunt_all([DEAF], limit=2 * CHUNK)
    (long,) = hunt_all([DEAF], limit=4 * CHUNK)

    assert (short.seeds, short.outcome) == (None, "NOT FOUND")
    assert long.seeds == 2 * CHUNK + 4


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


def test_what_breaks_without_the_bug_too_is_no_find_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A false alarm would otherwise count as found, and each bug of a broken system as found at once."""

    def always_alarmed(case: str, seed: int, planted: tuple[str, ...] = ()) -> Trial:
        own = ["the bug's own"] if planted and seed == 2 else []
        return trial(case, seed, planted, "loose screw", *own)

    monkeypatch.setattr(module, "attempt", always_alarmed)
    (found,) = hunt_all([SEND_BACK], limit=5)
    (missed,) = hunt_all([SEND_BACK], limit=2)

    assert (found.seeds, found.checks, found.alarms) == (3, ("the bug's own",), 2)
    assert (missed.outcome, missed.alarms) == ("NOT FOUND", 2)
