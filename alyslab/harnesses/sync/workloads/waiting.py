"""What scenes wait for, so that what they break is there to be broken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from alyslab.harnesses.sync.checkpoints import manifests
from alyslab.harnesses.sync.workloads.world import TICK_S, World

LONGEST_S: Final = 60.0
"""A scene that waits in vain goes on after this time; what it should have shown is not seen then."""


async def has_chain(world: World, name: str) -> None:
    """Wait until a node has a block in its store."""
    await _until(lambda: name in world.ledgers and world.ledgers[name].store.height > 0)


async def has_checkpoints(world: World, name: str, count: int = 1) -> None:
    """Wait until so many checkpoints are complete on a node's disk, while it is up."""
    disk = world.nodes[name].disk
    await _until(lambda: name in world.ledgers and manifests(disk) >= count)


async def _until(holds: Callable[[], bool]) -> None:
    for _ in range(round(LONGEST_S / TICK_S)):
        if holds():
            return
        await asyncio.sleep(TICK_S)
