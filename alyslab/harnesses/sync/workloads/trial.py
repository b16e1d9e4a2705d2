"""The trial: one node syncs from five peers under mild faults that the seed draws.

It is what the planted bugs are searched with: every checker has something to
see in most runs, at a cost of some tens of milliseconds.  Some messages are
lost and late, one partition and one crash happen, one peer is hostile, and in
part of the runs a bit flips in memory and the latest checkpoint rots.
"""

from __future__ import annotations

import asyncio
from random import Random
from typing import Final

from alyslab.checkers import sync_subjects as subjects
from alyslab.harnesses.network.link import LinkSpec
from alyslab.harnesses.sync.history import history
from alyslab.harnesses.sync.hostile import HOSTILE, USELESS
from alyslab.harnesses.sync.policy import SyncPolicy
from alyslab.harnesses.sync.workloads.bounds import require
from alyslab.harnesses.sync.workloads.faults import crash, cut_off, spoil_checkpoint, spoil_state
from alyslab.harnesses.sync.workloads.waiting import has_chain, has_checkpoints
from alyslab.harnesses.sync.workloads.world import World
from alyslab.runtime import require_current
from alyslab.runtime.disk import CrashFaults, DiskLatency

BLOCKS: Final = 128
GROWTH: Final = 10
"""Blocks that peers get one by one after the node has begun, the last of them when all scenes are over."""
GROWTH_S: Final = 4.0
PEERS: Final = 5
NODE: Final = "node-0"
POLICY: Final = SyncPolicy(
    name="trial",
    downloads=4,
    batch_base=8,
    batch_least=4,
    batch_most=16,
    checkpoint_interval=20,
    checkpoints_kept=3,
    request_timeout_s=10.0,
)
"""V2's at a tenth of its sizes, so that a hundred blocks take as many steps as thousands."""
PATIENCE_S: Final = 125.0
"""Longer than the bound of convergence."""


async def trial(*, blocks: int = BLOCKS, peers: int = PEERS) -> bool:
    """Sync under the seed's faults; return whether the node arrived.

    Parameters
    ----------
    blocks, peers
        How much, and from how many; smaller numbers are for making a finding smaller.
    """
    require("trial", blocks=(blocks, GROWTH + 1, 20_000), peers=(peers, 3, 32))
    random = require_current().random("sync.trial")
    world = _stage(blocks, peers, random)
    node = world.add_node(NODE)
    node.disk.latency = DiskLatency(write_ms=1.0, sync_ms=3.0)
    async with asyncio.TaskGroup() as group:
        for scene in (_growing(world), _cutting(world, random), _crashing(world, random)):
            group.create_task(scene)
    world.grow(blocks)  # after all scenes: a state that was spoilt shows at the next block
    world.calm()
    world.faults_over()
    return await world.all_arrived([NODE], PATIENCE_S)


def _stage(blocks: int, peers: int, random: Random) -> World:
    """Return peers of whom one is hostile and one sends little at a time, over lines that lose messages."""
    link = LinkSpec(
        delay_ms=random.choice([20.0, 80.0, 200.0]),
        jitter_ms=10.0,
        distribution="normal",
        loss_ratio=random.choice([0.0, 0.01, 0.03]),
    )
    behaviours = {random.randrange(peers): random.choice(HOSTILE)}
    world = World(
        history(blocks),
        height=blocks - GROWTH,
        peers=peers,
        behaviours=behaviours,
        blocks_most={random.randrange(peers): random.choice([3, 5])},
        policy=POLICY,
        link=link,
        import_ms=60.0,
        produce_s=1.0,
    )
    if not USELESS.isdisjoint(behaviours.values()):
        world.drawn(subjects.LIARS)  # who lasts as long as a trial is asked often enough
    return world


async def _growing(world: World) -> None:
    while world.height < world.history.height - 1:
        await asyncio.sleep(GROWTH_S)
        world.grow(world.height + 1)


async def _cutting(world: World, random: Random) -> None:
    """One partition: the node and perhaps some peers on one side."""
    world.drawn(subjects.FAILING)
    await asyncio.sleep(random.uniform(0.3, 12.0))
    peers = random.sample(sorted(world.views), random.choice([0, 0, 1, 2]))
    await cut_off(world, [NODE, *peers], random.uniform(2.0, 20.0))


async def _crashing(world: World, random: Random) -> None:
    """One crash, of the node or of a peer; in part of the runs more goes wrong with the node after it."""
    delay_s = random.uniform(0.0, 12.0)
    victim = NODE if random.random() < 0.7 else random.choice(sorted(world.views))
    if victim == NODE:
        world.drawn(subjects.RESTART)
        await has_chain(world, NODE)
    await asyncio.sleep(delay_s)
    torn = random.choice([0.0, 0.5])
    how = CrashFaults(lost_ratio=1.0 - torn, torn_ratio=torn)
    await crash(world, victim, random.uniform(0.5, 4.0), faults=how)
    if random.random() < 0.6:
        await _spoiling(world, random)


async def _spoiling(world: World, random: Random) -> None:
    """Flip a bit in memory, mostly after the latest checkpoint has rotted."""
    world.drawn(subjects.SPOILT)
    await has_checkpoints(world, NODE)
    await asyncio.sleep(random.uniform(0.5, 6.0))
    if random.random() < 0.8:
        await spoil_checkpoint(world, NODE)
    spoil_state(world, NODE)
