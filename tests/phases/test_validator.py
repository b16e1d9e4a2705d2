from __future__ import annotations

import pytest

from alyslab.checkers.verdict import Observable
from alyslab.phases.phase import Limit
from alyslab.phases.validator import Observation, judge

DELAY = Limit(
    name="delay_ms_p90",
    claim="most are quick",
    comparison="<=",
    limit=0.5,
    per="slot_ms",
    unit="ms",
    source="a test",
)
SAME = Limit(name="same", claim="it is the same", comparison="==", limit=True, source="a test")


def delay(value: Observable) -> dict[str, Observation]:
    return {"delay_ms_p90": Observation(name="delay_ms_p90", value=value, unit="ms", note="seen")}


@pytest.mark.parametrize(
    ("value", "status"), [(999.0, "pass"), (1_000.0, "pass"), (1_000.1, "fail"), (None, "inconclusive")]
)
def test_an_observation_is_held_against_its_limit(value: Observable, status: str) -> None:
    """The gate decides on both sides of the bound, and on nothing when nothing was seen."""
    assert judge([DELAY], delay(value), {"slot_ms": 2_000}).status == status


def test_a_share_follows_its_parameter() -> None:
    """Half a slot is half of the slot that was simulated, not of the one in the documents."""
    assert judge([DELAY], delay(999.0), {"slot_ms": 1_000}).status == "fail"


def test_what_was_not_observed_is_inconclusive_and_says_so() -> None:
    """A workload that forgot to look must not pass."""
    verdict = judge([DELAY, SAME], {}, {"slot_ms": 2_000})

    assert verdict.status == "inconclusive"
    assert [check.note for check in verdict.checks] == ["not observed", "not observed"]


def test_a_check_carries_what_a_reader_needs() -> None:
    """Claim, bound, unit, source and note all come out in the report."""
    (check,) = judge([DELAY], delay(5.0), {"slot_ms": 2_000}).checks

    assert (check.name, check.limit, check.unit, check.source, check.note) == (
        "most are quick",
        1_000.0,
        "ms",
        "a test",
        "seen",
    )


def test_seconds_are_not_compared_with_milliseconds() -> None:
    """The Rust framework mixes per minute and per second; here a unit is part of the value."""
    observations = {"delay_ms_p90": Observation(name="delay_ms_p90", value=1.0, unit="s")}

    with pytest.raises(ValueError, match="in 's', its limit in 'ms'"):
        judge([DELAY], observations, {"slot_ms": 2_000})
