"""SyncImprovement: nodes that agree, fall behind and honestly catch up.

Every workload of sync and of consensus runs and is judged from its journal;
recoveries are timed over seeds; each bug that can be planted is searched for,
and nothing may be found where none is planted.  What a sync costs beside
validation is measured when ``bench_blocks`` asks for it.
"""

from __future__ import annotations

import asyncio
import statistics
from typing import Any, Final

from alyslab.checkers.verdict import Verdict
from alyslab.harnesses.consensus.defects import DEFECTS as AGREEING_DEFECTS
from alyslab.harnesses.consensus.workloads import WORKLOADS as AGREEING
from alyslab.harnesses.detection import search
from alyslab.harnesses.sync.harness import SyncHarness
from alyslab.harnesses.sync.workloads import WORKLOADS
from alyslab.harnesses.sync.workloads.registry import DEFECTS
from alyslab.harnesses.sync.workloads.studies import recovery_times, speed_by_downloads
from alyslab.phases.context import PhaseContext
from alyslab.phases.phase import Phase, PhaseSpec
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
SEED_END: Final = 2**63
CLEAN_SEEDS_APART: Final = 1_000_000
"""Seeds of trials without a bug begin so far from those of the searches."""

CHECKPOINT_INTERVALS: Final = (20, 100, 250)
"""Beside the workload's own 50.  Source: Rust framework S:1655, intervals of 50 to 1000."""
BENCH_BLOCKS_FULL: Final = 10_000
"""Blocks from which on the benchmark is held against all that is asked.  Source: issue 6, Numbers."""
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
    await _observe_planted_bugs(context)
    await _observe_false_alarms(context, nodes)
    await observe_properties(context, PROPERTIES)
    await observe_resilience(context, "sync")
    await observe_resilience(context, "consensus")
    _observe_numbers(context)


async def _observe_sync(context: PhaseContext, nodes: SyncHarness) -> None:
    failed, arrived = [], []
    cases: list[tuple[str, dict[str, Any]]] = [
        (name, {"blocks": context.parameters["sync_blocks"]} if name == "full_sync" else {})
        for name in WORKLOADS
    ]
    cases += [("checkpoints", {"interval": interval}) for interval in CHECKPOINT_INTERVALS]
    for name, parameters in cases:
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
        for number, value in enumerate(value for value in seen if value == value):  # noqa: PLR0124
            context.metrics.gauge("recovery_time", "s", kind=kind, number=number).set(value)
        worst = max(seen) if seen and not never else float("inf") if never else None
        note = f"{len(seen)} recoveries, {never} never" if seen else "none was seen"
        context.observe(f"{kind}_recovery_s_max", worst, unit="s", note=note)


async def _observe_planted_bugs(context: PhaseContext) -> None:
    limits = {defect: int(context.parameters["hunt_seeds"]) for defect in DEFECTS}
    limits |= {defect: int(context.parameters["hunt_consensus_seeds"]) for defect in AGREEING_DEFECTS}
    hunted = [defect for defect, limit in limits.items() if limit]
    missed, needed = [], []
    for defect in hunted:
        await asyncio.sleep(0)
        trial = (WORKLOADS if defect in DEFECTS else AGREEING)["trial"]
        seeds = search(trial, defect, first_seed=context.seed, limit=limits[defect]).seeds[0]
        if seeds is None:
            missed.append({"missed": defect})
            continue
        needed.append(seeds)
        context.metrics.gauge("planted_bug_seeds_tried", "seeds", defect=defect).set(seeds)
    note = f"of {len(hunted)} hunted, {len(limits)} can be planted" if hunted else "nothing was hunted"
    context.observe(
        "planted_bugs_missed", len(missed) if hunted else None, unit="bugs", note=note, evidence=missed
    )
    if needed:
        context.metrics.gauge("planted_bug_seeds_p50", "seeds").set(statistics.median(needed))
    context.observe("planted_bug_seeds_max", max(needed, default=None), unit="seeds", note=note)


async def _observe_false_alarms(context: PhaseContext, nodes: SyncHarness) -> None:
    alarms = []
    first = context.seed + CLEAN_SEEDS_APART
    trials = int(context.parameters["clean_seeds"])
    agreeing = int(context.parameters["clean_consensus_seeds"])
    for number in range(max(trials, agreeing)):
        seed = (first + number) % SEED_END
        if number < trials:
            synced = await nodes.run("trial", seed=seed)
            alarms += [{"token": synced.run.token, "check": check.name} for check in synced.verdict.failed]
        if number < agreeing:
            await asyncio.sleep(0)
            agreed = AGREEING["trial"].run(seed)
            alarms += [{"token": agreed.run.token, "check": check.name} for check in agreed.verdict.failed]
    total = trials + agreeing
    note = f"in {trials} trials of sync and {agreeing} of consensus" if total else "no trial was run"
    context.observe(
        "false_alarms", len(alarms) if total else None, unit="checks", note=note, evidence=alarms[:1]
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
        "narrow_blocks": 3_000,
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
"""``sync_blocks`` of the full sync; seeds of the distributions, of each search and of clean trials."""
