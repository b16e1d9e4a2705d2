"""The trial: a small federation under everything that the searches for planted bugs need, drawn by the seed.

Loss, delay and copies on every line, one partition, one crash, one pause, one
clock set ahead, a hostile peer, and one author whose key somebody else uses;
then calm, in which all must come together again.  In a third of the runs the
federation changes meanwhile, in a third one disk fails, in half messages to one
node overtake each other, and in a quarter V2's gate says who may write.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Final

from alyslab.harnesses.consensus.handover import Handover
from alyslab.harnesses.consensus.settings import Settings
from alyslab.harnesses.consensus.users import Load
from alyslab.harnesses.consensus.workloads.disks import FAILURES, fail
from alyslab.harnesses.consensus.workloads.expecting import drawn, expect
from alyslab.harnesses.consensus.workloads.faults import (
    crash,
    members_up,
    partition,
    pause,
    some,
    step_clock,
    told,
    until_slot_of,
)
from alyslab.harnesses.consensus.workloads.finish import leave_alone
from alyslab.harnesses.consensus.workloads.hostile import Hostile
from alyslab.harnesses.consensus.world import MINER, Plan, World, with_spec
from alyslab.harnesses.network.link import LinkSpec
from alyslab.harnesses.scenes import check_scenes
from alyslab.runtime import require_current
from alyslab.runtime.disk import DiskLatency

TROUBLE_S: Final = 100.0
"""Virtual time in which faults begin and end."""
OVERTAKING_S: Final = 40.0
"""Eight blocks come meanwhile."""
EQUIVOCATION_BEGINS: Final = 0.4
"""As a share of the time at which the enemies begin: the chain may have halted by then."""
EQUIVOCATIONS_MOST: Final = 3
SCENES: Final = ("partition", "crash", "pause", "clock", "outage", "enemies", "disk", "overtaking")
"""Kinds of fault; the last two occur in some seeds only."""
GAP_BLOCKS: Final = 8
"""So few blocks may go without work that an outage of the miner halts the chain."""
LOAD: Final = Load(users=6, interval_s=4.0, burn_every=4, pay_every=5)


async def trial(*, authorities: int = 5, scenes: Sequence[str] = SCENES) -> None:
    """Run a federation of four or five nodes through mild faults of every kind, and then leave it alone.

    ``authorities`` bounds how many there are, ``scenes`` names the kinds of
    fault that may occur: both are what shrinking makes smaller.
    """
    check_scenes(scenes, SCENES)
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
    if plan.settings.production:
        drawn("the gate")
    world = World(runtime, with_spec(plan, max_blocks_without_pow=GAP_BLOCKS))
    world.start()
    for name in world.names:
        world.node(name).disk.latency = DiskLatency(write_ms=0.2, sync_ms=random.uniform(0.5, 8.0))
    async with asyncio.TaskGroup() as group:
        usual = (_partition, _crash, _pause, _clock, _outage, _enemies)
        for name, scene in zip(SCENES, usual, strict=False):
            if name in scenes:
                group.create_task(scene(world, random))
        if more.random() < 1 / 3 and "disk" in scenes:
            group.create_task(_disk(world, more))
        if more.random() < 1 / 2 and "overtaking" in scenes:
            group.create_task(_overtaking(world, more))
        group.create_task(asyncio.sleep(TROUBLE_S))
    world.network.shape(None, None, loss_ratio=0.0, duplicate_ratio=0.0)
    await leave_alone(world)


async def _partition(world: World, random: Random) -> None:
    names = world.names
    cut = some(random, names, random.randint(1, len(names) // 2))
    begin_s, lasts_s = random.uniform(12, 50), random.uniform(15, 35)
    await asyncio.sleep(begin_s)
    await partition(world, cut, lasts_s)


async def _crash(world: World, random: Random) -> None:
    """Crash a member: mostly just after it wrote its block, or after its first votes, when lost ones show."""
    drawn("a crash")
    early = random.random() < 0.25
    begin_s, after_s = random.uniform(*((10.2, 13) if early else (10, 60))), random.uniform(0.01, 0.3)
    short_s, long_s = random.uniform(0.1, 2.0), random.uniform(5, 20)
    down_s = short_s if early or random.random() < 0.5 else long_s
    await asyncio.sleep(begin_s)
    victim = random.choice(members_up(world))
    if not early and random.random() < 0.75:
        await until_slot_of(world, victim, after_s)
    await crash(world, victim, down_s)


async def _disk(world: World, random: Random) -> None:
    victim, what = random.choice(world.around.authors), random.choice(sorted(FAILURES))
    await asyncio.sleep(random.uniform(35, 50))
    await fail(world, victim, what, random)


async def _overtaking(world: World, random: Random) -> None:
    """Let messages to one node come in any order for a while: approvals before their block among them."""
    drawn("early approvals")
    victim, delay_ms = random.choice(world.names), random.uniform(300, 700)
    await asyncio.sleep(random.uniform(5, 40))
    shaped = world.network.shaped(
        None, victim, delay_ms=delay_ms, jitter_ms=delay_ms, distribution="uniform", fifo=False
    )
    with told(world, "overtaking", victim), shaped:
        await asyncio.sleep(OVERTAKING_S)


async def _pause(world: World, random: Random) -> None:
    victim, begin_s, lasts_s = (
        random.choice(world.around.authors),
        random.uniform(10, 70),
        random.uniform(11, 16),
    )
    await asyncio.sleep(begin_s)
    await pause(world, victim, lasts_s)


async def _clock(world: World, random: Random) -> None:
    victim, begin_s, by_s = (
        random.choice(world.around.authors),
        random.uniform(10, 60),
        random.uniform(11, 25),
    )
    await asyncio.sleep(begin_s)
    await step_clock(world, victim, by_s, 25.0)


async def _outage(world: World, random: Random) -> None:
    await asyncio.sleep(random.uniform(5, 25))
    await pause(world, MINER, random.uniform(40, 70))


async def _enemies(world: World, random: Random) -> None:
    enemy = Hostile(world)
    begin_s, targets = random.uniform(15, 60), some(random, world.names, 2)
    await asyncio.sleep(begin_s * EQUIVOCATION_BEGINS)
    await _equivocation(world, enemy, random)
    await asyncio.sleep(begin_s * (1 - EQUIVOCATION_BEGINS))
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


async def _equivocation(world: World, enemy: Hostile, random: Random) -> None:
    """Use a member's key beside it; another's, if that one wrote nothing itself."""
    drawn("an equivocation")
    spoilt = random.random() < 0.5
    for _ in range(EQUIVOCATIONS_MOST):
        if await enemy.equivocate(random.choice(members_up(world)), spoilt=spoilt):
            return
