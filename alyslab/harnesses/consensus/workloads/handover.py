"""A change of the federation while its nodes run: by height, with a member down and one that was not told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from alyslab.harnesses.consensus.handover import Handover
from alyslab.harnesses.consensus.plan import LINK, Plan
from alyslab.harnesses.consensus.workloads.expecting import expect, require_within
from alyslab.harnesses.consensus.workloads.faults import crash as crash_node
from alyslab.harnesses.consensus.workloads.finish import leave_alone
from alyslab.harnesses.consensus.world import World
from alyslab.runtime import require_current

UNTOLD_SLOTS = 8
"""For how long after the change a member that was not told goes on as before."""


async def handover(
    *,
    nodes: int = 4,
    leave: int = 1,
    join: int = 2,
    untold: int = 0,
    height: int = 10,
    crash: bool = True,
    loss_ratio: float = 0.0,
) -> dict[str, Any]:
    """Let a federation hand over to another at a height, and leave it alone then.

    Parameters
    ----------
    nodes
        Members at first, 3 to 14.
    leave, join
        Members that go, and that come.
    untold
        Of those that go, so many know nothing of it, and are told eight slots
        later; then as many must come as go.
    height
        The first block of the later federation, 4 to 1000.
    crash
        Whether a member of both is down when the federation changes.
    loss_ratio
        Messages lost until the calm.
    """
    require_within("handover", locals(), nodes=(3, 14), height=(4, 1_000), loss_ratio=(0, 0.5))
    expect("blocks at every node", height + 8)
    expect("finalised blocks at every node", height)
    expect("federations that signed blocks", 2)
    if untold:
        expect("blocks of former members refused", 1)
    runtime = require_current()
    link = replace(LINK, loss_ratio=loss_ratio)
    change = Handover(height=height, leave=leave, join=join, untold=untold)
    world = World(runtime, Plan(authorities=nodes, link=link, handover=change))
    world.start()
    slot_s = world.spec.slot_ms / 1_000
    await asyncio.sleep((height - 3) * slot_s)
    if crash:
        both = list(world.around.authors[leave:nodes])
        await crash_node(world, runtime.random("workload.handover").choice(both), 6 * slot_s)
    await asyncio.sleep(UNTOLD_SLOTS * slot_s)
    for name in list(world.around.specs):
        world.tell(name)
        await crash_node(world, name, 1.0)
    world.network.shape(None, None, loss_ratio=0.0)
    return await leave_alone(world)
