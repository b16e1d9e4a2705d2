"""The end of a workload: what every node has, written for the checker of money."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from alyslab.model.workload import tell_balance

if TYPE_CHECKING:
    from alyslab.harnesses.consensus.world import World


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
