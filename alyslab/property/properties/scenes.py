"""Properties of conversations and families of actors: asks end in time, effects happen once."""

from __future__ import annotations

import asyncio
from collections import Counter as Counts
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

from alyslab.harnesses.actor import ActorSpec, ActorSystem, MailboxPolicy, Overflow, fixed
from alyslab.harnesses.actor.health import HealthPolicy
from alyslab.harnesses.actor.workloads.actors import Counter
from alyslab.harnesses.actor.workloads.communication import calling, confirming, questions
from alyslab.harnesses.actor.workloads.judging import judge_all
from alyslab.harnesses.actor.workloads.lifecycle import dependants, parenthood
from alyslab.harnesses.actor.workloads.ordering import broadcasting
from alyslab.harnesses.actor.workloads.recovery import fragile
from alyslab.property.generators.scenes import ScenePlan, StagePlan, stage_plans
from alyslab.property.properties.actor import refuse_failed
from alyslab.property.property import Features, Property
from alyslab.runtime import require_current

WATCH: Final = HealthPolicy(interval_s=0.1, timeout_s=0.1, failures=2)
"""Ten checks a second, so that a failure is noticed within a scene."""
CALLS_AFTER: Final = 4
"""Calls after the last one that fails: the breaker must open, try, and close again."""


async def _ask(system: ActorSystem, plan: ScenePlan) -> None:
    await questions(system, prefix="asked", askers=plan.actors + 1, rounds=plan.times)


async def _broadcast(system: ActorSystem, plan: ScenePlan) -> None:
    await broadcasting(system, replicas=plan.actors + 1, broadcasts=plan.times + 1)


async def _confirm(system: ActorSystem, plan: ScenePlan) -> None:
    await confirming(system, name="ledger", requests=plan.times, probability=plan.lost_percent / 100)


async def _call(system: ActorSystem, plan: ScenePlan) -> None:
    await calling(system, name="flaky", calls=plan.times + CALLS_AFTER, failures=plan.times)


async def _parent(system: ActorSystem, plan: ScenePlan) -> None:
    await parenthood(system, name="parent", children=plan.actors, crashes=min(plan.times, 3))


async def _depend(system: ActorSystem, plan: ScenePlan) -> None:
    await dependants(system, actors=plan.actors + 2, messages=1)


async def _fail(system: ActorSystem, plan: ScenePlan) -> None:
    policy = fixed(300, limit=6, window_s=60)
    failures = min(plan.times, 3)
    await fragile(
        system, name="fragile", failure=plan.failure, failures=failures, health=WATCH, policy=policy,
        patience_s=5.0,
    )  # fmt: skip


async def _flood(system: ActorSystem, plan: ScenePlan) -> None:
    mailbox = MailboxPolicy(capacity=plan.actors, overflow=Overflow.DROP_OLDEST)
    spec = ActorSpec(name="narrow", kind=Counter, options={"service_ms": 3.0}, mailbox=mailbox)
    ref = await system.spawn(spec)
    for _ in range(plan.times):
        await ref.tell("add", 1)


PLAYED: Final[Mapping[str, Callable[[ActorSystem, ScenePlan], Coroutine[Any, Any, None]]]] = {
    "asking": _ask,
    "broadcasting": _broadcast,
    "confirming": _confirm,
    "calling": _call,
    "parenting": _parent,
    "depending": _depend,
    "failing": _fail,
    "flooding": _flood,
}


def _features(stage: StagePlan) -> Features:
    kinds = Counts(scene.what for scene in stage.scenes)
    return {"scenes": len(stage.scenes), **{f"scene {what}": count for what, count in kinds.items()}}


async def _scenes(stage: StagePlan) -> None:
    async with ActorSystem(causal=True) as system, asyncio.TaskGroup() as group:
        for scene in stage.scenes:
            group.create_task(PLAYED[scene.what](system, scene))
    refuse_failed(judge_all(require_current().journal))


ACTOR_SCENES: Final = Property(
    name="actors answer, recover and end in order",
    claim="asks end in time, effects happen once, broadcasts agree, failures are noticed, parents end last",
    cases=stage_plans,
    check=_scenes,
    weight=2,
    weight_reason="several conversations at once, read back by all checkers: some 10 ms a case",
    source="issue 3: request and response, guarantees, breakers, health, shutdown in order",
    features=_features,
)
