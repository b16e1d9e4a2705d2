"""A mining outage: without proof of work the chain halts where it must, and goes on when work comes again."""

from __future__ import annotations

import asyncio
from typing import Any

from alyslab.harnesses.consensus.workloads.expecting import expect, require_within
from alyslab.harnesses.consensus.workloads.faults import pause
from alyslab.harnesses.consensus.workloads.finish import leave_alone
from alyslab.harnesses.consensus.world import MINER, Plan, World, with_spec
from alyslab.runtime import require_current


async def outage(*, nodes: int = 4, gap_blocks: int = 10, lasts_s: float = 150.0) -> dict[str, Any]:
    """Hold the miner for longer than the chain can go on without it.

    Parameters
    ----------
    nodes
        Authorities, 1 to 15.
    gap_blocks
        Blocks that may go without work; V1 has 50,000, V2's documents 10.
    lasts_s
        How long no miner works.
    """
    require_within("outage", locals(), nodes=(1, 15), gap_blocks=(2, 1_000), lasts_s=(1, 1e6))
    slot_s = 5.0
    if lasts_s > (gap_blocks + 8) * slot_s:
        expect("halts", 1)
    expect("blocks at every node", gap_blocks)
    expect("finalised blocks at every node", gap_blocks)
    plan = with_spec(Plan(authorities=nodes), max_blocks_without_pow=gap_blocks)
    world = World(require_current(), plan)
    world.start()
    await asyncio.sleep(60.0)
    await pause(world, MINER, lasts_s)
    return await leave_alone(world)
