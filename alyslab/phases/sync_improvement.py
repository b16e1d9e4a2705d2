"""SyncImprovement: nodes that agree, fall behind and honestly catch up.

Every workload of sync and of consensus runs and is judged from its journal;
recoveries are timed over seeds; each bug that can be planted is searched for,
and nothing may be found where none is planted.  What a sync costs beside
validation is measured when ``bench_blocks`` asks for it.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from typing import Any, Final

from alyslab.checkers.verdict import Verdict
from alyslab.harnesses.consensus.defects import DEFECTS as AGREEING_DEFECTS
from alyslab.harnesses.consensus.workloads import WORKLOADS as AGREEING
from alyslab.harnesses.sync.harness import SyncHarness
from alyslab.harnesses.sync.workloads import WORKLOADS
from alyslab.harnesses.sync.workloads.registry import DEFECTS
from alyslab.harnesses.sync.workloads.studies import recovery_times, speed_by_downloads
from alyslab.phases.context import PhaseContext
from alyslab.phases.hunting import Hunt, observe_hunts
from alyslab.phases.phase import ParameterValue, Phase, PhaseSpec
from alyslab.phases.properties import PARAMETER as PROPERTY_CASES
from alyslab.phases.properties import observe_properties
from alyslab.phases.resilience import PARAMETER as CHAOS_SEEDS
from alyslab.phases.resilience import observe_resilience
from alyslab.phases.sync_limits import LIMITS

PROPERTIES: Final = (
    "checkpoints are consistent",
    "a sync ends at the source",
    "candidates keep their approvals",
    "thresholds are exact",
    "SyncMachine",
)
"""What of issue 8 stands on sync and on what consensus votes with; its machine takes seconds a case."""
FAULTY: Final = frozenset(
    {
        "peer_loss",
        "partition",
        "corruption",
        "hostile",
        "cascade",
        "mixed",
        "parallel",
        "checkpoints",
        "resume",
        "recovery",
        "damage",
    }
)
"""Workloads in which something breaks: ``fault_blocks`` is the length of their chains."""
CHECKPOINT_INTERVALS: Final = (20, 100, 250)
"""Beside the workload's own 50.  Source: Rust framework S:1655, intervals of 50 to 1000."""
BENCH_BLOCKS_FULL: Final = 10_000
"""Blocks from which on the benchmark is held against all that is asked.  Source: issue 6, Numbers."""
QUANTILES: Final = (0.5, 0.95)
"""Of the recoveries that ended, beside the longest of all, which is held against its limit."""
LIVE_NODES_LEAST: Final = 3
"""The smallest federation that runs live; ``live_nodes`` is the largest.  Source: issue 6, 3 to 15."""
BENCH_SHARE: Final = 0.5
"""What part of it shorter chains are held against: setting up a network weighs in them."""


async def show_sync_improvement(context: PhaseContext) -> None:
    """Run every workload, the studies, the searches and the benchmark, and record what was seen."""
    nodes = context.harness("sync", SyncHarness)
    await _observe_sync(context, nodes)
    await _observe_consensus(context)
    _observe_speed(context)
    _observe_recovery(context)
    await observe_hunts(context, _hunts(context.parameters))
    await observe_properties(context, PROPERTIES)
    await observe_resilience(context, "sync")
    await observe_resilience(context, "consensus")
    _observe_numbers(context)


async def _observe_sync(context: PhaseContext, nodes: SyncHarness) -> None:
    failed, arrived = [], []
    for name, parameters in _cases(context.parameters):
        outcome = await nodes.run(name, seed=context.seed, **parameters)
        context.runs.append(outcome.run)
        arrived.append(bool(outcome.run.result))
        failed += [{"workload": name, **check.as_dict()} for check in outcome.verdict.failed]
        label = f"{name} {parameters.get('interval', '')}".strip()
        context.metrics.gauge("workload_virtual_s", "s", workload=label).set(outcome.run.virtual_s)
        if name == "full_sync":
            done = next(outcome.run.journal.select(kind="sync.done"), None)
            note = "" if done is not None else "the node never said that it was synced"
            context.observe("full_sync_s", None if done is None else done.time_ns / 1e9, unit="s", note=note)
    context.observe("sync_checks_failed", len(failed), unit="checks", evidence=failed[:1])
    context.observe("sync_success_ratio", sum(arrived) / len(arrived), note=f"{len(arrived)} syncs")


def _cases(given: Mapping[str, ParameterValue]) -> list[tuple[str, dict[str, Any]]]:
    """Return every workload of sync with its parameters, checkpoints at several intervals."""
    blocks = int(given["fault_blocks"])
    broken: dict[str, Any] = {"blocks": blocks} if blocks else {}
    cases: list[tuple[str, dict[str, Any]]] = [
        (name, dict(broken) if name in FAULTY else {}) for name in WORKLOADS if name != "full_sync"
    ]
    cases += [("checkpoints", {"interval": interval, **broken}) for interval in CHECKPOINT_INTERVALS]
    return [("full_sync", {"blocks": given["sync_blocks"]}), *cases]


