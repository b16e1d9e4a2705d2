"""A plan runs from steady state to convergence, and repeats from its token."""

from __future__ import annotations

import subprocess
import sys

import pytest

from alyslab.chaos.conduct import CONVERGES, judge, run_plan
from alyslab.chaos.plan import Entry, Phases, Plan
from alyslab.checkers.verdict import Verdict
from alyslab.runtime import Journal, simulate
from alyslab.runtime.replay import replay

from .plans import SHORT, entry, outcome, plan

ENTRIES = (
    entry("process.crash", start_s=0.5, end_s=2.0),
    entry("network.loss", "all", start_s=1.0, end_s=4.0),
    entry("clock.strobe", "one", start_s=2.0, end_s=5.0),
    entry("process.slow", "majority", start_s=2.5, end_s=4.5),
)


@pytest.fixture(scope="module")
def done():
    return outcome(*ENTRIES)


def test_the_store_bears_a_bit_of_everything(done) -> None:
    """The reference system is there to be believed: unbroken, it keeps its promises."""
    assert done.verdict.status == "pass"


def test_the_token_carries_the_plan_and_repeats_the_run(done) -> None:
    """A finding that can't be repeated is a rumour."""
    assert replay(done.run.token).same


def test_phases_come_in_order_and_last_as_long_as_the_plan_says(done) -> None:
    """Steady state before, faults, quiet after."""
    phases = {event.subject: event.time_ns / 1e9 for event in done.run.journal.select(kind="chaos.phase")}

    assert list(phases) == ["steady", "faults", "quiet", "end"]
    assert phases["faults"] - phases["steady"] == SHORT.steady_s
    assert phases["quiet"] - phases["faults"] == 6.0


def test_every_fault_begins_and_ends_when_the_plan_says(done) -> None:
    """The plan is the truth of what was asked, the journal of what was done; they must agree."""
    began = {
        e.subject: e.time_ns / 1e9 - SHORT.steady_s for e in done.run.journal.select(kind="chaos.injected")
    }
    ended = {
        e.subject: e.time_ns / 1e9 - SHORT.steady_s for e in done.run.journal.select(kind="chaos.healed")
    }

    assert began == {one.id: one.start_s for one in done.plan.entries}
    assert ended == {one.id: one.end_s for one in done.plan.entries}


def test_leaving_an_entry_out_shifts_no_other_one_s_draws(done) -> None:
    """Or shrinking would search among other runs than the one that failed."""
    fewer = run_plan(plan(*ENTRIES).model_copy(update={"entries": done.plan.entries[2:]}), seed=3)

    def targets(journal: Journal) -> dict[str, str]:
        return {event.subject: event.fields["targets"] for event in journal.select(kind="chaos.injected")}

    whole, part = targets(done.run.journal), targets(fewer.run.journal)
    assert part == {name: whole[name] for name in ("e3", "e4")}


def test_a_system_that_never_becomes_whole_breaks_the_promise_of_liveness() -> None:
    """Liveness is a bound, and a bound can be missed."""
    stuck = outcome(entry("process.pause", start_s=0.5, end_s=5.0), planted=("quorum.timer_lost_on_pause",))

    assert [check.name for check in stuck.verdict.failed] == [CONVERGES]


def test_a_member_that_stays_down_is_no_fault_that_was_not_healed() -> None:
    """The plan asked for it; the guard heals it when all is over."""
    done = outcome(entry("process.crash", "one", heal="never"))
    healed = {event.subject: event.fields["why"] for event in done.run.journal.select(kind="chaos.healed")}

    assert healed == {"e1": "exit"}
    assert [check.name for check in done.verdict.failed] == [CONVERGES]


def test_a_journal_without_a_plan_is_inconclusive() -> None:
    """Nothing observed is no success."""

    async def nothing() -> None:
        """Record nothing."""

    assert judge(simulate(nothing, seed=1).journal).status == "inconclusive"


def test_actors_recover_by_their_supervisors() -> None:
    """The same vocabulary over another harness: a desk that is killed comes back by itself."""
    done = outcome(
        entry("process.crash", "majority", start_s=0.5, end_s=1.0),
        entry("process.pause", "one", start_s=2.0, end_s=3.0),
        entry("process.slow", "all", start_s=3.5, end_s=5.0),
        system="actors",
    )

    assert done.verdict.status == "pass"
    assert len(list(done.run.journal.select(kind="supervisor.restart"))) >= 3


def test_no_faults_are_a_plan_too() -> None:
    """The baseline that everything else is held against."""
    done = run_plan(Plan(phases=plan().phases), seed=1, system="quorum")

    assert done.verdict == Verdict(done.verdict.checks)
    assert done.verdict.status == "pass"


def test_a_fresh_process_replays_a_token_with_its_planted_bug() -> None:
    """The system that the token names is loaded first: its bugs are registered there, and nowhere before."""
    pause = Entry(fault="process.pause", start_s=1.0, end_s=3.0)
    phases = Phases(steady_s=3.0, faults_s=4.0, converge_s=5.0)
    cut = Plan(system="network", phases=phases, entries=(pause,))
    token = run_plan(cut, seed=3, planted=("network.drop_unsaid",)).run.token
    for command in (("replay",), ("chaos", "shrink", "--limit-s", "0")):
        done = subprocess.run(
            [sys.executable, "-m", "alyslab.cli", *command, token],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
