"""What workloads do to a world, each told when it begins and when it ends.

A fault acts through a node, its clock, its links or the rules of the network,
as those of the real world would; nothing here reaches into a node's code.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alyslab.harnesses.consensus.roster import Term
    from alyslab.harnesses.consensus.world import World

NS_PER_S = 1_000_000_000


@contextmanager
def told(world: World, fault: str, nodes: str) -> Iterator[None]:
    """Write when a fault begins and ends."""
    record = world.runtime.journal.record
    record("fault.begin", "world", fault=fault, nodes=nodes)
    try:
        yield
    finally:
        record("fault.end", "world", fault=fault, nodes=nodes)


def faults_over(world: World) -> None:
    """Write that from now on nothing is done to the world, and see to it that no site does."""
    world.runtime.sites.rest()
    world.runtime.journal.record("faults.over", "world")


async def partition(world: World, cut: Collection[str], lasts_s: float) -> None:
    """Cut some nodes off from all others for a while; miners and users reach both sides."""
    group = sorted(cut)
    others = [name for name in world.names if name not in group]
    name = f"partition:{world.runtime.now_ns}"
    with told(world, "partition", ",".join(group)), world.network.partition(group, others, name=name):
        await asyncio.sleep(lasts_s)


async def crash(world: World, name: str, down_s: float) -> None:
    """Kill a node and start it again after a while; a node that is down already is left alone."""
    node = world.node(name)
    if node.state != "running":
        return
    with told(world, "crash", name):
        node.crash()
        await asyncio.sleep(down_s)
        node.restart()


async def pause(world: World, name: str, lasts_s: float) -> None:
    """Hold a node for a while; one that is not running is left alone."""
    node = world.node(name)
    if node.state != "running":
        return
    with told(world, "pause", name):
        node.pause()
        await asyncio.sleep(lasts_s)
        if world.node(name).state == "paused":  # it may have crashed meanwhile
            node.resume()


async def step_clock(world: World, name: str, by_s: float, lasts_s: float) -> None:
    """Set a node's clock ahead (or back), and right again after a while."""
    clock = world.node(name).clock
    with told(world, "clock_step", name):
        clock.step(round(by_s * NS_PER_S))
        await asyncio.sleep(lasts_s)
        clock.step(-round(by_s * NS_PER_S))


def term_now(world: World) -> Term:
    """Return the federation that signs the block after the highest that any node has."""
    height = max((life.chain.height for life in world.around.lives.values() if life.awake), default=0)
    return world.roster.at(height + 1)


def members_up(world: World) -> list[str]:
    """Return the nodes that have a turn now and run."""
    members = [world.around.authors[seat] for seat in term_now(world).seats]
    return [name for name in members if world.node(name).state == "running"]


async def until_slot_of(world: World, name: str, after_s: float) -> None:
    """Wait until ``after_s`` into the next slot that the node writes, by the true time; at least a second.

    A node that is no member now has no turn: any slot will do.
    """
    slot_ns = world.spec.slot_ms * 1_000_000
    epoch_ns = world.around.epoch_ms * 1_000_000
    authority = world.around.authors.index(name)
    term = term_now(world)
    slot = (epoch_ns + world.runtime.now_ns + NS_PER_S) // slot_ns + 1
    if authority in term.seats:
        while term.seats[term.author(slot)] != authority:
            slot += 1
    due_ns = slot * slot_ns - epoch_ns + round(after_s * NS_PER_S)
    await asyncio.sleep((due_ns - world.runtime.now_ns) / NS_PER_S)


def some(random: Random, names: Collection[str], count: int) -> list[str]:
    """Return that many of the names, drawn."""
    return sorted(random.sample(sorted(names), count))