async def _observe_consensus(context: PhaseContext) -> None:
    failed = []
    cases: list[tuple[str, dict[str, Any]]] = [(name, {}) for name in AGREEING]
    cases += [
        ("live", {"nodes": LIVE_NODES_LEAST}),
        ("live", {"nodes": int(context.parameters["live_nodes"]), "trouble": True}),
    ]
    for name, parameters in cases:
        await asyncio.sleep(0)
        outcome = AGREEING[name].run(context.seed, **parameters)
        context.runs.append(outcome.run)
        failed += [{"workload": name, **check.as_dict()} for check in outcome.verdict.failed]
        label = " ".join(["consensus:", name, *(f"{key}={value}" for key, value in parameters.items())])
        context.metrics.gauge("workload_virtual_s", "s", workload=label).set(outcome.run.virtual_s)
    context.observe("consensus_checks_failed", len(failed), unit="checks", evidence=failed[:1])


def _observe_speed(context: PhaseContext) -> None:
    speeds = speed_by_downloads(context.seed, blocks=int(context.parameters["narrow_blocks"]))
    rates = dict(zip(speeds["how"].tolist(), speeds["blocks_per_s"].tolist(), strict=True))
    for how, rate in rates.items():
        context.metrics.gauge("narrow_sync_rate", "blocks/s", how=how).set(rate)
    context.observe("speed_over_v1", rates["V2, 8 at once"] / rates["V1, one peer"])


def _observe_recovery(context: PhaseContext) -> None:
    seeds = int(context.parameters["recovery_seeds"])
    times = recovery_times(range(context.seed, context.seed + seeds))
    for kind in ("partition", "checkpoint"):
        seen = [float(value) for value in times[times["kind"] == kind]["recovery_s"]]
        never = sum(value != value for value in seen)  # noqa: PLR0124 - NaN
        context.metrics.gauge("recoveries_never_over", "recoveries", kind=kind).set(never)
        over = sorted(value for value in seen if value == value)  # noqa: PLR0124
        for number, value in enumerate(over):
            context.metrics.gauge("recovery_time", "s", kind=kind, number=number).set(value)
        for quantile in QUANTILES if over else ():
            value = over[math.ceil(quantile * len(over)) - 1]
            context.metrics.gauge("recovery_time_quantile", "s", kind=kind, quantile=f"{quantile:g}").set(
                value
            )
        worst = max(seen) if seen and not never else float("inf") if never else None
        note = f"{len(seen)} recoveries, {never} never" if seen else "none was seen"
        context.observe(f"{kind}_recovery_s_max", worst, unit="s", note=note)


def _hunts(parameters: Mapping[str, ParameterValue]) -> tuple[Hunt, ...]:
    return (
        Hunt(
            trial=WORKLOADS["trial"],
            defects=DEFECTS,
            seeds=int(parameters["hunt_seeds"]),
            clean_seeds=int(parameters["clean_seeds"]),
            sites=True,
        ),
        Hunt(
            trial=AGREEING["trial"],
            defects=tuple(AGREEING_DEFECTS),
            seeds=int(parameters["hunt_consensus_seeds"]),
            clean_seeds=int(parameters["clean_consensus_seeds"]),
        ),
    )


def _observe_numbers(context: PhaseContext) -> None:
    """Measure what the issue asks for, each as a check of its own; nothing unless it is asked for."""
    blocks = int(context.parameters["bench_blocks"])
    if blocks:
        from alyslab.performance.sync import sync_rates

        share = 1.0 if blocks >= BENCH_BLOCKS_FULL else BENCH_SHARE
        real_blocks = int(context.parameters["bench_real_blocks"])
        rates = sync_rates(blocks=blocks, real_blocks=real_blocks, share=share)
        context.include(Verdict(tuple(rate.check() for rate in rates)))
        for rate in rates:
            gauge = context.metrics.gauge
            gauge("validation_rate", "blocks/s", what=rate.name, how="sync").set(rate.sync_blocks_per_s)
            gauge("validation_rate", "blocks/s", what=rate.name, how=rate.baseline).set(
                rate.alone_blocks_per_s
            )


SYNC_IMPROVEMENT: Final = PhaseSpec(
    phase=Phase.SYNC_IMPROVEMENT,
    title="consensus and sync: agreement, full and parallel sync, checkpoints, resilience",
    workload=show_sync_improvement,
    limits=LIMITS,
    harnesses={"sync": lambda _config: SyncHarness("sync")},
    parameters={
        "sync_blocks": 1_000,
        "fault_blocks": 0,
        "narrow_blocks": 2_000,
        "recovery_seeds": 6,
        "live_nodes": 7,
        "hunt_seeds": 60,
        "hunt_consensus_seeds": 0,
        "clean_seeds": 10,
        "clean_consensus_seeds": 2,
        "bench_blocks": 0,
        "bench_real_blocks": 0,
        PROPERTY_CASES: 10,
        CHAOS_SEEDS: 3,
    },
)
"""``sync_blocks`` of the full sync; ``fault_blocks`` of each with faults, 0 for the workload's own; seeds
of the distributions, of each search and of clean trials."""
