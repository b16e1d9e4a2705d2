"""Plans drawn from seeds repeat, differ, and reach every fault."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from random import Random

from alyslab.chaos.faults import FAULTS
from alyslab.chaos.swarm import CRASH, CUTS, SHOWN_BY_CRASH, draw_plan
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


def pairs_of(plan):
    """Return each fault that a crash shows, with the crash of the same members that follows it."""
    entries = plan.entries
    return [
        (one, crash)
        for one, crash in pairwise(entries)
        if one.fault in SHOWN_BY_CRASH and crash.fault == CRASH and crash.target == one.target
    ]


def test_a_fault_of_a_disk_is_often_followed_by_a_crash_of_the_same_members() -> None:
    """What a disk has lost or spoilt shows when it is read again, which only a restart does."""
    plans = [draw_plan(QUORUM, seed) for seed in range(200)]
    faults = [
        one
        for plan in plans
        if CRASH in plan.drawn["strongest"]
        for one in plan.entries
        if one.fault in SHOWN_BY_CRASH
    ]
    pairs = [pair for plan in plans for pair in pairs_of(plan)]

    assert len(faults) > 50
    assert len(pairs) > 0.3 * len(faults)
    assert all(one.start_s <= crash.start_s for one, crash in pairs)


def test_entries_that_share_a_target_hit_the_same_members() -> None:
    """The draw is the target's, not the entry's."""
    members = QUORUM.members(QUORUM.options)
    shared = [pair[0].target for seed in range(60) for pair in pairs_of(draw_plan(QUORUM, seed))]

    assert shared
    for target in shared:
        assert target.resolve(members, (), Random(1)) == target.resolve(members, (), Random(2))


def test_a_cut_leaves_somebody_on_the_other_side() -> None:
    """A partition of all members from nobody is no fault, and a seed spent on nothing."""
    cuts = [e for seed in range(200) for e in draw_plan(QUORUM, seed).entries if e.fault in CUTS]

    assert cuts
    assert all(entry.target.select != "all" for entry in cuts)
