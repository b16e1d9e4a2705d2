"""What workloads break, each told when it begins and when it ends.

A fault acts through a node, its disk, its links or the rules of the network,
as those of the real world would; nothing here reaches into the syncer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from random import Random

from alyslab.errors import DiskError
from alyslab.harnesses.sync.workloads.world import World
from alyslab.runtime.disk import CrashFaults
from alyslab.runtime.disk_faults import NONE, DiskFaults


@contextmanager
def told(world: World, fault: str, **fields: object) -> Iterator[None]:
    """Write when a fault begins and ends."""
    record = world.runtime.journal.record
    record("fault.begin", "world", fault=fault, **fields)
    try:
        yield
    finally:
        record("fault.end", "world", fault=fault, **fields)


async def cut_off(world: World, cut: Iterable[str], lasts_s: float) -> None:
    """Cut some members off from all others for a while."""
    group = sorted(cut)
    others = sorted(set(world.nodes) - set(group))
    with (
        told(world, "partition", nodes=tuple(group)),
        world.network.partition(group, others, name=f"partition:{world.runtime.now_ns}"),
    ):
        await world.pause(lasts_s)


async def crash(
    world: World, name: str, down_s: float, *, faults: CrashFaults | None = None, new_disk: bool = False
) -> None:
    """Kill a node, with what its disk does to unsynced writes, and start it again after a while.

    With ``new_disk`` it comes back with an empty one.
    """
    node = world.nodes[name]
    if node.state == "crashed":
        return
    node.disk.crash_faults = faults or CrashFaults()
    with told(world, "crash", nodes=(name,)):
        node.crash()
        world.forget(name)
        if new_disk:
            node.disk.wipe()
        await world.pause(down_s)
    node.restart()


async def fail_disk(world: World, name: str, faults: DiskFaults, lasts_s: float) -> None:
    """Let a node's disk refuse what the faults say for a while."""
    disk = world.nodes[name].disk
    with told(world, "disk_failure", nodes=(name,)):
        disk.faults = faults
        await world.pause(lasts_s)
        disk.faults = NONE


def rot(world: World, name: str, flips: int, random: Random) -> int:
    """Flip bits anywhere in what a node's disk holds; return how many."""
    with told(world, "bit_rot", nodes=(name,)):
        return world.nodes[name].disk.rot(flips, random)


async def vanish(world: World, name: str) -> None:
    """Take a peer away for good."""
    with told(world, "vanish", nodes=(name,)):
        if world.nodes[name].state != "crashed":
            world.nodes[name].crash()


def _up(world: World, name: str) -> bool:
    return name in world.ledgers and world.nodes[name].state == "running"


def spoil_state(world: World, name: str) -> bool:
    """Flip a bit of a node's state in memory: every block that comes gives it another root than it bears.

    Returns whether there was anything to spoil.
    """
    if not _up(world, name):
        return False
    state = world.ledgers[name].chain.state
    address = min(state.accounts)
    nonce, balance = state.accounts[address]
    with told(world, "bit_flip", nodes=(name,)):
        state.apply({address: (nonce, balance ^ 1)})
    return True


async def spoil_checkpoint(world: World, name: str) -> int:
    """Rot the state's file of a node's latest checkpoint; return its height, 0 if there was none."""
    if not _up(world, name):
        return 0
    node, ledger = world.nodes[name], world.ledgers[name]
    try:
        checkpoint = await ledger.checkpoints.latest_good(ledger.store)
        if checkpoint is None or not _up(world, name):
            return 0
        file = f"{ledger.checkpoints.directory(checkpoint.height)}/state"
        content = await node.disk.read(file)
        with told(world, "bit_rot", nodes=(name,)):
            await node.disk.write(file, bytes([content[0] ^ 0xFF]), offset=0)
            await node.disk.sync(file)
    except DiskError:  # the disk fails already
        return 0
    world.runtime.journal.record("fault.checkpoint", name, height=checkpoint.height)
    return checkpoint.height
