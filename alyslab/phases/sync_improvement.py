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
from alyslab.harnesses.sync.harness import SyncHarness
from alyslab.harnesses.sync.workloads import WORKLOADS
from alyslab.harnesses.sync.workloads.detection import DEFECTS, search
from alyslab.harnesses.sync.workloads.studies import recovery_times, speed_by_downloads
from alyslab.phases.context import PhaseContext
from alyslab.phases.phase import Limit, Phase, PhaseSpec

PLANTED: Final = "design.md, principle 6: the lab must find each planted bug, and nothing without"
TARGETS: Final = "alys-system.md §3, Success"
SEED_END: Final = 2**63
CLEAN_SEEDS_APART: Final = 1_000_000
"""Seeds of trials without a bug begin so far from those of the searches."""

CHECKPOINT_INTERVALS: Final = (20, 100, 250)
"""Beside the workload's own 50.  Source: Rust framework S:1655, intervals of 50 to 1000."""
BENCH_BLOCKS_FULL: Final = 10_000
"""Blocks from which on the benchmark is held against all that is asked.  Source: issue 6, Numbers."""
BENCH_SHARE: Final = 0.5
"""What part of it shorter chains are held against: setting up a network weighs in them."""

LIMITS: Final = (
    Limit(
        name="sync_checks_failed",
        claim="every sync workload keeps its promises",
        comparison="==",
        limit=0,
        unit="checks",
        source="the checkers of each workload, over its journal",
    ),
    Limit(
        name="consensus_checks_failed",
        claim="every consensus workload keeps its promises",
        comparison="==",
        limit=0,
        unit="checks",
        source="the checkers of each workload, over its journal",
    ),
    Limit(
        name="sync_success_ratio",
        claim="syncs end at the source's head",
        comparison=">=",
        limit=0.999,
        source=f"{TARGETS}: 99.9 %",
    ),
    Limit(
        name="full_sync_s",
        claim="a full sync takes at most a minute for ten thousand blocks",
        comparison="<=",
        limit=60 / 10_000,
        per="sync_blocks",
        unit="s",
        source="Rust framework D1:251, 10,000 blocks in 60 s",
    ),
    Limit(
        name="speed_over_v1",
        claim="eight downloads at once are more than twice as fast as V1's way",
        comparison=">",
        limit=2.0,
        source=f"{TARGETS}: more than twice the speed",
    ),
    Limit(
        name="partition_recovery_s_max",
        claim="blocks flow again within a minute of a partition's end",
        comparison="<=",
        limit=60.0,
        unit="s",
        source=TARGETS,
    ),
    Limit(
        name="checkpoint_recovery_s_max",
        claim="a recovery from a checkpoint is over within half a minute",
        comparison="<=",
        limit=30.0,
        unit="s",
        source=TARGETS,
    ),
    Limit(
        name="planted_bugs_missed",
        claim="each planted bug is found",
        comparison="==",
        limit=0,
        unit="bugs",
        source=PLANTED,
    ),
    Limit(
        name="planted_bug_seeds_max",
        claim="no planted bug needs many seeds",
        comparison="<=",
        limit=200,
        unit="seeds",
        source="issue 6, planted bugs: all within 200 seeds",
    ),
    Limit(
        name="false_alarms",
        claim="nothing is found where no bug is planted",
        comparison="==",
        limit=0,
        unit="checks",
        source=PLANTED,
    ),
)


async def show_sync_improvement(context: PhaseContext) -> None:
    """Run every workload, the studies, the searches and the benchmark, and record what was seen."""
    nodes = context.harness("sync", SyncHarness)
    await _observe_sync(context, nodes)
    await _observe_consensus(context)
    _observe_speed(context)
    _observe_recovery(context)
    await _observe_planted_bugs(context)
    await _observe_false_alarms(context, nodes)
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
    from alyslab.harnesses.consensus.workloads import WORKLOADS as AGREEING

    failed = []
    for name, workload in AGREEING.items():
        await asyncio.sleep(0)
        outcome = workload.run(context.seed)
        context.runs.append(outcome.run)
        failed += [{"workload": name, **check.as_dict()} for check in outcome.verdict.failed]
        context.metrics.gauge("workload_virtual_s", "s", workload=f"consensus: {name}").set(
            outcome.run.virtual_s
        )
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
        for value in seen:
            context.metrics.histogram("recovery", "s", kind=kind).observe(value)
        worst = max(seen) if seen and not never else float("inf") if never else None
        note = f"{len(seen)} recoveries, {never} never" if seen else "none was seen"
        context.observe(f"{kind}_recovery_s_max", worst, unit="s", note=note)


async def _observe_planted_bugs(context: PhaseContext) -> None:
    limit = int(context.parameters["hunt_seeds"])
    missed, needed = [], []
    for defect in DEFECTS if limit else ():
        await asyncio.sleep(0)
        found = search(defect, first_seed=context.seed, limit=limit)
        if found.seeds is None:
            missed.append({"missed": defect})
            continue
        needed.append(found.seeds)
        context.metrics.gauge("planted_bug_seeds_tried", "seeds", defect=defect).set(found.seeds)
    note = f"of {len(DEFECTS)} planted" if limit else "nothing was hunted: hunt_seeds is 0"
    hunted = len(missed) if limit else None
    context.observe("planted_bugs_missed", hunted, unit="bugs", note=note, evidence=missed)
    if needed:
        context.metrics.gauge("planted_bug_seeds_p50", "seeds").set(statistics.median(needed))
    context.observe("planted_bug_seeds_max", max(needed, default=None), unit="seeds", note=note)


async def _observe_false_alarms(context: PhaseContext, nodes: SyncHarness) -> None:
    alarms = []
    trials = int(context.parameters["clean_seeds"])
    for number in range(trials):
        seed = (context.seed + CLEAN_SEEDS_APART + number) % SEED_END
        outcome = await nodes.run("trial", seed=seed)
        alarms += [
            {"seed": seed, "token": outcome.run.token, "check": c.name} for c in outcome.verdict.failed
        ]
    note = f"in {trials} trials" if trials else "no trial was run: clean_seeds is 0"
    context.observe(
        "false_alarms", len(alarms) if trials else None, unit="checks", note=note, evidence=alarms[:1]
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
        "hunt_seeds": 60,
        "clean_seeds": 10,
        "bench_blocks": 0,
        "bench_real_blocks": 0,
    },
)
"""``sync_blocks`` of the full sync; seeds of the distributions, of each search and of clean trials."""
