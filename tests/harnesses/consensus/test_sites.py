"""Faults at the registered places of a consensus node: each is met, and a sound node bears it."""

from __future__ import annotations

from functools import cache

import pytest

from alyslab.harnesses.consensus.sites import SITES
from alyslab.harnesses.consensus.workloads import WORKLOADS
from alyslab.harnesses.workload import Outcome

TRIAL = WORKLOADS["trial"]


@cache
def tried(seed: int) -> Outcome:
    return TRIAL.run(seed, activation_ratio=1.0)


def test_every_site_is_visited_and_fires() -> None:
    """A place that nothing comes by tests nothing."""
    fired = {
        each.name for seed in (3, 5, 9) for each in tried(seed).run.sites if each.fired and each.name in SITES
    }

    assert fired == set(SITES)


@pytest.mark.parametrize("seed", [3, 5, 9])
def test_no_alarm_while_all_sites_fire(seed: int) -> None:
    """They are what a real machine does; a check that cries at them finds no bugs."""
    assert tried(seed).verdict.failed == ()


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_no_alarm_in_thirty_seeds_with_some_sites_active() -> None:
    """As searches activate them: a quarter of them in each run."""
    failed = {
        seed: [check.name for check in TRIAL.run(seed, activation_ratio=0.25).verdict.failed]
        for seed in range(100, 130)
    }

    assert {seed: names for seed, names in failed.items() if names} == {}
