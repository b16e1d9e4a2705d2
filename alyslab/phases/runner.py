"""Run one phase: its workload on harnesses that are up, then its validator."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext

from alyslab.checkers.verdict import Verdict
from alyslab.config import LabConfig
from alyslab.harnesses.harness import Harness
from alyslab.metrics import MetricsCollector, ResourceSampler
from alyslab.phases.context import PhaseContext
from alyslab.phases.phase import NotBuilt, ParameterValue, PhaseSpec
from alyslab.phases.result import PhaseResult
from alyslab.phases.validator import judge
from alyslab.runtime import Simulation, current


async def run(
    spec: PhaseSpec | NotBuilt,
    *,
    config: LabConfig,
    seed: int,
    parameters: Mapping[str, ParameterValue],
    harnesses: Mapping[str, Harness],
    correlation: str,
) -> PhaseResult:
    """Run what ``spec`` says and return its result; what the workload raises passes through.

    A phase that is not built, or that may not inject its faults, runs nothing
    and is inconclusive.  The resources of this process are sampled meanwhile,
    every ``metrics.sample_interval_s`` seconds, unless the framework itself is
    simulated.
    """
    reason = _why_not(spec, config)
    if reason or isinstance(spec, NotBuilt):
        return PhaseResult(
            phase=spec.phase,
            verdict=Verdict.inconclusive(spec.phase.value, reason),
            correlation=correlation,
            duration_s=0.0,
            parameters=parameters,
        )
    metrics = MetricsCollector()
    context = PhaseContext(
        phase=spec.phase,
        seed=seed,
        parameters=parameters,
        harnesses=harnesses,
        metrics=metrics,
        chaos_enabled=config.execution.chaos_enabled,
    )
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    async with _sampling(metrics, config.metrics.sample_interval_s):
        await spec.workload(context)
    verdict = judge(spec.limits, context.observations, parameters)
    return PhaseResult(
        phase=spec.phase,
        verdict=Verdict.of([verdict, *context.verdicts]),
        correlation=correlation,
        duration_s=loop.time() - began_s,
        parameters=parameters,
        metrics=tuple(metrics.rows()),
        runs=tuple(context.runs),
    )


def _sampling(metrics: MetricsCollector, interval_s: float) -> AbstractAsyncContextManager[object]:
    # A framework that is itself simulated has no real time to sample over, and no threads.
    if isinstance(current(), Simulation):
        return nullcontext()
    return ResourceSampler(metrics, interval_s)


def _why_not(spec: PhaseSpec | NotBuilt, config: LabConfig) -> str:
    if isinstance(spec, NotBuilt):
        return "not built"
    if spec.injects_faults and not config.execution.chaos_enabled:
        return "it injects faults, and execution.chaos_enabled is off"
    return ""
