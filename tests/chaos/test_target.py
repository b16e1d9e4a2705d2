"""A selector hits as many members as it says, and the same ones for the same draw."""

from __future__ import annotations

from random import Random

import pytest

from alyslab.chaos.target import Target

MEMBERS = ("a", "b", "c", "d", "e", "f", "g")


@pytest.mark.parametrize(
    ("select", "size"), [("one", 1), ("minority_third", 2), ("minority", 3), ("majority", 4), ("all", 7)]
)
def test_a_selector_hits_as_many_as_its_name_says(select: str, size: int) -> None:
    """A minority that could be half would break what only a minority is promised to bear."""
    target = Target(select=select)  # type: ignore[arg-type]

    assert len(target.resolve(MEMBERS, (), Random(1))) == size == target.size(7)


def test_members_come_in_the_order_of_the_system() -> None:
    """Faults act in this order; a drawn one would differ between runs of one seed."""
    for seed in range(20):
        hit = Target(select="majority").resolve(MEMBERS, (), Random(seed))
        assert list(hit) == sorted(hit)


def test_a_selector_with_a_seed_hits_the_same_whatever_the_run_draws() -> None:
    """A plan edited by hand must keep its victims over seeds of the run."""
    target = Target(select="one", seed=5)

    assert len({target.resolve(MEMBERS, (), Random(seed)) for seed in range(20)}) == 1
    assert len({Target(select="one").resolve(MEMBERS, (), Random(seed)) for seed in range(20)}) > 1


def test_random_never_hits_nobody() -> None:
    """A fault without a victim is no fault."""
    assert all(Target(select="random").resolve(MEMBERS, (), Random(seed)) for seed in range(300))


def test_primaries_are_those_that_lead_at_that_moment() -> None:
    """Who leads is known to the system alone."""
    assert Target(select="primaries").resolve(MEMBERS, ("f", "b"), Random(1)) == ("b", "f")


def test_only_what_is_certain_counts_as_certain() -> None:
    """Contradictions are refused where they are sure to happen, and nowhere else."""
    assert Target(select="named", names=("b",)).surely(MEMBERS) == {"b"}
    assert Target(select="all").surely(MEMBERS) == set(MEMBERS)
    assert Target(select="minority").surely(MEMBERS) == frozenset()


def test_where_only_some_are_able_they_alone_are_drawn_and_as_many_as_of_all() -> None:
    """A follower has no key to cheat with; an attack that drew it would count as borne."""
    able = MEMBERS[:3]
    for seed in range(20):
        for select in ("one", "minority", "random"):
            hit = Target(select=select).resolve(MEMBERS, (), Random(seed), able=able)
            assert hit
            assert set(hit) <= set(able)
    minority = Target(select="minority")
    assert len(minority.resolve(MEMBERS, (), Random(1), able=able)) == minority.size(len(MEMBERS))
    assert Target(select="all").resolve(MEMBERS, (), Random(1), able=able) == able
