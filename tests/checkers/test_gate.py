from __future__ import annotations

from typing import Any

import pytest

from alyslab.checkers.gate import production_is_allowed
from alyslab.runtime.event import Event
from tests.checkers.events import event

RULE: dict[str, Any] = {
    "ratio_least": 0.995,
    "behind_most": 10,
    "health_least": 0.0,
    "needs_federation": False,
    "governance_most": -1.0,
    "fresh_ms": 15_000,
}
NOW: dict[str, Any] = {
    "slot": 7,
    "state": "catching_up",
    "height": 999,
    "target": 1_000,
    "health": 1.0,
    "federation": True,
    "governance": 0.0,
    "age_ms": 0,
}


def gated(**changes: Any) -> Event:
    return event("consensus.gated", "a", **{**RULE, **changes})


def decided(allowed: bool, **changes: Any) -> Event:
    return event("consensus.gate", "a", allowed=allowed, **{**NOW, **changes})


def produced(slot: int = 7) -> Event:
    return event("consensus.produced", "a", slot=slot, height=1_000, root="x")


def skipped(reason: str, slot: int = 7) -> Event:
    return event("consensus.skipped", "a", slot=slot, reason=reason)


def broken(*events: Event) -> list[object]:
    return [check.observed for check in production_is_allowed(events).checks]


def test_a_turn_that_the_gate_gives_is_taken_and_one_that_it_does_not_is_left() -> None:
    """Either way the gate was asked for this slot."""
    assert broken(gated(), decided(True), produced()) == [0, 0]
    assert broken(gated(), decided(False, state="headers"), skipped("gate")) == [0, 0]
    assert broken(gated(), decided(True), skipped("halted")) == [None, 0]


def test_a_block_without_a_word_of_the_gate_is_found() -> None:
    """Unasked, asked for another slot, or against what it said."""
    assert broken(gated(), produced())[0] == 1
    assert broken(gated(), decided(True, slot=6), produced())[0] == 1
    assert broken(gated(), decided(False, state="headers"), produced())[0] == 1
    assert broken(gated(), decided(True), skipped("gate"))[0] == 1


def test_who_has_no_gate_needs_none() -> None:
    """V1's nodes write in their turns."""
    assert production_is_allowed([produced()]).status == "inconclusive"


@pytest.mark.parametrize(
    ("rule", "now", "right"),
    [
        ({}, {}, True),
        ({}, {"height": 994}, False),
        ({}, {"height": 9_985, "target": 10_000}, False),
        ({"behind_most": -1}, {"height": 9_985, "target": 10_000}, True),
        ({}, {"state": "blocks"}, False),
        ({}, {"state": "synced", "height": 1}, True),
        ({}, {"age_ms": 15_001}, False),
        ({}, {"age_ms": 15_001, "state": "synced"}, False),
        ({"health_least": 0.7}, {"health": 0.69}, False),
        ({"needs_federation": True}, {"federation": False}, False),
        ({"needs_federation": True}, {"federation": False, "state": "synced"}, False),
        ({"governance_most": 0.1}, {"governance": 0.1}, False),
        ({"governance_most": 0.1}, {"governance": 0.09}, True),
    ],
)
def test_a_decision_is_held_against_its_rule(rule: dict[str, Any], now: dict[str, Any], right: bool) -> None:
    """In both directions: a gate that is shut for no reason silences a federation."""
    assert broken(gated(**rule), decided(right, **now))[1] == 0
    assert broken(gated(**rule), decided(not right, **now))[1] == 1
