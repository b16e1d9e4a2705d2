"""Crashes, damaged disks and bits that flip in memory: what a node finds again, and how soon it is back."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from alyslab.harnesses.sync.history import history
from alyslab.harnesses.sync.workloads import faults
from alyslab.harnesses.sync.workloads.bounds import require
from alyslab.harnesses.sync.workloads.resilience import NODE, POLICY, WITHIN_S
from alyslab.harnesses.sync.workloads.world import World
from alyslab.runtime import require_current
from alyslab.runtime.disk import CrashFaults, DiskLatency

SLOW_DISK: Final = DiskLatency(write_ms=5.0, sync_ms=20.0)
"""Slow enough for a crash to fall between a write and its sync."""


async def checkpoints(*, blocks: int = 500, interval: int = 50, crashes: int = 1) -> bool:
    """Create a checkpoint every so many blocks, with crashes in between."""
    require(
        "checkpoints", blocks=(blocks, 50, 20_000), interval=(interval, 5, 10_000), crashes=(crashes, 0, 20)
    )
    world = World(
        history(blocks), peers=4, policy=replace(POLICY, checkpoint_interval=interval), import_ms=10.0
    )
    world.add_node(NODE).disk.latency = SLOW_DISK
    random = require_current().random("sync.checkpoints")
    for _ in range(crashes):
        await world.pause(random.uniform(0.5, 3.0))
        await faults.crash(world, NODE, random.uniform(0.2, 1.0), faults=CrashFaults(lost_ratio=1.0))
    return await world.finish([NODE], WITHIN_S)


async def resume(*, blocks: int = 600, crashes: int = 4, torn_ratio: float = 0.5) -> bool:
    """Crash the node again and again, with torn and lost writes: it goes on from its last commit."""
    require("resume", blocks=(blocks, 50, 20_000), crashes=(crashes, 1, 20), torn_ratio=(torn_ratio, 0, 1))
    world = World(history(blocks), peers=4, policy=POLICY, import_ms=10.0)
    world.add_node(NODE).disk.latency = SLOW_DISK
    random = require_current().random("sync.resume")
    how = CrashFaults(lost_ratio=1.0 - torn_ratio, torn_ratio=torn_ratio)
    for _ in range(crashes):
        await world.pause(random.uniform(0.5, 2.5))
        await faults.crash(world, NODE, random.uniform(0.2, 1.0), faults=how)
    return await world.finish([NODE], WITHIN_S)


async def recovery(*, blocks: int = 500, rot: bool = False) -> bool:
    """Flip a bit of the state in memory: peers are refused alike, and the node goes back to a checkpoint.

    With ``rot`` the latest checkpoint is damaged first, and an earlier one must serve.
    """
    require("recovery", blocks=(blocks, 150, 20_000))
    world = World(history(blocks), peers=5, policy=replace(POLICY, checkpoint_interval=50), import_ms=20.0)
    world.add_node(NODE)
    random = require_current().random("sync.recovery")
    await world.pause(random.uniform(3.5, 7.0))
    if rot:
        await faults.spoil_checkpoint(world, NODE)
    faults.spoil_state(world, NODE)
    return await world.finish([NODE], WITHIN_S)
