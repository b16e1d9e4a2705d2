"""Workloads of order: many senders at once, causes across actors, replicas that must agree."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any

from alyslab.harnesses.actor.message import Priority
from alyslab.harnesses.actor.overflow import MailboxPolicy
from alyslab.harnesses.actor.spec import ActorSpec
from alyslab.harnesses.actor.system import ActorSystem
from alyslab.harnesses.actor.workloads.actors import Counter, Pump, Replica
from alyslab.harnesses.actor.workloads.expectations import all_ended, expect, require_counts

NORMAL_ONLY = (int(Priority.NORMAL),)


async def ordering(
    *,
    senders: int = 10,
    receivers: int = 4,
    messages: int = 150,
    capacity: int = 50,
    service_ms: float = 0.1,
    priorities: bool = True,
) -> None:
    """Let many actors speak to a few at once, more than these can take at a time.

    Parameters
    ----------
    senders, receivers
        How many of each; every sender speaks to every receiver.
    messages
        What each sender sends to each receiver; the Rust harness has 10 of 150.
    capacity
        Of each receiver's mailbox, with backpressure.
    service_ms
        How long a receiver takes for each, in ms.
    priorities
        Whether messages differ in priority.

    Raises
    ------
    ParameterError
        For a count below 1.
    """
    require_counts("ordering", senders=senders, receivers=receivers, messages=messages, capacity=capacity)
    expect("messages done", at_least=senders * receivers * (messages + 1))
    levels = tuple(int(level) for level in Priority) if priorities else NORMAL_ONLY
    async with ActorSystem() as system:
        for number in range(receivers):
            await system.spawn(
                ActorSpec(
                    name=f"receiver-{number}",
                    kind=Counter,
                    options={"service_ms": service_ms},
                    mailbox=MailboxPolicy(capacity=capacity),
                )
            )
        for number in range(senders):
            await system.spawn(ActorSpec(name=f"sender-{number}", kind=Pump))
        await pumping(
            system,
            [f"sender-{number}" for number in range(senders)],
            [f"receiver-{number}" for number in range(receivers)],
            messages=messages,
            levels=levels,
        )


async def pumping(
    system: ActorSystem,
    senders: Sequence[str],
    receivers: Sequence[str],
    *,
    messages: int,
    levels: Sequence[int],
) -> None:
    """Make every sender send to every receiver, and wait until all has been sent."""
    random = system.core.runtime.random("workload.pumping")
    asks: list[Awaitable[Any]] = []
    for sender in senders:
        for receiver in receivers:
            body = {"to": receiver, "priorities": [random.choice(levels) for _ in range(messages)]}
            asks.append(system.ref(sender).ask("pump", body, timeout_s=60.0))
    await all_ended(asks)


async def causality(*, rounds: int = 20, actors: int = 4) -> None:
    """Send causes and consequences by different ways to the same actor, with vector clocks kept.

    In each round one actor tells another directly, then through a third; what
    comes through the third was caused by what was told directly.

    Parameters
    ----------
    rounds
        How often.
    actors
        How many actors pass on, 2 or more.

    Raises
    ------
    ParameterError
        For a count below 1.
    """
    require_counts("causality", rounds=rounds, actors=actors)
    expect("messages done", at_least=rounds * 4)
    async with ActorSystem(causal=True) as system:
        await detours(system, prefix="way", rounds=rounds, actors=actors)


async def detours(system: ActorSystem, *, prefix: str, rounds: int, actors: int) -> None:
    """Start the actors of :func:`causality` and go through its rounds."""
    random = system.core.runtime.random(f"workload.detours:{prefix}")
    await system.spawn(ActorSpec(name=f"{prefix}-goal", kind=Counter, options={"service_ms": 1.0}))
    for number in range(actors):
        await system.spawn(ActorSpec(name=f"{prefix}-{number}", kind=Pump))
    goal = system.ref(f"{prefix}-goal")
    for number in range(rounds):
        first = await goal.tell("add", number)
        await system.ref(f"{prefix}-{random.randrange(actors)}").tell("pass", (goal.name, number))
        await all_ended([goal.ask("get", after=(first,))])
        if random.random() < 0.5:
            await system.core.node.sleep(0.002)


async def replication(*, replicas: int = 3, broadcasts: int = 40) -> None:
    """Broadcast to replicas, which must apply everything in one common order.

    Parameters
    ----------
    replicas, broadcasts
        How many of each.

    Raises
    ------
    ParameterError
        For a count below 1.
    """
    require_counts("replication", replicas=replicas, broadcasts=broadcasts)
    expect("replica.applied", at_least=replicas * broadcasts, at_most=replicas * broadcasts)
    async with ActorSystem() as system:
        await broadcasting(system, replicas=replicas, broadcasts=broadcasts)


async def broadcasting(system: ActorSystem, *, replicas: int, broadcasts: int) -> None:
    """Start the replicas and broadcast to them, a little apart."""
    for number in range(replicas):
        await system.spawn(ActorSpec(name=f"replica-{number}", kind=Replica))
    for key in range(broadcasts):
        await system.broadcast("apply", key, to=Replica)
        await system.core.node.sleep(0.005)
    await system.core.node.sleep(0.1)
