from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from alyslab.config import LabConfig
from alyslab.errors import HarnessError
from alyslab.harnesses.sync.harness import SyncHarness
from alyslab.metrics import MetricsCollector
from alyslab.phases.context import PhaseContext
from alyslab.phases.phase import ParameterValue
from alyslab.phases.sync_improvement import SYNC_IMPROVEMENT
from alyslab.phases.validator import judge

SMALL: Mapping[str, ParameterValue] = {
    "sync_blocks": 200,
    "fault_blocks": 160,
    "narrow_blocks": 1_000,
    "live_nodes": 4,
    "recovery_seeds": 1,
    "property_cases": 1,
    "chaos_seeds": 1,
}


async def shown(given: Mapping[str, ParameterValue]) -> PhaseContext:
    harness = SYNC_IMPROVEMENT.harnesses["sync"](LabConfig())
    await harness.initialize()
    assert (await harness.probe()).status == "pass"
    context = PhaseContext(
        phase=SYNC_IMPROVEMENT.phase,
        seed=11,
        parameters=SYNC_IMPROVEMENT.resolve(given),
        harnesses={"sync": harness},
        metrics=MetricsCollector(),
    )
    await SYNC_IMPROVEMENT.workload(context)
    await harness.shutdown()
    return context


@pytest.fixture(scope="module")
def without_hunting() -> PhaseContext:
    return asyncio.run(shown({**SMALL, "hunt_seeds": 0, "clean_seeds": 0, "clean_consensus_seeds": 0}))


def test_what_is_not_hunted_is_not_observed(without_hunting: PhaseContext) -> None:
    """Zero seeds find nothing, which is no success; all else is observed and held."""
    verdict = judge(SYNC_IMPROVEMENT.limits, without_hunting.observations, without_hunting.parameters)
    claims = {limit.name: limit.claim for limit in SYNC_IMPROVEMENT.limits}
    unseen = {check.name for check in verdict.checks if check.passed is None}

    assert verdict.failed == ()
    assert unseen == {
        claims[name] for name in ("planted_bugs_missed", "planted_bug_seeds_max", "false_alarms")
    }


def test_every_workload_leaves_a_run_to_replay(without_hunting: PhaseContext) -> None:
    """A verdict without its runs can't be looked into."""
    assert len(without_hunting.runs) >= 16
    assert all(run.token.startswith("alys") for run in without_hunting.runs)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_limit_is_observed_and_held() -> None:
    """A limit that nothing observes is decoration."""
    context = asyncio.run(
        shown({**SMALL, "hunt_seeds": 60, "clean_seeds": 2, "bench_blocks": 200, "bench_real_blocks": 0})
    )
    verdict = judge(SYNC_IMPROVEMENT.limits, context.observations, context.parameters)

    assert [check.name for check in verdict.checks if check.passed is not True] == []
    assert len([check for made in context.verdicts for check in made.checks if check.observed]) == 2


def test_a_harness_that_is_down_says_so() -> None:
    """A workload on a harness that was never brought up would be judged as if it were."""
    with pytest.raises(HarnessError, match="not initialised"):
        asyncio.run(SyncHarness().run("full_sync", seed=1))

    async def unknown() -> None:
        harness = SyncHarness()
        await harness.initialize()
        await harness.run("ful_sync", seed=1)

    with pytest.raises(HarnessError, match="no workload"):
        asyncio.run(unknown())
