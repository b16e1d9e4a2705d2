"""Properties of sync and checkpoints: heights rise, roots are recomputed, recovery loses nothing."""

from __future__ import annotations

import asyncio
from typing import Final

from alyslab.harnesses.network.link import LinkSpec
from alyslab.harnesses.sync.history import history
from alyslab.harnesses.sync.ledger import Ledger
from alyslab.harnesses.sync.policy import SyncPolicy
from alyslab.harnesses.sync.workloads.faults import crash, cut_off, spoil_checkpoint, spoil_state
from alyslab.harnesses.sync.workloads.judging import judge_all
from alyslab.harnesses.sync.workloads.world import World
from alyslab.model.generate import Builder
from alyslab.model.state import recomputed_root
from alyslab.property.generators.building import built
from alyslab.property.generators.sync import (
    BLOCKS,
    CheckpointPlan,
    SyncFault,
    SyncScenario,
    checkpoints,
    sync_scenarios,
)
from alyslab.property.properties.actor import refuse_failed
from alyslab.property.property import Features, Property, claim
from alyslab.runtime import require_current
from alyslab.runtime.disk import CrashFaults

NODE: Final = "node-0"
POLICY: Final = SyncPolicy(
    name="property",
    downloads=4,
    batch_base=8,
    batch_least=4,
    batch_most=16,
    checkpoint_interval=10,
    checkpoints_kept=3,
    request_timeout_s=10.0,
)
"""V2's, so small that a few dozen blocks take as many steps as thousands."""
KEPT: Final = 3
"""Checkpoints that a node of the property keeps."""
PATIENCE_S: Final = 125.0
"""Longer than the bound of convergence."""


def sync_features(scenario: SyncScenario) -> Features:
    """Return what describes a sync: how far, from whom, and what goes wrong."""
    return {
        "blocks": scenario.target - scenario.start,
        "growth": scenario.growth,
        "peers": len(scenario.behaviours),
        "hostile peer": scenario.behaviours[0],
        "loss": scenario.loss_ratio,
        "fault mix": " + ".join(sorted(fault.what for fault in scenario.faults)) or "none",
    }


def world_of(
    behaviours: tuple[str, ...],
    *,
    height: int,
    delay_ms: float = 20.0,
    loss_ratio: float = 0.0,
    short_answers: int = 0,
) -> World:
    """Return a world of peers with the source chain of the properties."""
    link = LinkSpec(delay_ms=delay_ms, jitter_ms=10.0, distribution="uniform", loss_ratio=loss_ratio)
    return World(
        history(BLOCKS),
        height=height,
        peers=len(behaviours),
        behaviours=dict(enumerate(behaviours)),
        blocks_most={len(behaviours) - 1: short_answers} if short_answers else None,
        policy=POLICY,
        link=link,
        import_ms=20.0,
        produce_s=1.0,
    )


async def _synced(scenario: SyncScenario) -> None:
    world = world_of(
        scenario.behaviours,
        height=scenario.target,
        delay_ms=scenario.delay_ms,
        loss_ratio=scenario.loss_ratio,
        short_answers=scenario.short_answers,
    )
    await world.add_node_with(scenario.start, NODE)
    async with asyncio.TaskGroup() as group:
        group.create_task(_growing(world, scenario.growth))
        group.create_task(_breaking(world, scenario.faults))
    world.calm()
    world.faults_over()
    arrived = await world.all_arrived([NODE], PATIENCE_S)
    require_at_source(world)
    claim(arrived, f"the node is at {world.ledgers[NODE].height} of {world.height} after {PATIENCE_S:g} s")
    refuse_failed(judge_all(require_current().journal))


async def _growing(world: World, blocks: int) -> None:
    for _ in range(min(blocks, 5)):
        await asyncio.sleep(2.0)
        world.grow(world.height + 1)


async def _breaking(world: World, planned: tuple[SyncFault, ...]) -> None:
    for fault in planned:
        await asyncio.sleep(fault.at_s)
        if fault.what == "partition":
            side = [NODE, *sorted(world.views)[: fault.peers]]
            await cut_off(world, side, fault.length_s)
        elif fault.what.endswith("crash"):
            torn = 0.5 if fault.what == "torn_crash" else 0.0
            how = CrashFaults(lost_ratio=1.0 - torn, torn_ratio=torn)
            await crash(world, NODE, fault.length_s, faults=how)
        else:
            if fault.what != "spoil_state":
                await spoil_checkpoint(world, NODE)
            if fault.what != "spoil_checkpoint":
                spoil_state(world, NODE)


