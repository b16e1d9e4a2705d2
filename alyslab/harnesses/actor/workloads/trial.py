"""The trial: everything at once on one system, in a mixture that the seed draws.

It is what the planted bugs are searched with: every checker has something to
see in every run, at a cost of some tens of milliseconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from random import Random
from typing import Any, Final

from alyslab.harnesses.actor.backoff import (
    Escalation,
    RestartPolicy,
    exponential,
    fixed,
    immediate,
    progressive,
)
from alyslab.harnesses.actor.errors import ActorError
from alyslab.harnesses.actor.failure import Failure, FailureKind
from alyslab.harnesses.actor.health import HealthPolicy
from alyslab.harnesses.actor.message import Priority
from alyslab.harnesses.actor.overflow import MailboxPolicy, Overflow
from alyslab.harnesses.actor.spec import ActorSpec
from alyslab.harnesses.actor.strategy import Strategy
from alyslab.harnesses.actor.system import ActorSystem
from alyslab.harnesses.actor.workloads.actors import Counter, Pump
from alyslab.harnesses.actor.workloads.communication import calling, confirming, questions
from alyslab.harnesses.actor.workloads.expectations import expect
from alyslab.harnesses.actor.workloads.lifecycle import dependants, parenthood
from alyslab.harnesses.actor.workloads.ordering import broadcasting, detours, pumping
from alyslab.harnesses.actor.workloads.overflow import flood, narrow
from alyslab.harnesses.actor.workloads.recovery import fragile
from alyslab.harnesses.scenes import check_scenes

LEVELS: Final = tuple(int(level) for level in Priority)
GROUPS: Final = (Strategy.ONE_FOR_ALL, Strategy.REST_FOR_ONE)
SCENES: Final = (
    "traffic",
    "branch",
    "group",
    "given_up",
    "full",
    "detours",
    "broadcasting",
    "questions",
    "confirming",
    "calling",
    "parenthood",
    "dependants",
    "fragile",
)
"""What a trial is made of, in this order."""
WATCH: Final = HealthPolicy(interval_s=0.1, timeout_s=0.1, failures=2)


async def trial(*, scenes: Sequence[str] = SCENES) -> None:
    """Run a bit of every workload at once on one system; the seed draws policies, failures and times.

    ``scenes`` names those that run: what shrinking makes shorter.
    """
    check_scenes(scenes, SCENES)
    expect("messages done", at_least=100)
    expect("restarts", at_least=5)
    expect("escalations: continue_without", at_least=1)
    async with ActorSystem(causal=True) as system:
        random = system.core.runtime.random("workload.trial")
        async with asyncio.TaskGroup() as group:
            for name, scene in zip(SCENES, _scenes(system, random), strict=True):
                if name in scenes:
                    group.create_task(scene)
                else:
                    scene.close()


def _scenes(system: ActorSystem, random: Random) -> list[Coroutine[Any, Any, None]]:
    failure = random.choice(["panic", "hang", "corrupt", "crash_on_restart"])
    return [
        _traffic(system, random),
        _branch(system, random, "branch", Strategy.ONE_FOR_ONE),
        _branch(system, random, "group", random.choice(GROUPS)),
        _given_up(system, random),
        _full(system, random),
        detours(system, prefix="way", rounds=4, actors=2),
        broadcasting(system, replicas=3, broadcasts=6),
        questions(system, prefix="asked", askers=4, rounds=1),
        confirming(system, name="ledger", requests=6, probability=0.3),
        calling(system, name="flaky", calls=10, failures=random.randint(3, 6)),
        parenthood(system, name="parent", children=2, crashes=1),
        dependants(system, actors=4, messages=2),
        fragile(
            system,
            name="fragile",
            failure=failure,
            failures=2,
            health=WATCH,
            policy=fixed(300, limit=6, window_s=60),
            patience_s=5.0,
        ),
    ]


async def _traffic(system: ActorSystem, random: Random) -> None:
    """Let actors flood others that fail now and then and have little room."""
    senders, receivers = [f"sender-{n}" for n in range(2)], [f"receiver-{n}" for n in range(2)]
    for number, name in enumerate(receivers):
        panics = Failure(
            kind=FailureKind.PANIC, on="add", after=random.randint(2, 8), probability=0.3, times=3
        )
        spec = ActorSpec(
            name=name,
            kind=Counter,
            options={"service_ms": random.choice([0.5, 1.0, 2.0])},
            mailbox=MailboxPolicy(capacity=random.randint(3, 8)),
            policy=fixed(random.choice([0.0, 5.0]), limit=20, window_s=60),
            attempts=1 + number,
            failures=(panics,),
        )
        await system.spawn(spec)
    for name in senders:
        await system.spawn(ActorSpec(name=name, kind=Pump))
    await pumping(system, senders, receivers, messages=12, levels=LEVELS)


async def _branch(system: ActorSystem, random: Random, name: str, strategy: Strategy) -> None:
    """Make actors of a branch crash at intervals around their policy's window."""
    policy = _policy(random, random.choice(tuple(Escalation)))
    branch = system.supervisor(name, strategy=strategy, policy=policy)
    children = [f"{name}-{number}" for number in range(3)]
    for child in children:
        await system.spawn(ActorSpec(name=child, kind=Counter), supervisor=branch)
    for _ in range(8):
        await _try_tell(system, random.choice(children), "add")
        await _try_tell(system, random.choice(children), "crash")
        await system.core.node.sleep(random.choice([0.02, 0.1, 0.3, 1.2]))


async def _given_up(system: ActorSystem, random: Random) -> None:
    """Use up the restarts of one actor within its window, after some long before that must not count."""
    branch = system.supervisor(
        "last", policy=fixed(5.0, limit=2, window_s=1.0, escalation=Escalation.CONTINUE)
    )
    await system.spawn(ActorSpec(name="last-0", kind=Counter), supervisor=branch)
    for pause_s in (1.5, 1.5, random.uniform(1.1, 2.0), 0.1, 0.1, 0.5):
        await _try_tell(system, "last-0", "crash")
        await system.core.node.sleep(pause_s)


async def _full(system: ActorSystem, random: Random) -> None:
    """Flood mailboxes of all policies, and drop-oldest always."""
    for policy in (Overflow.DROP_OLDEST, random.choice([Overflow.DROP_NEWEST, Overflow.REJECT])):
        await system.spawn(narrow(f"narrow-{policy}", policy, 3, 3.0))
    async with asyncio.TaskGroup() as group:
        for ref in system.refs_of(Counter, sender="flooder"):
            if ref.name.startswith("narrow"):
                group.create_task(flood(system, ref, messages=14, interval_ms=1.0))


def _policy(random: Random, escalation: Escalation) -> RestartPolicy:
    options: dict[str, Any] = {
        "limit": random.randint(2, 4),
        "window_s": 1.0,
        "escalation": escalation,
        "isolate": random.random() < 0.5,
    }
    return random.choice(
        [
            immediate(**options),
            fixed(20.0, **options),
            exponential(10.0, 60.0, 2.0, **options),
            progressive(10.0, 2.0, 3, **options),
        ]
    )


async def _try_tell(system: ActorSystem, name: str, kind: str) -> None:
    with suppress(ActorError):  # it was given up meanwhile
        await system.ref(name).tell(kind, 1)
