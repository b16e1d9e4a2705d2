"""Workloads of full mailboxes: what each policy does when more comes than fits."""

from __future__ import annotations

import asyncio

from alyslab.harnesses.actor.errors import ActorError, MailboxFullError
from alyslab.harnesses.actor.message import Priority
from alyslab.harnesses.actor.overflow import MailboxPolicy, Overflow
from alyslab.harnesses.actor.reference import Ref
from alyslab.harnesses.actor.spec import ActorSpec
from alyslab.harnesses.actor.system import ActorSystem
from alyslab.harnesses.actor.workloads.actors import Counter
from alyslab.harnesses.actor.workloads.expectations import expect, require_counts, require_one_of

REASON = {
    Overflow.DROP_NEWEST: "newest",
    Overflow.DROP_OLDEST: "oldest",
    Overflow.REJECT: "rejected",
}


async def overflow(
    *,
    policy: str = "backpressure",
    capacity: int = 20,
    senders: int = 4,
    messages: int = 50,
    interval_ms: float = 1.0,
    service_ms: float = 2.0,
    random_pauses: bool = False,
) -> None:
    """Send to one actor faster than it can handle, from several senders.

    Parameters
    ----------
    policy
        What its mailbox does when full: a name of ``Overflow``.
    capacity
        Of its mailbox.
    senders, messages
        How many senders, and how much each sends.
    interval_ms
        Pause of a sender between two messages, in ms.
    service_ms
        How long the actor takes for each, in ms.
    random_pauses
        Whether pauses are drawn, exponentially, with ``interval_ms`` as their mean.

    Raises
    ------
    ParameterError
        For a name that does not exist or a count below 1.
    """
    require_counts("overflow", capacity=capacity, senders=senders, messages=messages)
    require_one_of("overflow", "policy", policy, Overflow)
    if policy == Overflow.BACKPRESSURE:
        expect("messages done", at_least=senders * messages)
    else:
        expect(f"messages dropped: {REASON[Overflow(policy)]}", at_least=1)
    async with ActorSystem() as system:
        await system.spawn(narrow("narrow", Overflow(policy), capacity, service_ms))
        async with asyncio.TaskGroup() as group:
            for number in range(senders):
                ref = system.ref("narrow", sender=f"sender-{number}")
                group.create_task(flood(system, ref, messages, interval_ms, random_pauses))


def narrow(name: str, policy: Overflow, capacity: int, service_ms: float) -> ActorSpec:
    """Return an actor that is slow and has a small mailbox."""
    return ActorSpec(
        name=name,
        kind=Counter,
        options={"service_ms": service_ms},
        mailbox=MailboxPolicy(capacity=capacity, overflow=policy),
    )


async def flood(
    system: ActorSystem, ref: Ref, messages: int, interval_ms: float, random_pauses: bool = False
) -> None:
    """Send messages of mixed priority one after the other; a refusal is passed over."""
    random = system.core.runtime.random(f"workload.flood:{ref.sender}:{ref.name}")
    levels = [Priority.NORMAL, Priority.NORMAL, Priority.NORMAL, Priority.LOW, Priority.HIGH]
    for _ in range(messages):
        try:
            await ref.tell("add", 1, priority=random.choice(levels))
        except MailboxFullError:
            pass  # its row says so
        except ActorError:
            return
        pause_ms = random.expovariate(1 / interval_ms) if random_pauses else interval_ms
        await system.core.node.sleep(pause_ms / 1_000)
