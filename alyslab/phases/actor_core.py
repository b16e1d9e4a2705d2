"""ActorCore: actors that fail, and an order that is checked where messages arrive.

Every workload runs and is judged from its journal; one of them runs on the
wall clock too; each bug that can be planted is searched for, and nothing may
be found where none is planted.  What the system costs is measured when
``bench_messages`` asks for it.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any, Final

from alyslab.checkers.activity import activity
from alyslab.checkers.latency import latency_quantiles
from alyslab.checkers.recovery import recoveries
from alyslab.checkers.verdict import Check
from alyslab.harnesses.actor.defects import DEFECTS
from alyslab.harnesses.actor.harness import ActorHarness
from alyslab.harnesses.actor.workloads import WORKLOADS
from alyslab.harnesses.actor.workloads.judging import judge_observed
from alyslab.phases.context import PhaseContext
from alyslab.phases.hunting import Hunt, hunting_limits, observe_hunts
from alyslab.phases.phase import Limit, ParameterValue, Phase, PhaseSpec
from alyslab.phases.properties import PARAMETER as PROPERTY_CASES
from alyslab.phases.properties import observe_properties
from alyslab.phases.resilience import PARAMETER as CHAOS_SEEDS
from alyslab.phases.resilience import observe_resilience

NUMBERS: Final = "issue 3, numbers: ratios in one run"
PROPERTIES: Final = (
    "messages keep their order",
    "supervisors keep their limits",
    "actors answer, recover and end in order",
    "ActorMachine",
)
"""What of issue 8 stands on the actor system alone."""
FULL_BENCH: Final = 100_000
"""Messages from which on the numbers are held against what was asked for.  Source: issue 3, numbers."""
GLANCE_SHARE: Final = 0.25
"""With fewer, against a quarter of it: a notebook shares its machine, and may not turn red by chance."""
GLANCE_ACTORS: Final = 300
CROWDS: Final = (1, 2, 4, 8, 16, 1_000)

LIMITS: Final = (
    Limit(
        name="workload_checks_failed",
        claim="every workload keeps its promises",
        comparison="==",
        limit=0,
        unit="checks",
        source="the checkers of each workload, over its journal",
    ),
    Limit(
        name="concurrent_messages",
        claim="a thousand messages and more at once, in order",
        comparison=">=",
        limit=1_000,
        unit="messages",
        source="Rust framework D1:35, concurrent messages",
    ),
    Limit(
        name="recovery_ms_p50",
        claim="an actor under the default policy is back within a second",
        comparison="<",
        limit=1_000,
        unit="ms",
        source="Rust framework D1:1201, supervision: restart below 1 s",
    ),
    Limit(
        name="wall_clock_checks_failed",
        claim="the same workload keeps them on the wall clock",
        comparison="==",
        limit=0,
        unit="checks",
        source="design.md, principle 2: one runtime, two clocks",
    ),
    *hunting_limits("issue 3, planted bugs: each within 200 seeds", quantile="p50"),
)


async def show_actor_core(context: PhaseContext) -> None:
    """Run every workload, the wall clock, the searches and the benchmark, and record what was seen."""
    actors = context.harness("actors", ActorHarness)
    await _observe_workloads(context, actors)
    await _observe_recovery(context, actors)
    await _observe_wall_clock(context, actors)
    await observe_hunts(context, [_hunt(context.parameters)])
    await observe_properties(context, PROPERTIES)
    await observe_resilience(context, "actors")
    _observe_numbers(context)


async def _observe_workloads(context: PhaseContext, actors: ActorHarness) -> None:
    failed = []
    for name in WORKLOADS:
        parameters: dict[str, Any] = {}
        if name == "ordering":
            parameters["messages"] = context.parameters["messages"]
        outcome = await actors.run(name, seed=context.seed, **parameters)
        context.runs.append(outcome.run)
        failed += [{"workload": name, **check.as_dict()} for check in outcome.verdict.failed]
        counts = activity(outcome.run.journal)
        for what, count in sorted(counts.items()):
            context.metrics.gauge("workload_activity", "events", workload=name, what=what).set(count)
        for _, row in latency_quantiles(outcome.run.journal).query("quantile == 0.99").iterrows():
            context.metrics.gauge("message_latency_ms_p99", "ms", workload=name, actor=str(row["actor"])).set(
                float(row["total_ms"])
            )
        if name == "ordering":
            context.observe("concurrent_messages", counts["messages done"], unit="messages")
    context.observe("workload_checks_failed", len(failed), unit="checks", evidence=failed[:1])


async def _observe_recovery(context: PhaseContext, actors: ActorHarness) -> None:
    outcome = await actors.run("recovery", seed=context.seed, failure="panic", policy="default", failures=3)
    times = [one.recovery_ms for one in recoveries(outcome.run.journal) if one.recovery_ms is not None]
    context.runs.append(outcome.run)
    note = "" if times else "no failed actor answered a health check"
    context.observe("recovery_ms_p50", statistics.median(times) if times else None, unit="ms", note=note)


async def _observe_wall_clock(context: PhaseContext, actors: ActorHarness) -> None:
    run = await actors.run_on_the_wall_clock("family", seed=context.seed, parents=1)
    failed = judge_observed(run.journal).failed
    context.observe(
        "wall_clock_checks_failed",
        len(failed),
        unit="checks",
        evidence=[check.as_dict() for check in failed[:1]],
    )


def _hunt(parameters: Mapping[str, ParameterValue]) -> Hunt:
    return Hunt(
        trial=WORKLOADS["trial"],
        defects=tuple(DEFECTS),
        seeds=int(parameters["hunt_seeds"]),
        clean_seeds=int(parameters["clean_seeds"]),
    )


def _observe_numbers(context: PhaseContext) -> None:
    """Measure what the issue asks for, each as a check of its own; nothing with ``bench_messages`` 0."""
    from alyslab.checkers.verdict import Verdict

    messages = int(context.parameters["bench_messages"])
    if messages:
        from alyslab.performance import actor

        whole = messages >= FULL_BENCH
        share = 1.0 if whole else GLANCE_SHARE
        each = max(messages // 100, 1)
        checks: list[Check] = [
            *actor.throughput_checks(messages=messages, share=share, others=whole),
            *actor.ask_checks(asks=max(messages // 5, 1), share=share),
            *actor.scaling_checks(messages_each=each, actors=CROWDS if whole else CROWDS[:-1]),
            *actor.memory_checks(actors=10_000 if whole else GLANCE_ACTORS, others=whole),
        ]
        context.include(Verdict(tuple(checks)))
        for check in checks:
            if isinstance(check.observed, float):
                context.metrics.gauge("bench", check.unit, check=check.name).set(check.observed)


ACTOR_CORE: Final = PhaseSpec(
    phase=Phase.ACTOR_CORE,
    title="the actor system: mailboxes, ordering, supervision and recovery",
    workload=show_actor_core,
    limits=LIMITS,
    harnesses={"actors": lambda _config: ActorHarness("actors")},
    parameters={
        "messages": 40,
        "hunt_seeds": 20,
        "clean_seeds": 10,
        "bench_messages": 2_000,
        PROPERTY_CASES: 25,
        CHAOS_SEEDS: 3,
    },
)
