"""Disks that fail: a node stops, starts again, finds what is lost, and promises no more than it can keep."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import Any, Final

from alyslab.errors import ParameterError, Problem
from alyslab.harnesses.consensus.workloads.expecting import expect, require_within
from alyslab.harnesses.consensus.workloads.faults import crash, told, until_slot_of
from alyslab.harnesses.consensus.workloads.finish import leave_alone
from alyslab.harnesses.consensus.world import Plan, World
from alyslab.runtime import require_current
from alyslab.runtime.disk import CrashFaults, DiskLatency
from alyslab.runtime.disk_faults import NONE, DiskFaults

LASTS_S: Final = 15.0
"""How long a disk fails."""
DOWN_S: Final = 2.0
FLIPS: Final = 24
"""Bits that rot at once."""
ERRORS: Final = 0.3
"""Share of the operations that fail."""
AFTER_S: Final = 50.0
"""From one failure to the next: as long as a member that lost votes abstains, and some."""

Failure = Callable[[World, str, Random], Awaitable[None]]


async def disks(*, nodes: int = 5, rounds: int = 4, fault: str = "any") -> dict[str, Any]:
    """Let the disk of one node after the other fail, and follow what the nodes sign.

    Parameters
    ----------
    nodes
        Authorities, 4 to 15; one disk fails at a time.
    rounds
        How many fail.
    fault
        A key of :data:`FAILURES`, or ``any`` for a drawn one each time.
    """
    require_within("disks", locals(), nodes=(4, 15), rounds=(1, 1_000))
    if fault not in ("any", *FAILURES):
        allowed = ", ".join(("any", *FAILURES))
        raise ParameterError(
            [Problem(where="disks", key="fault", what="is none", value=fault, allowed=allowed)]
        )
    expect("blocks at every node", 4 * rounds)
    expect("finalised blocks at every node", 1)
    runtime = require_current()
    random = runtime.random("workload.disks")
    world = World(runtime, Plan(authorities=nodes))
    world.start()
    for name in world.names:
        world.node(name).disk.latency = DiskLatency(write_ms=0.2, sync_ms=2.0)
    await asyncio.sleep(35.0)
    for _ in range(rounds):
        what = random.choice(sorted(FAILURES)) if fault == "any" else fault
        await fail(world, random.choice(world.around.authors), what, random)
        await asyncio.sleep(AFTER_S)
    return await leave_alone(world)


async def fail(world: World, name: str, what: str, random: Random) -> None:
    """Let a node's disk fail in one way, and be whole again when this returns."""
    with told(world, what, name):
        await FAILURES[what](world, name, random)


async def _failing(world: World, name: str, _: Random) -> None:
    disk = world.node(name).disk
    disk.faults = DiskFaults(write_error_ratio=ERRORS, sync_error_ratio=ERRORS)
    await asyncio.sleep(LASTS_S)
    disk.faults = NONE


async def _unreadable(world: World, name: str, _: Random) -> None:
    """Refuse every read while the node starts again."""
    disk = world.node(name).disk
    disk.faults = DiskFaults(read_error_ratio=1.0)
    await crash(world, name, DOWN_S)
    await asyncio.sleep(LASTS_S)
    disk.faults = NONE


async def _full(world: World, name: str, _: Random) -> None:
    disk = world.node(name).disk
    disk.faults = DiskFaults(capacity_bytes=disk.used_bytes + 500)
    await asyncio.sleep(LASTS_S)
    disk.faults = NONE


async def _rot(world: World, name: str, random: Random) -> None:
    world.node(name).disk.rot(FLIPS, random)
    await crash(world, name, DOWN_S)


async def _misdirected(world: World, name: str, random: Random) -> None:
    """Crash the node just after a slot's begin, when writes are under way, and let them land elsewhere."""
    disk = world.node(name).disk
    disk.crash_faults = CrashFaults(lost_ratio=0.0, misdirected_ratio=1.0)
    await until_slot_of(world, name, random.uniform(0.0005, 0.003))
    await crash(world, name, DOWN_S)
    disk.crash_faults = CrashFaults()


async def _wiped(world: World, name: str, _: Random) -> None:
    """Bring the machine back with an empty disk."""
    node = world.node(name)
    if node.state != "running":
        return
    node.crash()
    await asyncio.sleep(DOWN_S)
    node.disk.wipe()
    node.restart()


FAILURES: Final[Mapping[str, Failure]] = {
    "io_errors": _failing,
    "full": _full,
    "read_errors": _unreadable,
    "rot": _rot,
    "misdirected": _misdirected,
    "wiped": _wiped,
}
"""What a disk may do, by name."""
