"""One life of a syncing node, from boot to crash: it opens what its disk has, serves it, and syncs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from alyslab.errors import DiskError
from alyslab.harnesses.sync.errors import StoreError
from alyslab.harnesses.sync.ledger import Ledger
from alyslab.harnesses.sync.protocol import BLOCKS
from alyslab.harnesses.sync.sequential import SequentialSyncer
from alyslab.harnesses.sync.server import SyncServer
from alyslab.harnesses.sync.syncer import Syncer
from alyslab.runtime import Node

if TYPE_CHECKING:
    from alyslab.harnesses.sync.workloads.world import World


async def live(world: World, node: Node) -> None:
    """Boot the node and let it sync for ever; a disk that fails ends the process, as it ends a real one."""
    try:
        ledger = await _open(world, node)
        syncer = _syncer(world, node, ledger)
        if world.produce_s:
            node.spawn(_ask_to_produce(node, syncer, world.produce_s), name=f"{node.name}/producer")
        await syncer.run()
    except (DiskError, StoreError) as error:
        world.forget(node.name)
        world.supervisor.ended(node, error)


async def _open(world: World, node: Node) -> Ledger:
    history = world.history
    record = world.runtime.journal.record

    def tell(kind: str, fields: Mapping[str, Any]) -> None:
        record(kind, node.name, **fields)

    ledger = world.ledgers[node.name] = await Ledger.open(
        node,
        history.spec,
        history.scheme,
        history.bitcoin,
        now_ms=lambda: history.now_ms + node.clock.time_ns() // 1_000_000,
        trace=tell,
        eras=history.eras if world.aware else (),
        checkpoint_interval=world.policy.checkpoint_interval,
        checkpoints_kept=world.policy.checkpoints_kept,
        import_ms=world.import_ms,
        per_block=world.telling,
    )
    return ledger


def _syncer(world: World, node: Node, ledger: Ledger) -> Syncer | SequentialSyncer:
    """Make the node's syncer, and serve what it has."""
    endpoint = world.network.endpoint(node)
    kind: Callable[..., Syncer | SequentialSyncer] = SequentialSyncer if world.v1 else Syncer
    syncer = world.syncers[node.name] = kind(
        node, endpoint, ledger, policy=world.policy, peers=lambda: tuple(world.views)
    )
    SyncServer(
        endpoint,
        ledger.store,
        checkpoint_interval=world.policy.checkpoint_interval,
        blame=lambda peer, cause: syncer.book.failed(peer, BLOCKS, cause),
    ).attach()
    return syncer


async def _ask_to_produce(node: Node, syncer: Syncer | SequentialSyncer, every_s: float) -> None:
    while True:
        await node.sleep(every_s)
        syncer.can_produce()
