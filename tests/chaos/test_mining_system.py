"""A selfish miner under chaos keeps a private branch, earns what theory says, and is noticed by others."""

from __future__ import annotations

import math
from collections import Counter
from functools import cache
from typing import Any

import pytest

from alyslab.chaos.attacks import accounts
from alyslab.chaos.conduct import Outcome, run_plan
from alyslab.chaos.plan import Entry, Phases, Plan
from alyslab.chaos.systems import system_named
from alyslab.chaos.target import Target
from alyslab.chaos.trial import attempt
from alyslab.harnesses.mining.closed_forms import selfish_revenue_ratio, selfish_threshold
from alyslab.harnesses.mining.pool import CASES, OF_BLOCKS, Watch

SELFISH = "miner-2"
LONG = Phases(steady_s=40.0, faults_s=12_000.0, converge_s=400.0)
"""Some 1,200 blocks at one in 10 s, of which one in 500 forks by the latency alone."""
SHORT = LONG.model_copy(update={"faults_s": 2_000.0})


@cache
def mined(share: float, *, seed: int = 1, phases: Phases = LONG, **fields: Any) -> Outcome:
    """The run in which one miner has so much of all power, and is selfish with it."""
    selfish = Entry(
        fault="byzantine.selfish_mining",
        target=Target(select="named", names=(SELFISH,)),
        start_s=1.0,
        end_s=phases.faults_s - 1.0,
        parameters={"share_ratio": share, "activity_ratio": fields.pop("activity_ratio", 1.0)},
    )
    plan = Plan(system="mining", options={"interval_ms": 10_000.0}, phases=phases, entries=(selfish,))
    return run_plan(plan, seed=seed, **fields)


def earned(outcome: Outcome) -> tuple[float, int]:
    """Its share of the chain, and of how many blocks."""
    (row,) = outcome.run.journal.select(kind="adversary.revenue")
    return row.fields["won"] / row.fields["works"], row.fields["works"]


@pytest.mark.parametrize(
    "share", [*(pytest.param(share, marks=pytest.mark.slow) for share in (0.1, 0.25)), 0.4]
)
def test_a_selfish_miner_earns_what_theory_says_on_both_sides_of_the_threshold(share: float) -> None:
    """Below a third of all power it costs, above it pays.  Source: Eyal and Sirer 2014, equation 8."""
    outcome = mined(share)
    ratio, works = earned(outcome)
    expected = selfish_revenue_ratio(share, 0.0)
    # Blocks of one branch stand together: three times as wide as for draws one by one.
    error = 3 * 1.5 * math.sqrt(expected * (1 - expected) / works)

    assert abs(ratio - expected) < error
    assert (ratio > share) == (share > selfish_threshold(0.0))
    assert outcome.verdict.status == "pass"


def test_honest_miners_notice_the_selfish_one_and_suspect_nobody_else() -> None:
    """From when blocks came to them; a suspicion that falls on anybody would fall on honest ones."""
    outcome = mined(0.4)
    rows = list(outcome.run.journal.select(kind="mining.suspected"))
    (one,) = accounts(outcome.run.journal)

    assert {row.fields["peer"] for row in rows if row.subject != SELFISH} == {SELFISH}
    assert set(one.noticed_by) == set(system_named("mining").members({"miners": 6})) - {SELFISH}
    assert one.noticed_after_s is not None
    assert one.noticed_after_s < 1_000
    assert one.earned_ratio == earned(outcome)[0]
    assert one.safe is None
    assert "earned" in one.summary


@pytest.mark.slow
def test_miners_who_are_all_honest_are_not_suspected() -> None:
    """The same power, nothing kept back."""
    outcome = mined(0.4, activity_ratio=0.0)

    assert not list(outcome.run.journal.select(kind="mining.suspected"))
    assert abs(earned(outcome)[0] - 0.4) < 3 * math.sqrt(0.24 / earned(outcome)[1])
    assert not accounts(outcome.run.journal)[0].acts


def test_the_branch_is_private_until_it_is_shown_and_shown_whole_when_it_ends() -> None:
    """Withholding is what makes the attack: there must be blocks that nobody heard of for a while."""
    journal = mined(0.45, phases=SHORT).run.journal
    found = {row.fields["block"]: row.time_ns for row in journal.select(kind="mining.found", subject=SELFISH)}
    shown = {
        row.fields["block"]: row.time_ns for row in journal.select(kind="mining.published", subject=SELFISH)
    }
    waits = Counter(shown[block] - at_ns > 1_000_000_000 for block, at_ns in found.items() if block in shown)

    assert waits[True] > waits[False] > 0


def test_a_miner_that_publishes_late_is_caught_by_the_systems_own_judge() -> None:
    """The planted bug: a lead that has shrunk to one block stays hidden."""
    assert mined(0.4, phases=SHORT).verdict.status == "pass"
    assert mined(0.4, phases=SHORT, planted=("mining.publishes_late",)).verdict.status == "fail"


@pytest.mark.slow
def test_no_false_alarm_in_forty_drawn_plans_of_miners() -> None:
    """Faults of the network and pauses break none of the miners' promises."""
    trials = [attempt("chaos:mining", seed) for seed in range(1, 41)]

    assert [(trial.seed, trial.checks, trial.note) for trial in trials if trial.status != "pass"] == []


def test_a_watch_counts_blocks_that_come_right_behind_others() -> None:
    """Not those that come alone, nor copies, and it begins anew once it has told."""
    told: list[tuple[str, int]] = []
    watch = Watch(100, lambda peer, cases: told.append((peer, cases)))
    for number in range(OF_BLOCKS):
        watch.came("slow", number, 1_000 * number)
    for _ in range(OF_BLOCKS):
        watch.came("copies", OF_BLOCKS - 1, 1_000 * OF_BLOCKS)
    assert told == []

    for number in range(100, 100 + 2 * CASES):
        now_ns = 10_000 * number
        watch.found(1_000 + number, now_ns)
        watch.came("near", number, now_ns + 100)
    assert told == [("near", CASES)] * 2
