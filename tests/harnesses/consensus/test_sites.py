"""Faults at the registered places of a consensus node: each is met, and a sound node bears it."""

from __future__ import annotations

import pytest

from alyslab.harnesses.consensus.sites import SITES
from alyslab.harnesses.consensus.workloads import WORKLOADS
from alyslab.runtime.sites import ACTIVATION_RATIO

TRIAL = WORKLOADS["trial"]


def test_sites_fire_and_raise_no_alarm() -> None:
    """All of them active at once; which of them a run comes by is another matter."""
    outcome = TRIAL.run(101, activation_ratio=1.0)

    assert outcome.verdict.failed == ()
    assert len({each.name for each in outcome.run.sites if each.fired} & set(SITES)) >= len(SITES) // 2


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_every_site_fires_and_none_raises_an_alarm() -> None:
    """A place that nothing comes by tests nothing; a check that cries at what machines do finds no bugs."""
    missing = set(SITES)
    for seed in range(100, 125):
        outcome = TRIAL.run(seed, activation_ratio=ACTIVATION_RATIO)
        assert outcome.verdict.failed == ()
        missing -= {each.name for each in outcome.run.sites if each.fired}
        if not missing:
            return

    pytest.fail(f"never fired: {sorted(missing)}")


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_no_alarm_in_thirty_seeds_with_some_sites_active() -> None:
    """As searches activate them: a quarter of them in each run."""
    failed = {
        seed: [check.name for check in TRIAL.run(seed, activation_ratio=ACTIVATION_RATIO).verdict.failed]
        for seed in range(200, 230)
    }

    assert {seed: names for seed, names in failed.items() if names} == {}
