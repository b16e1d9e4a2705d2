"""V2's gate: nodes that come back in the last moment before their turn, and stay silent if they must."""

from __future__ import annotations

import asyncio
from typing import Any

from alyslab.harnesses.consensus.settings import Settings
from alyslab.harnesses.consensus.workloads.expecting import expect, require_within
from alyslab.harnesses.consensus.workloads.faults import told, until_slot_of
from alyslab.harnesses.consensus.workloads.finish import leave_alone
from alyslab.harnesses.consensus.world import Plan, World
from alyslab.runtime import require_current

BEFORE_TURN_S = 0.25
"""So long before its turn a node is started again: less than a sync takes on these lines."""
GOVERNANCE_ERRORS = 0.5
"""Share of the governance stream's requests that fail for a while."""


async def gated(*, nodes: int = 4, rule: str = "issue_10", rounds: int = 3) -> dict[str, Any]:
    """Run a federation in which a rule of V2 says who may write.

    Parameters
    ----------
    nodes
        Authorities, 4 to 15: one is down at a time.
    rule
        A key of :data:`~alyslab.harnesses.sync.production.RULES`.
    rounds
        So many nodes go down for four slots, one after the other.
    """
    require_within("gated", locals(), nodes=(4, 15), rounds=(1, 1_000))
    expect("blocks at every node", 3 * rounds)
    expect("finalised blocks at every node", 1)
    expect("turns asked of the gate", rounds)
    runtime = require_current()
    world = World(runtime, Plan(authorities=nodes, settings=Settings(production=rule)))
    world.start()
    slot_s = world.spec.slot_ms / 1_000
    await asyncio.sleep(4 * slot_s)
    random = runtime.random("workload.gated")
    for _ in range(rounds):
        victim = random.choice(world.around.authors)
        world.node(victim).crash()
        await asyncio.sleep(4 * slot_s)
        await until_slot_of(world, victim, -BEFORE_TURN_S)
        world.node(victim).restart()
        await asyncio.sleep(2 * slot_s)
    with told(world, "governance_errors", "all"):
        world.around.governance.error_ratio = GOVERNANCE_ERRORS
        await asyncio.sleep(3 * slot_s)
        world.around.governance.error_ratio = 0.0
    return await leave_alone(world)
