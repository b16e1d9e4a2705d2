"""The end of a workload: a time that is left alone, and what every node has, for the checker of money."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from alyslab.harnesses.consensus.workloads.faults import faults_over
from alyslab.model.workload import tell_balance

if TYPE_CHECKING:
    from alyslab.harnesses.consensus.world import World

CALM_S: Final = 80.0
"""Time that is left alone at the end: longer than the longest promise of recovery."""


async def leave_alone(world: World) -> dict[str, Any]:
    """Let the faults be over and the world have its calm; return where each node stands, for a table.

    Verdicts read the journal instead.
    """
    faults_over(world)
    await asyncio.sleep(CALM_S)
    await tell_end(world)
    lives = world.around.lives
    return {
        name: {"height": lives[name].chain.height, "finalised_height": lives[name].chain.finalised_height}
        for name in world.names
        if name in lives
    }


async def tell_end(world: World) -> None:
    """Write every validator's books, and that the run is over.

    It waits for the middle of a slot: at its beginning a node may have a block
    in memory that its disk has not taken yet, and that no row tells of.  A node
    that is down has no books; its disk is not looked at.
    """
    slot_ns = world.spec.slot_ms * 1_000_000
    into_ns = (world.around.epoch_ms * 1_000_000 + world.runtime.now_ns) % slot_ns
    await asyncio.sleep(((slot_ns // 2 - into_ns) % slot_ns) / 1e9)
    record = world.runtime.journal.record
    for member in world.members:
        life = world.around.lives.get(member.name)
        if life is None or member.authority < 0 or life.stopped or not life.awake:
            continue
        if world.node(member.name).state == "crashed":
            continue

        def told(kind: str, _subject: str, /, *, _name: str = member.name, **fields: Any) -> None:
            if kind.startswith("bridge."):
                record(kind, _name, **fields)

        tell_balance(life.chain, told)
        for each in life.chain.records:
            for transaction in each.block.finalised_pegouts:
                record("bridge.paid_out", member.name, height=each.block.height, txid=transaction.txid.hex())
    record("run.over", "world")
