"""Started again after 1 s, doubling, five times in ten minutes; then when there is room."""

from __future__ import annotations

from alyslab.harnesses.sync.restarts import Restarts


def test_five_restarts_wait_longer_each_time() -> None:
    """V2's supervisor of the sync."""
    restarts = Restarts()

    assert [restarts.wait_s(100.0) for _ in range(5)] == [1, 2, 4, 8, 16]


def test_the_sixth_waits_until_the_first_no_longer_counts() -> None:
    """And is not the end: an outage of an hour must not take a node out for good."""
    restarts = Restarts()
    waits = [restarts.wait_s(now_s) for now_s in (0, 10, 20, 30, 40, 100)]

    assert waits[-1] == 1 + 600 - 100
    assert all(wait_s > 0 for wait_s in waits)


def test_after_ten_quiet_minutes_the_count_begins_again() -> None:
    """A failure a day is no loop."""
    restarts = Restarts()

    assert [restarts.wait_s(now_s) for now_s in (0, 5, 2_000)] == [1, 2, 1]
