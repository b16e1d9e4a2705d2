"""Money through the bridge: paid on Bitcoin, credited, burned, proposed, signed and finalised."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from alyslab.harnesses.consensus.plan import LINK, Plan
from alyslab.harnesses.consensus.users import Load
from alyslab.harnesses.consensus.workloads.expecting import expect, require_within
from alyslab.harnesses.consensus.workloads.finish import leave_alone
from alyslab.harnesses.consensus.world import World
from alyslab.runtime import require_current


async def pegs(*, nodes: int = 4, slots: int = 30, loss_ratio: float = 0.0) -> dict[str, Any]:
    """Let users pay in and burn without pause, and follow every satoshi.

    Parameters
    ----------
    nodes
        Authorities, 1 to 15.
    slots
        How long they do.
    loss_ratio
        Messages lost: signatures over payments are among them.
    """
    require_within("pegs", locals(), nodes=(1, 15), slots=(10, 10_000), loss_ratio=(0, 0.5))
    users, interval_s = 8, 2.0
    expect("peg-ins credited", users + 1)
    expect("peg-outs proposed", 2)
    expect("peg-outs finalised", 1)
    link = replace(LINK, loss_ratio=loss_ratio)
    load = Load(users=users, interval_s=interval_s, burn_every=3, pay_every=3)
    world = World(require_current(), Plan(authorities=nodes, link=link, load=load))
    world.start()
    await asyncio.sleep(slots * world.spec.slot_ms / 1_000)
    return await leave_alone(world)
