"""The federation under drawn plans: every fault acts on it, and a sound one is never called broken."""

from __future__ import annotations

import pytest

from alyslab.chaos.conduct import run_plan
from alyslab.chaos.faults import FAULTS
from alyslab.chaos.plan import Entry
from alyslab.chaos.swarm import draw_plan
from alyslab.chaos.systems import system_named
from alyslab.chaos.target import Target
from alyslab.chaos.trial import attempt

from .plans import plan

CONSENSUS = system_named("consensus")
CASE = "chaos:consensus"


def test_every_fault_acts_on_a_federation() -> None:
    """What is excluded is never tried; its nodes survive their disks now."""
    assert CONSENSUS.faults == set(FAULTS)
    assert CONSENSUS.without == {}


@pytest.mark.parametrize("seed", range(40))
def test_the_cheats_of_a_drawn_plan_are_together_no_more_than_finality_bears(seed: int) -> None:
    """Two entries with a member each are two members; with four of them that is one too many."""
    drawn = draw_plan(CONSENSUS, seed)
    members = CONSENSUS.byzantine(CONSENSUS.resolved(drawn.options))
    cheats = {
        name
        for entry in drawn.entries
        if FAULTS[entry.fault].family == "byzantine"
        for name in entry.target.names
    }

    assert len(cheats) <= (len(members) - 1) // 3


def test_a_member_that_still_boots_when_faults_end_ends_no_run() -> None:
    """It has no chain yet; the laboratory must wait for it, not stumble."""
    slow = Entry(
        fault="resource.disk_slow",
        target=Target(select="all"),
        start_s=1.0,
        end_s=19.9,
        parameters={"read_ms": 900.0, "write_ms": 1.0, "sync_ms": 1.0},
    )
    crash = Entry(fault="process.crash", target=Target(select="one"), start_s=12.0, end_s=19.8)
    phases = CONSENSUS.phases.model_copy(update={"faults_s": 20.0})
    done = run_plan(plan(slow, crash, system="consensus", phases=phases), seed=2)

    assert done.verdict.status == "pass"


def test_faults_of_sites_belong_to_the_phase_of_faults() -> None:
    """With every site active a federation must serve before, and converge after."""
    phases = CONSENSUS.phases.model_copy(update={"faults_s": 30.0})
    done = run_plan(plan(system="consensus", phases=phases), seed=3, activation_ratio=1.0)

    assert any(site.fired for site in done.run.sites)
    assert done.verdict.status == "pass"


@pytest.mark.slow
def test_no_false_alarm_in_forty_drawn_plans() -> None:
    """A search that cries wolf is read by nobody."""
    trials = [attempt(CASE, seed) for seed in range(1, 41)]

    assert [(trial.seed, trial.checks, trial.note) for trial in trials if trial.status != "pass"] == []


@pytest.mark.soak
@pytest.mark.timeout(1_800)
def test_no_false_alarm_in_two_hundred_drawn_plans() -> None:
    """The same by the hundred; over all systems the catalogue's clean runs go on to thousands."""
    trials = (attempt(CASE, seed) for seed in range(1_000, 1_200))

    assert [(trial.seed, trial.checks) for trial in trials if trial.status != "pass"] == []
