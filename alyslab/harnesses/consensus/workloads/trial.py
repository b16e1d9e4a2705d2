"""The trial: a small federation under everything that the searches for planted bugs need, drawn by the seed.

Loss, delay and copies on every line, one partition, one crash, one pause, one
clock set ahead, a hostile peer, and one author whose key somebody else uses;
then calm, in which all must come together again.  In a third of the runs the
federation changes meanwhile, in a third one disk fails, and in a quarter V2's
gate says who may write.
"""

from __future__ import annotations

import asyncio
from random import Random
from typing import Final

from alyslab.harnesses.consensus.handover import Handover
from alyslab.harnesses.consensus.settings import Settings
from alyslab.harnesses.consensus.users import Load
from alyslab.harnesses.consensus.workloads import faults
from alyslab.harnesses.consensus.workloads.disks import FAILURES, fail
from alyslab.harnesses.consensus.workloads.expecting import expect
from alyslab.harnesses.consensus.workloads.finish import tell_end
from alyslab.harnesses.consensus.workloads.hostile import Hostile
from alyslab.harnesses.consensus.world import MINER, Plan, World, with_spec
from alyslab.harnesses.network.link import LinkSpec
from alyslab.runtime import require_current
from alyslab.runtime.disk import DiskLatency

TROUBLE_S: Final = 100.0
"""Virtual time in which faults begin and end."""
CALM_S: Final = 80.0
SCENES: Final = 6
GAP_BLOCKS: Final = 8
"""So few blocks may go without work that an outage of the miner halts the chain."""
LOAD: Final = Load(users=6, interval_s=4.0, burn_every=4, pay_every=5)


async def trial(*, authorities: int = 5, scenes: int = SCENES) -> None:
    """Run a federation of four or five nodes through mild faults of every kind, and then leave it alone.

    ``authorities`` bounds how many there are, ``scenes`` is how many kinds of
    fault occur, the first ones (a disk fails only beside all others): both are
    what shrinking makes smaller.
    """
    expect("blocks at every node", 15)
    expect("finalised blocks at every node", 5)
    runtime = require_current()
    random = runtime.random("workload.trial")
    link = LinkSpec(
        delay_ms=random.uniform(10, 80),
        jitter_ms=random.uniform(1, 40) / 4,
        distribution="normal",
        loss_ratio=random.uniform(0.0, 0.03),
        duplicate_ratio=random.uniform(0.0, 0.03),
    )
    more = runtime.random("workload.trial.more")
    plan = Plan(
        authorities=min(random.choice([4, 4, 5]), authorities),
        followers=1,
        link=link,
        load=LOAD,
        settings=Settings(production="issue_10" if more.random() < 0.25 else ""),
        handover=Handover(height=more.randint(5, 14), join=more.randint(1, 2))
        if more.random() < 1 / 3
        else None,
    )
    world = World(runtime, with_spec(plan, max_blocks_without_pow=GAP_BLOCKS))
    world.start()
    for name in world.names:
        world.node(name).disk.latency = DiskLatency(write_ms=0.2, sync_ms=random.uniform(0.5, 8.0))
    async with asyncio.TaskGroup() as group:
        for scene in (_partition, _crash, _pause, _clock, _outage, _enemies)[:scenes]:
            group.create_task(scene(world, random))
        if more.random() < 1 / 3 and scenes == SCENES:
            group.create_task(_disk(world, more))
        group.create_task(asyncio.sleep(TROUBLE_S))
    world.network.shape(None, None, loss_ratio=0.0, duplicate_ratio=0.0)
    faults.faults_over(world)
    await asyncio.sleep(CALM_S)
    await tell_end(world)


async def _partition(world: World, random: Random) -> None:
    names = world.names
    cut = faults.some(random, names, random.randint(1, len(names) // 2))
    begin_s, lasts_s = random.uniform(12, 50), random.uniform(15, 35)
    await asyncio.sleep(begin_s)
    await faults.partition(world, cut, lasts_s)


async def _crash(world: World, random: Random) -> None:
    """Crash a node: mostly an author just after it wrote its block, when a lost vote would show."""
    victim = random.choice(world.around.authors)
    begin_s, after_s = random.uniform(10, 60), random.uniform(0.01, 0.3)
    down_s = random.choice([random.uniform(0.1, 2.0), random.uniform(5, 20)])
    await asyncio.sleep(begin_s)
    if random.random() < 0.75:
        await faults.until_slot_of(world, victim, after_s)
    await faults.crash(world, victim, down_s)


async def _disk(world: World, random: Random) -> None:
    victim, what = random.choice(world.around.authors), random.choice(sorted(FAILURES))
    await asyncio.sleep(random.uniform(35, 65))
    await fail(world, victim, what, random)


async def _pause(world: World, random: Random) -> None:
    victim, begin_s, lasts_s = (
        random.choice(world.around.authors),
        random.uniform(10, 70),
        random.uniform(11, 16),
    )
    await asyncio.sleep(begin_s)
    await faults.pause(world, victim, lasts_s)


async def _clock(world: World, random: Random) -> None:
    victim, begin_s, by_s = (
        random.choice(world.around.authors),
        random.uniform(10, 60),
        random.uniform(11, 25),
    )
    await asyncio.sleep(begin_s)
    await faults.step_clock(world, victim, by_s, 25.0)


async def _outage(world: World, random: Random) -> None:
    await asyncio.sleep(random.uniform(5, 25))
    await faults.pause(world, MINER, random.uniform(40, 70))


async def _enemies(world: World, random: Random) -> None:
    enemy = Hostile(world)
    author = random.choice(world.around.authors)
    begin_s, targets = random.uniform(15, 60), faults.some(random, world.names, 2)
    await asyncio.sleep(begin_s)
    await enemy.equivocate(author, spoilt=random.random() < 0.5)
    for name in targets:
        if world.node(name).state != "crashed":
            enemy.forge_approvals(name)
    await asyncio.sleep(3.0)
    for name in targets:
        if world.node(name).state != "crashed":
            enemy.forge_the_rest(name)
            enemy.talk_nonsense(name)
    await asyncio.sleep(random.uniform(1, 20))
    for name in world.names:
        if name not in targets and world.node(name).state != "crashed":
            enemy.lure(name, forged=random.random() < 0.5)
            await asyncio.sleep(5.0)
