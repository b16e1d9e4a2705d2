"""Who may produce is held against the source."""

from __future__ import annotations

import pytest

from alyslab.checkers.sync_production import production_is_gated
from alyslab.runtime.event import Event
from tests.checkers.sync_rows import at, log


def production(seconds: float, height: int, state: str, allowed: bool = True) -> Event:
    return at(seconds, "sync.production", allowed=allowed, state=state, height=height, target=height)


@pytest.mark.parametrize(
    ("row", "status"),
    [
        (production(20, 100, "synced"), "pass"),
        (production(20, 90, "synced"), "pass"),
        (production(20, 89, "synced"), "fail"),
        (production(20, 99, "catching_up"), "fail"),
        (production(20, 50, "blocks", allowed=False), "pass"),
    ],
)
def test_production_is_held_against_the_source(row: Event, status: str) -> None:
    """Not against what the node takes for its target."""
    assert production_is_gated(log(row)).status == status