def require_at_source(world: World) -> None:
    """Claim that the node's chain is a part of the source's, with the state that belongs to its head."""
    ledger, source = world.ledgers.get(NODE), world.history
    if ledger is None:
        return
    height = ledger.height
    claim(height <= world.height, f"the node is at {height}, above the source's {world.height}")
    claim(ledger.chain.head_root == source.roots[height], f"at height {height} the node has another block")


SYNC_CONVERGES: Final = Property(
    name="a sync ends at the source",
    claim="whatever one peer says and whatever breaks meanwhile, the node ends with the source's chain",
    cases=sync_scenarios,
    check=_synced,
    weight=4,
    weight_reason="a node syncs a chain from three or more peers: some 30 ms a case",
    source="the testing guide, Phase 4, prop_sync_checkpoint_consistency; issue 6",
    features=sync_features,
)


async def _checkpoints(plan: CheckpointPlan) -> None:
    builder = built(plan.chain.plan)
    node = require_current().node(NODE)
    ledger = await Ledger.open(
        node,
        builder.spec,
        builder.scheme,
        builder.bitcoin,
        now_ms=lambda: builder.now_ms,
        checkpoint_interval=plan.interval,
        checkpoints_kept=KEPT,
    )
    heights = []
    for signed in builder.blocks:
        await ledger.import_block(signed)
        heights.append(ledger.height)
        chain = ledger.chain
        computed = recomputed_root(chain.state.accounts, chain.state.positions)
        seen = f"the state root of block {chain.height} is another when computed from nothing"
        claim(computed == signed.block.payload.state_root, seen)
    claim(heights == list(range(1, len(heights) + 1)), f"heights do not rise one by one: {heights}")
    await _require_checkpoints(plan, builder, ledger)
    await _require_recovery(plan, builder, ledger)


async def _require_checkpoints(plan: CheckpointPlan, builder: Builder, ledger: Ledger) -> None:
    """Claim that each checkpoint is of a due height, bears its state, and leads to the next."""
    due = range(plan.interval, ledger.height + 1, plan.interval)
    found = []
    for directory in sorted({ledger.checkpoints.directory(height) for height in due}):
        found.append(await ledger.checkpoints.read(directory))
    found.sort(key=lambda one: one.height)
    expected = list(due)[-KEPT:]
    seen = [one.height for one in found]
    claim(seen == expected, f"checkpoints of the heights {seen}, where {expected} were due")
    replayed = builder.node()
    for checkpoint in found:
        for signed in builder.blocks[replayed.height : checkpoint.height]:
            replayed.import_unsigned(signed, builder.now_ms)
        what = f"the checkpoint of height {checkpoint.height}"
        claim(replayed.state.root == checkpoint.state_root, f"{what} bears another state root")
        claim(replayed.head_root == checkpoint.root, f"{what} is of another block")
        claim(replayed.pow.height == checkpoint.pow_height, f"{what} names other work")


async def _require_recovery(plan: CheckpointPlan, builder: Builder, ledger: Ledger) -> None:
    """Claim that a node that goes back to its latest checkpoint ends where a sync from genesis does."""
    if plan.spoiled:
        address = min(ledger.chain.state.accounts)
        nonce, balance = ledger.chain.state.accounts[address]
        ledger.chain.state.apply({address: (nonce, balance ^ 1)})
    await ledger.recover()
    latest = ledger.height // plan.interval * plan.interval
    claim(ledger.height == latest, f"recovered to height {ledger.height}, not to a checkpoint")
    result = await ledger.import_batch(builder.blocks[ledger.height :])
    claim(result.error is None, f"after the recovery a valid block was refused: {result.error}")
    claim(ledger.chain.head_root == builder.chain.head_root, "after the recovery the head is another")
    claim(ledger.state_root == builder.chain.state.root, "after the recovery the state is another")
    claim(ledger.chain.pow == builder.chain.pow, "after the recovery the last work is another")


CHECKPOINTS: Final = Property(
    name="checkpoints are consistent",
    claim="heights rise, roots are those computed from nothing, and recovery equals a sync from genesis",
    cases=checkpoints,
    check=_checkpoints,
    weight=2,
    weight_reason="a chain is built and synced twice: some 15 ms a case",
    source="the testing guide, Phase 4, prop_sync_checkpoint_consistency",
    features=lambda plan: {
        "blocks": plan.chain.blocks + 1,
        "interval": plan.interval,
        "spoiled": plan.spoiled,
    },
)
