from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from alyslab.config import LabConfig
from alyslab.errors import HarnessError
from alyslab.harnesses.actor.harness import ActorHarness
from alyslab.metrics import MetricsCollector
from alyslab.phases.actor_core import ACTOR_CORE
from alyslab.phases.context import PhaseContext
from alyslab.phases.phase import ParameterValue
from alyslab.phases.validator import judge

SMALL: Mapping[str, ParameterValue] = {
    "messages": 26,
    "bench_messages": 200,
    "property_cases": 5,
    "chaos_seeds": 1,
}


async def shown(given: Mapping[str, ParameterValue]) -> PhaseContext:
    harness = ACTOR_CORE.harnesses["actors"](LabConfig())
    await harness.initialize()
    assert (await harness.probe()).status == "pass"
    context = PhaseContext(
        phase=ACTOR_CORE.phase,
        seed=11,
        parameters=ACTOR_CORE.resolve(given),
        harnesses={"actors": harness},
        metrics=MetricsCollector(),
    )
    await ACTOR_CORE.workload(context)
    await harness.shutdown()
    return context


@pytest.fixture(scope="module")
def context() -> PhaseContext:
    return asyncio.run(shown({**SMALL, "hunt_seeds": 4, "clean_seeds": 1}))


def test_every_limit_is_observed_and_held(context: PhaseContext) -> None:
    """A limit that nothing observes is decoration."""
    verdict = judge(ACTOR_CORE.limits, context.observations, context.parameters)

    assert [check.name for check in verdict.checks if check.passed is not True] == []


def test_every_workload_leaves_a_run_to_replay(context: PhaseContext) -> None:
    """A verdict without its runs can't be looked into."""
    assert len(context.runs) >= 18
    assert all(run.token.startswith("alys") for run in context.runs)


def test_the_verdict_carries_the_numbers(context: PhaseContext) -> None:
    """What an actor costs is a result of the phase; how much of it is asked for depends on the machine."""
    checks = [check for verdict in context.verdicts for check in verdict.checks]

    for what in ("one actor, a row for each message", "ask, to a bare future", "8 actors at once", "memory"):
        found = [check for check in checks if check.name.startswith(what)]
        assert found, what
        assert all(check.observed for check in found)


def test_what_is_not_asked_for_is_not_observed() -> None:
    """Zero seeds find nothing, which is no success."""
    nothing = {"hunt_seeds": 0, "clean_seeds": 0, "bench_messages": 0, "property_cases": 0}
    context = asyncio.run(shown({"messages": 1, **nothing}))
    by_name = {limit.name: limit.claim for limit in ACTOR_CORE.limits}
    verdict = judge(ACTOR_CORE.limits, context.observations, context.parameters)
    unseen = {check.name for check in verdict.checks if check.passed is None}

    assert unseen == {
        by_name[name] for name in ("planted_bugs_missed", "planted_bug_seeds_p50", "false_alarms")
    }
    assert verdict.status == "fail"  # 80 messages are no thousand


def test_a_harness_that_is_down_says_so() -> None:
    """A workload on a harness that was never brought up would be judged as if it were."""
    with pytest.raises(HarnessError, match="not initialised"):
        asyncio.run(ActorHarness().run("direct", seed=1))

    async def unknown() -> None:
        harness = ActorHarness()
        await harness.initialize()
        await harness.run("dierct", seed=1)

    with pytest.raises(HarnessError, match="no workload"):
        asyncio.run(unknown())
