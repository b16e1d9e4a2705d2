"""Plans drawn from seeds repeat, differ, and reach every fault."""

from __future__ import annotations

from collections import Counter

from alyslab.chaos.faults import FAULTS
from alyslab.chaos.swarm import draw_plan
from alyslab.chaos.systems import system_named

QUORUM = system_named("quorum")


def test_the_same_seed_draws_the_same_plan() -> None:
    """A finding is reported by its seed."""
    assert draw_plan(QUORUM, 11) == draw_plan(QUORUM, 11)
    assert draw_plan(QUORUM, 11) != draw_plan(QUORUM, 12)


def test_what_was_drawn_is_kept_in_the_plan() -> None:
    """Without the drawn distribution nobody can say what a search has covered."""
    plan = draw_plan(QUORUM, 11)

    assert plan.drawn["seed"] == 11
    assert {entry.fault for entry in plan.entries} <= set(plan.drawn["strongest"])


def test_each_seed_leaves_most_kinds_of_fault_out() -> None:
    """That is what makes it a swarm: plans that have a bit of everything are all alike."""
    shares = [len(draw_plan(QUORUM, seed).drawn["strongest"]) / len(QUORUM.faults) for seed in range(100)]

    assert 0.15 < sum(shares) / len(shares) < 0.6


def test_every_fault_that_needs_nothing_is_drawn_sooner_or_later() -> None:
    """A fault that is never drawn protects the bugs that only it finds."""
    drawn = Counter(entry.fault for seed in range(400) for entry in draw_plan(QUORUM, seed).entries)

    assert {name for name in QUORUM.faults if not FAULTS[name].needs} == set(drawn)
