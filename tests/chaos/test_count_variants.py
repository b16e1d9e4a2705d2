"""Counts are what a workload is long of; what has a unit is not made smaller blindly."""

from __future__ import annotations

from alyslab.chaos.count_variants import counts, smaller_counts


async def workload(
    *, peers: int = 8, blocks: int = 1, slot_ms: int = 5_000, loss_ratio: float = 0.5, trouble: bool = True
) -> None:
    """A workload with two counts."""


def test_counts_are_whole_numbers_without_a_unit() -> None:
    """A slot of 2,500 ms is another experiment, not a smaller one."""
    assert counts(workload, {}) == {"peers": 8, "blocks": 1}
    assert counts(workload, {"blocks": 40, "slot_ms": 100}) == {"peers": 8, "blocks": 40}


def test_each_variant_makes_one_count_smaller_the_greatest_step_first() -> None:
    """Most of what can go goes at once."""
    found = list(smaller_counts(workload, {"slot_ms": 100}))

    assert [one["peers"] for one in found] == [1, 2, 4, 6, 7]
    assert all(one["slot_ms"] == 100 for one in found)


def test_what_is_at_its_least_has_no_variant() -> None:
    """Nothing below one of anything."""
    assert list(smaller_counts(workload, {"peers": 1})) == []


async def made_of(*, scenes: tuple[str, ...] = ("a", "b", "c"), names: tuple[str, ...] = ()) -> None:
    """A workload that is made of scenes."""


def test_a_list_of_words_is_halved_and_then_loses_one_at_a_time() -> None:
    """The scene that matters may be the last one; without any there is no workload."""
    assert counts(made_of, {}) == {"scenes": 3}
    assert [one["scenes"] for one in smaller_counts(made_of, {})] == [
        ["a"],
        ["b", "c"],
        ["b", "c"],
        ["a", "c"],
        ["a", "b"],
    ]
    assert list(smaller_counts(made_of, {"scenes": ["c"]})) == []
