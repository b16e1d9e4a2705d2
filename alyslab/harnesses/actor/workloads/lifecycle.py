"""Workloads of whole lives: creation, shutdown in order, parents and children."""

from __future__ import annotations

from alyslab.harnesses.actor.backoff import fixed
from alyslab.harnesses.actor.errors import ActorError
from alyslab.harnesses.actor.spec import ActorSpec, ShutdownClass
from alyslab.harnesses.actor.system import ActorSystem
from alyslab.harnesses.actor.workloads.actors import Counter, Parent
from alyslab.harnesses.actor.workloads.expectations import expect, require_counts

CLASSES = tuple(ShutdownClass)


async def lifecycle(*, actors: int = 12, messages: int = 5) -> None:
    """Start actors of all shutdown classes, some depending on others, use them, and shut down in order.

    Parameters
    ----------
    actors
        How many there are.
    messages
        What each is sent.

    Raises
    ------
    ParameterError
        For a count below 1.
    """
    require_counts("lifecycle", actors=actors, messages=messages)
    expect("actors created", at_least=actors, at_most=actors)
    expect("actors stopped", at_least=actors, at_most=actors)
    expect("messages done", at_least=actors * messages)
    async with ActorSystem() as system:
        await dependants(system, actors=actors, messages=messages)


async def dependants(system: ActorSystem, *, actors: int, messages: int) -> None:
    """Start actors of which each third needs the two before it, and send each some messages."""
    names: list[str] = []
    for number in range(actors):
        needs = tuple(names[-2:]) if number % 3 == 2 else ()
        spec = ActorSpec(
            name=f"part-{number}", kind=Counter, depends_on=needs, shutdown=CLASSES[number % len(CLASSES)]
        )
        ref = await system.spawn(spec)
        names.append(spec.name)
        for _ in range(messages):
            await ref.tell("add", 1)


async def family(*, parents: int = 3, children: int = 2, crashes: int = 2) -> None:
    """Crash and stop actors that have children of their own.

    Parameters
    ----------
    parents, children
        How many actors have children, and how many each.
    crashes
        How often each parent crashes before it is stopped; each new life starts new children.

    Raises
    ------
    ParameterError
        For a count below 1.
    """
    require_counts("family", parents=parents, children=children, crashes=crashes)
    expect("restarts", at_least=parents * crashes)
    expect("actors created", at_least=parents * (1 + children * (1 + crashes)))
    async with ActorSystem() as system:
        for number in range(parents):
            await parenthood(system, name=f"parent-{number}", children=children, crashes=crashes)


async def parenthood(system: ActorSystem, *, name: str, children: int, crashes: int) -> None:
    """Start one parent, let it crash and come back, then stop it."""
    policy = fixed(20, limit=crashes + 1, window_s=10)
    parent = await system.spawn(
        ActorSpec(name=name, kind=Parent, options={"children": children}, policy=policy)
    )
    for life in range(crashes + 1):
        for number in range(children):
            try:
                await system.ref(f"{name}.{life}.{number}").tell("add", 1)
            except ActorError:
                continue  # it went down with its parent meanwhile
        if life < crashes:
            await parent.tell("crash")
            await system.core.node.sleep(0.05)
    await system.stop(name)
