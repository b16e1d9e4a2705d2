"""Sync while peers go, links break and neighbours lie."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

from alyslab.checkers import sync_subjects as subjects
from alyslab.harnesses.sync.history import history
from alyslab.harnesses.sync.hostile import BEHAVIOURS, HOSTILE
from alyslab.harnesses.sync.policy import SyncPolicy
from alyslab.harnesses.sync.workloads.bounds import one_of, require
from alyslab.harnesses.sync.workloads.faults import crash, cut_off, vanish
from alyslab.harnesses.sync.workloads.waiting import has_chain
from alyslab.harnesses.sync.workloads.world import LINK, World
from alyslab.runtime import require_current

NODE: Final = "node-0"
POLICY: Final = SyncPolicy(
    name="resilience", batch_base=32, batch_least=8, batch_most=64, checkpoint_interval=100
)
"""Smaller batches, so that what breaks meets many of them."""
IMPORT_MS: Final = 20.0
"""Slow enough for a sync of hundreds of blocks to last through its faults."""
WITHIN_S: Final = 120.0
"""The bound of convergence of the checkers, for chains of up to some 1,500 blocks."""


def within_s(blocks: int, import_ms: float = IMPORT_MS) -> float:
    """Return how soon nodes must be there: for long chains, time to read the disk and to import them."""
    return max(WITHIN_S, WITHIN_S / 2 + 2 * blocks * import_ms / 1_000)


async def peer_loss(*, blocks: int = 600, peers: int = 8, survivors: int = 2) -> bool:
    """Take peers away for good, one after the other, until few are left."""
    require(
        "peer_loss", blocks=(blocks, 50, 20_000), peers=(peers, 2, 32), survivors=(survivors, 1, peers - 1)
    )
    world = World(history(blocks), peers=peers, policy=POLICY, import_ms=IMPORT_MS)
    world.add_node(NODE)
    random = require_current().random("sync.peer_loss")
    for name in random.sample(sorted(world.views), peers - survivors):
        await world.pause(random.uniform(0.3, 1.5))
        await vanish(world, name)
        world.views.pop(name)
    return await world.finish([NODE], within_s(blocks))


async def partition(*, blocks: int = 600, peers: int = 6, lasts_s: float = 90.0, kept: int = 0) -> bool:
    """Cut the node off in the middle of its sync, with ``kept`` peers on its side, and heal it.

    Blocks must flow again within 60 s.  Source: alys-system.md §3, Success.
    """
    require(
        "partition",
        blocks=(blocks, 50, 20_000),
        peers=(peers, 1, 32),
        lasts_s=(lasts_s, 1, 3_600),
        kept=(kept, 0, peers),
    )
    world = World(history(blocks), peers=peers, policy=POLICY, import_ms=IMPORT_MS)
    world.add_node(NODE)
    world.drawn(subjects.FAILING)
    random = require_current().random("sync.partition")
    await world.pause(random.uniform(1.0, 5.0))
    await cut_off(world, [NODE, *random.sample(sorted(world.views), kept)], lasts_s)
    return await world.finish([NODE], within_s(blocks))


async def corruption(*, blocks: int = 400, peers: int = 6, ratio: float = 0.1, liars: int = 2) -> bool:
    """Turn over bits of messages on every link, while some peers serve forged blocks."""
    require(
        "corruption",
        blocks=(blocks, 50, 20_000),
        peers=(peers, 2, 32),
        ratio=(ratio, 0, 0.5),
        liars=(liars, 0, peers - 1),
    )
    random = require_current().random("sync.corruption")
    behaviours = {number: random.choice(["forged", "flipped"]) for number in range(liars)}
    link = replace(LINK, corrupt_ratio=ratio)
    world = World(
        history(blocks), peers=peers, policy=POLICY, import_ms=IMPORT_MS, link=link, behaviours=behaviours
    )
    world.add_node(NODE)
    if ratio:
        world.drawn(subjects.FAILING)
    await world.pause(10.0)
    world.calm()
    return await world.finish([NODE], within_s(blocks))


async def hostile(*, blocks: int = 300, behaviour: str = "forged", liars: int = 2, peers: int = 6) -> bool:
    """Let some peers misbehave in one way from beginning to end."""
    require("hostile", blocks=(blocks, 50, 20_000), peers=(peers, 2, 32), liars=(liars, 0, (peers - 1) // 2))
    one_of("hostile", "behaviour", behaviour, BEHAVIOURS)
    world = World(
        history(blocks),
        peers=peers,
        policy=POLICY,
        import_ms=IMPORT_MS,
        behaviours=dict.fromkeys(range(liars), behaviour),
    )
    world.add_node(NODE)
    return await world.finish([NODE], within_s(blocks))


async def cascade(*, blocks: int = 600, peers: int = 8) -> bool:
    """Let peers fall like dominoes: each crash is followed by others sooner, and they come back slowly."""
    require("cascade", blocks=(blocks, 50, 20_000), peers=(peers, 2, 32))
    world = World(history(blocks), peers=peers, policy=POLICY, import_ms=IMPORT_MS)
    world.add_node(NODE)
    world.drawn(subjects.FAILING)
    random = require_current().random("sync.cascade")
    wait_s = 2.0
    async with asyncio.TaskGroup() as group:
        for name in random.sample(sorted(world.views), peers):
            await world.pause(wait_s)
            group.create_task(crash(world, name, random.uniform(10.0, 25.0)))
            wait_s *= 0.6
    return await world.finish([NODE], within_s(blocks))


async def mixed(*, blocks: int = 600, peers: int = 8) -> bool:
    """Break everything at once: loss, doubled and spoilt messages, hostile peers, a partition, crashes."""
    require("mixed", blocks=(blocks, 50, 20_000), peers=(peers, 5, 32))
    random = require_current().random("sync.mixed")
    behaviours = {number: random.choice(HOSTILE) for number in range((peers - 1) // 3)}
    link = replace(LINK, loss_ratio=0.03, duplicate_ratio=0.02, corrupt_ratio=0.01)
    world = World(
        history(blocks), peers=peers, policy=POLICY, import_ms=IMPORT_MS, link=link, behaviours=behaviours
    )
    world.add_node(NODE)
    victims = random.sample(sorted(world.views), 2)

    for subject in (subjects.FAILING, subjects.RESTART):
        world.drawn(subject)

    async def after(delay_s: float, name: str) -> None:
        await has_chain(world, NODE)
        await world.pause(delay_s)
        await crash(world, name, random.uniform(1.0, 6.0))

    async with asyncio.TaskGroup() as group:
        group.create_task(after(random.uniform(0.0, 6.0), NODE))
        group.create_task(after(random.uniform(0.0, 6.0), victims[0]))
        await world.pause(random.uniform(1.0, 6.0))
        await cut_off(world, [NODE, victims[1]], random.uniform(3.0, 25.0))
    world.calm()
    return await world.finish([NODE], within_s(blocks))


async def parallel(*, sessions: int = 5, blocks: int = 500, peers: int = 8) -> bool:
    """Let several nodes sync from the same peers at once; load must be fair.

    Source: Rust framework S:2011, 5 sessions at once, 8 peers.
    """
    require("parallel", sessions=(sessions, 1, 16), blocks=(blocks, 50, 20_000), peers=(peers, 1, 32))
    world = World(history(blocks), peers=peers, policy=POLICY, import_ms=2.0)
    names = [f"node-{number}" for number in range(sessions)]
    for name in names:
        world.add_node(name)
    return await world.finish(names, within_s(blocks))
