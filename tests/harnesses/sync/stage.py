"""What several tests of this folder use: a short history, a node with a disk, a ledger on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from alyslab.harnesses.sync.history import History, history
from alyslab.harnesses.sync.ledger import Ledger
from alyslab.harnesses.sync.store import ChainStore
from alyslab.harnesses.sync.workloads.world import World
from alyslab.runtime import Node, Run, require_current, simulate

CHAIN: History = history(40)


def on_node(work: Callable[[Node], Awaitable[Any]], *, seed: int = 1, planted: tuple[str, ...] = ()) -> Run:
    """Run ``work(node)`` in a simulation."""

    async def main() -> Any:
        return await work(require_current().node("a"))

    return simulate(main, seed=seed, planted=planted)


async def filled(node: Node, height: int, *, batch: int = 5) -> ChainStore:
    """Return a store of the history's first blocks, committed in batches."""
    store = await ChainStore.open(node.disk, CHAIN.spec)
    await extend(store, height, batch=batch)
    return store


async def extend(store: ChainStore, height: int, *, batch: int = 5) -> None:
    """Append the history's blocks up to a height."""
    while store.height < height:
        low, high = store.height, min(height, store.height + batch)
        await store.append(CHAIN.blocks[low:high], CHAIN.roots[low + 1 : high + 1], CHAIN.pointers[high])


async def reopened(node: Node, **options: bool) -> ChainStore:
    """Crash the node, start it again, and return the store that its disk holds."""
    node.crash()
    node.restart()
    return await ChainStore.open(node.disk, CHAIN.spec, **options)


async def opened(node: Node, **options: Any) -> Ledger:
    """Return a ledger of the history's spec on the node's disk."""
    return await Ledger.open(
        node, CHAIN.spec, CHAIN.scheme, CHAIN.bitcoin, now_ms=lambda: CHAIN.now_ms, **options
    )


async def booted(world: World, name: str) -> None:
    """Wait until a node that was started syncs."""
    while name not in world.syncers:
        await world.pause(0.25)
