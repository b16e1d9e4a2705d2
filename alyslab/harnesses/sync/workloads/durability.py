"""Crashes, damaged disks and bits that flip in memory: what a node finds again, and how soon it is back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from alyslab.checkers import sync_subjects as subjects
from alyslab.harnesses.sync.history import history
from alyslab.harnesses.sync.workloads.bounds import one_of, require
from alyslab.harnesses.sync.workloads.faults import crash, fail_disk, rot, spoil_checkpoint, spoil_state
from alyslab.harnesses.sync.workloads.resilience import NODE, POLICY, within_s
from alyslab.harnesses.sync.workloads.waiting import has_chain, has_checkpoints
from alyslab.harnesses.sync.workloads.world import World
from alyslab.runtime import require_current
from alyslab.runtime.disk import CrashFaults, DiskLatency
from alyslab.runtime.disk_faults import DiskFaults

SLOW_DISK: Final = DiskLatency(write_ms=5.0, sync_ms=20.0)
"""Slow enough for a crash to fall between a write and its sync."""
FAILURES: Final[Mapping[str, DiskFaults]] = MappingProxyType(
    {
        "full": DiskFaults(capacity_bytes=0),
        "errors": DiskFaults(write_error_ratio=0.3, sync_error_ratio=0.3),
        "read_errors": DiskFaults(read_error_ratio=0.7),
        "descriptors": DiskFaults(new_files=0),
    }
)
"""How a disk may fail while it serves."""
DAMAGES: Final = (*FAILURES, "rot", "misdirected", "new_disk")


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
    if crashes:
        world.drawn(subjects.RESTART)
        await has_chain(world, NODE)
    for _ in range(crashes):
        await world.pause(random.uniform(0.5, 3.0))
        await crash(world, NODE, random.uniform(0.2, 1.0), faults=CrashFaults(lost_ratio=1.0))
    return await world.finish([NODE], within_s(blocks))


async def resume(*, blocks: int = 600, crashes: int = 4, torn_ratio: float = 0.5) -> bool:
    """Crash the node again and again, with torn and lost writes: it goes on from its last commit."""
    require("resume", blocks=(blocks, 50, 20_000), crashes=(crashes, 1, 20), torn_ratio=(torn_ratio, 0, 1))
    world = World(history(blocks), peers=4, policy=POLICY, import_ms=10.0)
    world.add_node(NODE).disk.latency = SLOW_DISK
    random = require_current().random("sync.resume")
    world.drawn(subjects.RESTART)
    await has_chain(world, NODE)
    how = CrashFaults(lost_ratio=1.0 - torn_ratio, torn_ratio=torn_ratio)
    for _ in range(crashes):
        await world.pause(random.uniform(0.5, 2.5))
        await crash(world, NODE, random.uniform(0.2, 1.0), faults=how)
    return await world.finish([NODE], within_s(blocks))


async def recovery(*, blocks: int = 500, rotten: bool = False) -> bool:
    """Flip a bit of the state in memory: peers are refused alike, and the node goes back to a checkpoint.

    With ``rotten`` the latest checkpoint is damaged first, and an earlier one must serve.
    """
    require("recovery", blocks=(blocks, 150, 20_000))
    world = World(history(blocks), peers=5, policy=replace(POLICY, checkpoint_interval=50), import_ms=20.0)
    world.add_node(NODE)
    random = require_current().random("sync.recovery")
    world.drawn(subjects.SPOILT)
    await has_checkpoints(world, NODE, 2 if rotten else 1)
    await world.pause(random.uniform(0.5, 4.0))
    if rotten:
        await spoil_checkpoint(world, NODE)
    spoil_state(world, NODE)
    return await world.finish([NODE], within_s(blocks))


async def damage(*, blocks: int = 500, what: str = "all", times: int = 1) -> bool:
    """Let the node's disk fail, fill up, rot, misplace a write, or be replaced, and crash the node after it.

    Parameters
    ----------
    blocks
        Length of the source chain.
    what
        One of :data:`DAMAGES`, or ``all`` of them in turn.
    times
        How often each.
    """
    require("damage", blocks=(blocks, 50, 20_000), times=(times, 1, 20))
    one_of("damage", "what", what, (*DAMAGES, "all"))
    policy = replace(POLICY, checkpoint_interval=50)
    world = World(history(blocks), peers=4, policy=policy, import_ms=20.0)
    disk = world.add_node(NODE).disk
    disk.latency = SLOW_DISK
    random = require_current().random("sync.damage")
    if what in FAILURES or what == "all":  # what rots, or is replaced, may leave nothing to find again
        world.drawn(subjects.RESTART)
    for each in (DAMAGES if what == "all" else (what,)) * times:
        await has_chain(world, NODE)  # a node that waits for its restart would sleep through the next fault
        await world.pause(random.uniform(1.0, 3.0))
        if each == "rot":
            rot(world, NODE, random.choice([1, 8, 64, 512]), random)
        misdirected = 1.0 if each == "misdirected" else 0.0
        how = CrashFaults(lost_ratio=1.0 - misdirected, misdirected_ratio=misdirected)
        async with asyncio.TaskGroup() as group:
            if each in FAILURES:
                group.create_task(fail_disk(world, NODE, FAILURES[each], random.uniform(3.0, 6.0)))
            await world.pause(random.uniform(0.5, 2.0))
            await crash(world, NODE, random.uniform(0.2, 1.0), faults=how, new_disk=each == "new_disk")
    return await world.finish([NODE], within_s(blocks))
