"""The places in the sync where a fault may fire: each does, and none is taken for a bug."""

from __future__ import annotations

from functools import lru_cache

import pytest

from alyslab.harnesses.sync.workloads import WORKLOADS, Outcome
from alyslab.runtime.sites import catalogue

TRIAL = WORKLOADS["trial"]
SITES = [entry.name for entry in catalogue() if entry.kind == "site" and entry.name.startswith("sync.")]
SEEDS = (0, 1, 9)


@lru_cache
def tried(seed: int) -> Outcome:
    return TRIAL.run(seed, activation_ratio=1.0)


@pytest.mark.parametrize("name", SITES)
def test_each_site_is_armed_and_fires(name: str) -> None:
    """A site that nothing reaches tests nothing."""
    seen = [each for seed in SEEDS for each in tried(seed).run.sites if each.name == name]

    assert any(each.active for each in seen)
    assert sum(each.fired for each in seen) > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_no_site_is_taken_for_a_bug(seed: int) -> None:
    """With all of them active at once a node still arrives, with every promise kept."""
    assert tried(seed).verdict.failed == ()


def test_sites_are_silent_unless_asked_for() -> None:
    """A run without them is the run that it was."""
    assert sum(each.fired for each in TRIAL.run(9).run.sites) == 0


def test_a_run_with_sites_is_the_same_again() -> None:
    """What fires is drawn from the seed."""
    assert TRIAL.run(9, activation_ratio=1.0).run.digest == tried(9).run.digest


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", sorted(set(WORKLOADS) - {"sequential"}))
def test_no_workload_raises_an_alarm_under_sites(name: str) -> None:
    """A quarter of the sites in each run, as they are meant to be used."""
    seeds = range(30) if name == "trial" else range(2)
    alarms = [
        (seed, check.name)
        for seed in seeds
        for check in WORKLOADS[name].run(seed, activation_ratio=0.25).verdict.failed
    ]

    assert alarms == []


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_nothing_is_found_under_sites_in_a_thousand_seeds() -> None:
    """The promise of the searches, with every plausible fault beside the drawn ones."""
    alarms = [
        (seed, check.name)
        for seed in range(1_000)
        for check in TRIAL.run(seed, activation_ratio=0.25).verdict.failed
    ]

    assert alarms == []
