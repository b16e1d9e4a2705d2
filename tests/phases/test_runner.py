from __future__ import annotations

import asyncio
from typing import Any

import pytest

from alyslab.checkers.verdict import Check, Verdict
from alyslab.config import LabConfig
from alyslab.harnesses.interpreters import idle
from alyslab.phases.context import PhaseContext
from alyslab.phases.phase import Limit, NotBuilt, Phase, PhaseSpec, Workload
from alyslab.phases.result import PhaseResult
from alyslab.phases.runner import run
from alyslab.runtime import Simulation, simulate

ERRORS = Limit(name="errors", claim="nothing goes wrong", comparison="==", limit=0, source="a test")


def spec(workload: Workload, **changes: Any) -> PhaseSpec:
    return PhaseSpec(phase=Phase.FOUNDATION, title="a test", workload=workload, limits=(ERRORS,), **changes)


async def ran(what: PhaseSpec | NotBuilt) -> PhaseResult:
    return await run(
        what, config=LabConfig(), seed=4, parameters={"peers": 2}, harnesses={}, correlation="c-1"
    )


async def forgetful(_context: PhaseContext) -> None:
    """Run and observe nothing."""


async def busy(context: PhaseContext) -> None:
    context.runs.append(simulate(idle, seed=context.seed, parameters={"events": 3}))
    context.observe("errors", 0)
    context.include(Verdict((Check(name="mine", observed=1, comparison="<", limit=2),)))


def test_a_result_has_everything_that_was_recorded() -> None:
    """Limits first, then checkers, with what was measured and what to replay."""
    result = asyncio.run(ran(spec(busy)))

    assert [check.name for check in result.verdict.checks] == ["nothing goes wrong", "mine"]
    assert [run.seed for run in result.runs] == [4]
    assert (result.correlation, result.parameters) == ("c-1", {"peers": 2})
    assert result.duration_s > 0


def test_resources_of_the_process_are_measured_meanwhile() -> None:
    """Metrics of the laboratory stand beside those of the experiment, never in its journal."""
    result = asyncio.run(ran(spec(busy)))

    names = {row.metric for row in result.metrics}
    assert {"errors", "process_cpu_s"} <= names
    assert {event.kind for event in result.runs[0].journal} == {"idle"}


def test_a_phase_can_be_simulated_itself() -> None:
    """There is no real time to sample over then, and a thread would be refused."""

    async def work(context: PhaseContext) -> None:
        await asyncio.sleep(3_600)
        context.observe("errors", 0)

    async def main() -> PhaseResult:
        return await ran(spec(work))

    with Simulation(seed=1) as sim:
        result = sim.run(main)

    assert (result.verdict.status, result.duration_s) == ("pass", 3_600.0)
    assert [row.metric for row in result.metrics] == ["errors"]


def test_a_workload_that_observes_nothing_is_inconclusive() -> None:
    """Returning without an error is not evidence."""
    assert asyncio.run(ran(spec(forgetful))).verdict.status == "inconclusive"


def test_a_failing_checker_fails_the_phase() -> None:
    """The limits can't outvote it."""

    async def work(context: PhaseContext) -> None:
        context.observe("errors", 0)
        context.include(Verdict((Check(name="mine", observed=3, comparison="<", limit=2),)))

    assert asyncio.run(ran(spec(work))).verdict.status == "fail"


def test_what_a_workload_raises_passes_through() -> None:
    """The framework decides what it means; the runner loses nothing of it."""

    async def work(_context: PhaseContext) -> None:
        raise KeyError("lost")

    with pytest.raises(KeyError, match="lost"):
        asyncio.run(ran(spec(work)))


def test_what_may_not_run_is_inconclusive_with_the_reason() -> None:
    """Nothing ran, so nothing is claimed: no duration, no metric, no pass."""

    async def work(_context: PhaseContext) -> None:
        raise AssertionError("must not run")

    for what, reason in (
        (NotBuilt(phase=Phase.ACTOR_CORE, title="nothing yet"), "not built"),
        (spec(work, injects_faults=True), "execution.chaos_enabled is off"),
    ):
        result = asyncio.run(ran(what))
        (check,) = result.verdict.checks
        assert result.verdict.status == "inconclusive"
        assert reason in check.note
        assert (result.metrics, result.runs, result.duration_s) == ((), (), 0.0)
