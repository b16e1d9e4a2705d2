"""Real pressure stays within its caps and is always released."""

from __future__ import annotations

import psutil
import pytest

from alyslab.chaos.pressure import MOST_BYTES, pressing
from alyslab.errors import HarnessError

BYTES = 48 * 1024 * 1024


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def test_memory_is_really_held_and_released_after() -> None:
    """As the operating system measures it, not as we count."""
    before = children()
    with pressing(held_bytes=BYTES, longest_s=30) as pressure:
        held, _ = pressure.measure()
        assert held >= BYTES
    assert children() <= before


def test_the_child_is_ended_when_the_block_raises() -> None:
    """Pressure that outlives its test slows everything after it."""
    before = children()
    with pytest.raises(KeyError), pressing(busy_ratio=0.1, longest_s=30):
        raise KeyError
    assert children() <= before


@pytest.mark.parametrize(
    "asked", [{"held_bytes": MOST_BYTES + 1}, {"busy_ratio": 1.5}, {"longest_s": 3_600.0}, {"held_bytes": -1}]
)
def test_more_than_is_allowed_is_refused(asked: dict[str, float]) -> None:
    """The machine belongs to others too."""
    with pytest.raises(HarnessError, match="more pressure than is allowed"), pressing(**asked):  # type: ignore[arg-type]
        pass
