"""The checker of the replicated store bites on histories made by hand, and so do its planted bugs."""

from __future__ import annotations

import pytest

from alyslab.chaos.hunt import hunt_all
from alyslab.chaos.quorum.checker import check_store
from alyslab.chaos.quorum.defects import DEFECTS
from alyslab.chaos.trial import attempt
from alyslab.runtime import Journal

from .plans import entry, outcome

STALE = "a read returns what was acknowledged before it"
INVENTED = "a read returns what was written"
MISSING = "what was acknowledged is there at the end"
SWALLOWED = "quorum.disk_error_swallowed"


class Clock:
    now_ns = 0


class History:
    """A journal written by hand: writes and reads of one key, then what is left."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.journal = Journal(self.clock)

    def begin(self, at: int, value: int) -> History:
        self.clock.now_ns = at
        self.journal.record("quorum.write", "a", key="k", value=value)
        return self

    def end(self, at: int, what: str, value: int, began: int, outcome: str = "done") -> History:
        self.clock.now_ns = at
        self.journal.record(
            "quorum.operation", "a", what=what, key="k", value=value, started_ns=began, outcome=outcome
        )
        return self

    def left(self, value: int) -> list[str]:
        self.journal.record("quorum.state", "a", key="k", value=value)
        return [check.name for check in check_store(self.journal).failed]


def test_a_sound_history_passes() -> None:
    """A read that overlaps a write may return the old value or the new one."""
    history = History().begin(1, 1).end(2, "write", 1, 1).begin(10, 2).end(20, "read", 1, 9)

    assert history.end(21, "read", 2, 11).end(30, "write", 2, 10).left(2) == []


def test_a_read_of_an_old_value_is_stale() -> None:
    """The promise of a single copy."""
    history = History().begin(1, 1).end(2, "write", 1, 1).begin(3, 2).end(4, "write", 2, 3)

    assert history.end(6, "read", 1, 5).left(2) == [STALE]


def test_a_read_may_not_go_back_behind_another_read() -> None:
    """Even where the write was never acknowledged."""
    history = History().begin(1, 1).end(2, "write", 1, 1).begin(3, 2).end(5, "read", 2, 4)

    assert history.end(7, "read", 1, 6).left(2) == [STALE]


def test_a_value_that_nobody_wrote_is_invented() -> None:
    """Corruption that a check sum should have caught."""
    assert History().begin(1, 1).end(2, "write", 1, 1).end(6, "read", 77, 5).left(77) == [INVENTED]


def test_an_acknowledged_write_that_nobody_has_at_the_end_is_missing() -> None:
    """Durability, looked at where the data is."""
    history = History().begin(1, 1).end(2, "write", 1, 1).begin(3, 2).end(4, "write", 2, 3)

    assert history.end(5, "read", 2, 5).left(1) == [MISSING]


def test_a_write_of_unknown_fate_may_be_there_or_not() -> None:
    """A time-out is no answer."""
    history = History().begin(1, 1).end(2, "write", 1, 1).begin(3, 2).end(4, "write", 2, 3, "unknown")

    assert history.end(6, "read", 1, 5).end(8, "read", 2, 7).left(2) == []


def test_the_unbroken_store_survives_drawn_plans() -> None:
    """No false alarm; the long lane runs thousands."""
    assert {attempt("chaos:quorum", seed).status for seed in range(2)} == {"pass"}


def test_a_swallowed_disk_error_shows_when_all_crash_after_it() -> None:
    """Two faults that do nothing alone: the plans that find it pair them."""
    errors = entry("resource.io_errors", "all", start_s=0.5, end_s=4.0, parameters={"error_ratio": 0.9})
    crash = entry("process.crash", "all", start_s=3.0, end_s=3.5)

    assert outcome(errors, crash).verdict.status == "pass"
    broken = outcome(errors, crash, planted=(SWALLOWED,)).verdict
    assert [check.name for check in broken.failed] == [STALE, MISSING]


@pytest.mark.soak
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("defect", DEFECTS)
def test_every_planted_bug_is_found_within_two_hundred_seeds(defect: str) -> None:
    """A checker that no bug can trip proves nothing.  Source: issue 7."""
    (hunt,) = hunt_all([defect], limit=200)

    assert hunt.seeds is not None


@pytest.mark.soak
@pytest.mark.timeout(1_800)
def test_nothing_is_found_in_hundreds_of_seeds_where_nothing_is_planted() -> None:
    """False alarms would teach people to ignore true ones."""
    alarms = [seed for seed in range(5_000, 5_200) if attempt("chaos:quorum", seed).status != "pass"]

    assert alarms == []
