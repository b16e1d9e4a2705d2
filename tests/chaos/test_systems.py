"""One vocabulary over actors, network, consensus and sync: each system runs, is judged, and converges."""

from __future__ import annotations

import pytest

from alyslab.chaos.catalogue import cases_for, planted_bugs
from alyslab.chaos.conduct import run_plan
from alyslab.chaos.faults import FAULTS
from alyslab.chaos.plan import Entry, Plan, PlanError
from alyslab.chaos.resilience import resilience
from alyslab.chaos.search import search
from alyslab.chaos.systems import SYSTEMS, system_named
from alyslab.chaos.target import Target
from alyslab.harnesses.network.gossip import KINDS


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_system_bears_a_pause_and_comes_back(name: str) -> None:
    """The fault that all of them know; what follows it is measured in each one's own rows."""
    spec = system_named(name)
    pause = Entry(fault="process.pause", target=Target(select="one"), start_s=1.0, end_s=6.0)
    phases = spec.phases.model_copy(update={"faults_s": 20.0})
    done = run_plan(Plan(system=name, phases=phases, entries=(pause,)), seed=2)
    figures = resilience(done.run.journal)

    assert done.verdict.status == "pass"
    assert figures.converged
    assert figures.score is not None
    assert figures.score > 0.2


@pytest.mark.parametrize("name", SYSTEMS)
def test_what_a_system_says_of_itself_exists(name: str) -> None:
    """A fault or a bug with a misspelt name would never be drawn or found."""
    spec = system_named(name)

    assert spec.faults <= set(FAULTS)
    assert set(spec.defects) <= {entry.name for entry in planted_bugs()}
    assert set(spec.least) | set(spec.varies) <= set(spec.options)
    assert len(spec.members(spec.options)) == len(set(spec.members(spec.options))) > 1
    assert set(spec.byzantine(spec.options)) <= set(spec.members(spec.options))
    for key in spec.without:
        fault, _, parameter = key.rpartition(".")
        assert FAULTS[fault].parameter(parameter) is not None


def test_peers_bear_every_protocol_and_an_unknown_one_is_refused() -> None:
    """Four kinds of gossip share one system; a misspelt one must not become the default."""
    phases = system_named("network").phases.model_copy(update={"faults_s": 4.0})
    cut = Entry(fault="network.partition", target=Target(select="minority"), start_s=1.0, end_s=3.0)
    for gossip in KINDS:
        plan = Plan(system="network", options={"gossip": gossip}, phases=phases, entries=(cut,))
        assert run_plan(plan, seed=1).verdict.status == "pass", gossip

    with pytest.raises(PlanError, match=r"options.gossip: is none of its choices.*flood, inventory"):
        run_plan(Plan(system="network", options={"gossip": "flud"}), seed=1)


NEED_LUCK = ("network.crash_keeps_unread", "network.rules_spare_replies", "network.reconnect_keeps_stale")
"""Bugs that only some faults show, so that tens of seeds are run for them."""


@pytest.mark.parametrize(
    "defect",
    [
        pytest.param(name, marks=pytest.mark.soak if name in NEED_LUCK else pytest.mark.slow)
        for name in system_named("network").defects
    ],
)
def test_drawn_plans_find_each_planted_bug_of_the_network_system(defect: str) -> None:
    """Issue 7: within 50 seeds nine tenths of them; these all are."""
    found = search(seeds=range(50), cases=("chaos:network",), planted=(defect,), stop_at_first=True)

    assert found.violations


def test_every_planted_bug_of_a_system_is_hunted_in_it() -> None:
    """A bug that no case runs could never be found."""
    for name in SYSTEMS:
        for defect in system_named(name).defects:
            assert cases_for(defect), defect
