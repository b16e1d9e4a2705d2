"""Delta debugging leaves nothing in that could be left out."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from alyslab.chaos.ddmin import ddmin


@given(st.integers(1, 40), st.sets(st.integers(0, 39), max_size=4))
def test_what_is_left_is_exactly_the_cause(size: int, cause: set[int]) -> None:
    """For a cause that needs all of its parts, minimal means equal."""
    cause = {place for place in cause if place < size}

    assert ddmin(range(size), lambda part: cause <= set(part)) == sorted(cause)


@given(st.integers(2, 30))
def test_one_of_several_causes_is_enough(size: int) -> None:
    """Where either of two does it, one is left."""
    assert len(ddmin(range(size), lambda part: 0 in part or size - 1 in part)) == 1


def test_a_predicate_that_gives_up_leaves_the_smallest_part_found() -> None:
    """A time limit must not lose what was gained."""
    asked = 0

    def still(part: Sequence[int]) -> bool:
        nonlocal asked
        asked += 1
        return asked <= 4 and 7 in part

    assert 7 in ddmin(range(20), still)
