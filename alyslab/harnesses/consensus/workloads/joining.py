"""A node that joins late, under load: it syncs what was before it, follows, and then takes its turns."""

from __future__ import annotations

import asyncio
from typing import Any

from alyslab.harnesses.consensus.users import Load
from alyslab.harnesses.consensus.workloads.expecting import expect, require_within
from alyslab.harnesses.consensus.workloads.finish import leave_alone
from alyslab.harnesses.consensus.world import Plan, World
from alyslab.runtime import require_current


async def joining(*, nodes: int = 5, slots: int = 40, interval_s: float = 0.5) -> dict[str, Any]:
    """Run a federation without its last member, which joins after ``slots`` slots.

    Parameters
    ----------
    nodes
        Authorities, the late one included, 4 to 15; without it the others are a quorum.
    slots
        What it has missed.
    interval_s
        From one transaction to the next.
    """
    require_within("joining", locals(), nodes=(4, 15), slots=(1, 10_000), interval_s=(0.01, 60))
    expect("blocks at every node", slots // 2)
    expect("finalised blocks at every node", 1)
    world = World(require_current(), Plan(authorities=nodes, load=Load(interval_s=interval_s)))
    late = world.names[-1]
    world.start(except_for=(late,))
    await asyncio.sleep(slots * world.spec.slot_ms / 1_000)
    world.join(late)
    return await leave_alone(world)
