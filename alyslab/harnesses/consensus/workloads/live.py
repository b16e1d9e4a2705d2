"""Live consensus: a federation at work, alone or under faults of the network and of its nodes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from random import Random
from typing import Any

from alyslab.harnesses.consensus.plan import LINK, Plan
from alyslab.harnesses.consensus.settings import Settings
from alyslab.harnesses.consensus.workloads.expecting import expect, require_within
from alyslab.harnesses.consensus.workloads.faults import crash, partition, some
from alyslab.harnesses.consensus.workloads.finish import CALM_S, leave_alone
from alyslab.harnesses.consensus.world import World
from alyslab.runtime import require_current


async def live(
    *,
    nodes: int = 5,
    followers: int = 0,
    slots: int = 30,
    trouble: bool = False,
    topics: str = "v1",
    scheme: str = "ideal",
    loss_ratio: float = 0.02,
    degree: int = 0,
) -> dict[str, Any]:
    """Run a federation for a number of slots, with or without faults, then leave it alone.

    Parameters
    ----------
    nodes
        Authorities, 3 to 15.
    followers
        Nodes beside them that only follow.
    slots
        Slots in which faults may be; sixteen more follow.
    trouble
        Whether there are faults: loss, a partition of a minority, and a crash.
    topics
        ``v1`` or ``v2``.
    scheme
        ``ideal`` or ``real`` signatures.
    loss_ratio
        Messages lost while there is trouble.
    degree
        Peers of each node; 0 connects everybody with everybody.
    """
    require_within(
        "live", locals(), nodes=(3, 15), followers=(0, 200), slots=(4, 100_000), loss_ratio=(0, 0.5)
    )
    calm_slots = int(CALM_S // 5)
    expect("blocks at every node", calm_slots // 2 if trouble else slots + calm_slots - 4)
    expect("finalised blocks at every node", 1)
    runtime = require_current()
    plan = Plan(
        authorities=nodes,
        followers=followers,
        degree=degree,
        scheme=scheme,
        link=replace(LINK, loss_ratio=loss_ratio if trouble else 0.0),
        settings=Settings(topics=topics),
    )
    world = World(runtime, plan)
    world.start()
    trouble_s = slots * world.spec.slot_ms / 1_000
    if trouble:
        await _trouble(world, runtime.random("workload.live"), trouble_s)
        world.network.shape(None, None, loss_ratio=0.0)
    else:
        await asyncio.sleep(trouble_s)
    return await leave_alone(world)


async def _trouble(world: World, random: Random, lasts_s: float) -> None:
    """Cut off as many as a quorum can spare, and crash one node, at times that the seed draws."""
    spare = max(1, (len(world.around.authors) - 1) // 3)
    cut, victim = some(random, world.names, spare), random.choice(world.names)
    begin_s, down_s = random.uniform(0.1, 0.5) * lasts_s, random.uniform(0.05, 0.2) * lasts_s
    crash_s = random.uniform(0.1, 0.7) * lasts_s

    async def parting() -> None:
        await asyncio.sleep(begin_s)
        await partition(world, cut, 0.3 * lasts_s)

    async def crashing() -> None:
        await asyncio.sleep(crash_s)
        await crash(world, victim, down_s)

    await asyncio.gather(parting(), crashing(), asyncio.sleep(lasts_s))
