"""The sync node as a machine: peers that cheat, a source that grows, cuts, crashes and rot, at any moment."""

# ruff: noqa: D401 - the docstring of an invariant is the claim that it checks
from __future__ import annotations

import asyncio
from contextlib import ExitStack

from hypothesis import strategies as st

from alyslab.harnesses.sync.hostile import BEHAVIOURS
from alyslab.harnesses.sync.workloads.faults import spoil_checkpoint, spoil_state
from alyslab.harnesses.sync.workloads.judging import judge_all
from alyslab.property.generators.sync import BLOCKS, START_MOST
from alyslab.property.machine import SimulationMachine, claim, initialize, invariant, precondition, rule
from alyslab.property.properties.actor import refuse_failed
from alyslab.property.properties.sync import NODE, PATIENCE_S, require_at_source, world_of
from alyslab.runtime import require_current
from alyslab.runtime.disk import CrashFaults


class SyncMachine(SimulationMachine):
    """A node has nothing but the source's chain, and once nothing is broken any more it has all of it."""

    weight = 4
    weight_reason = "a sync from four peers, and the wait for it: some 30 ms an example"

    @initialize(
        hostile=st.sampled_from(tuple(BEHAVIOURS)),
        height=st.integers(1, 30),
        start=st.integers(0, START_MOST),
    )
    async def begin(self, hostile: str, height: int, start: int) -> None:
        """Let a node with some blocks begin to sync from four peers, of whom one may be hostile."""
        self.world = world_of((hostile, "honest", "honest", "honest"), height=height)
        self.cuts = ExitStack()
        self.cut = self.down = False
        self.number = 0
        await self.world.add_node_with(min(start, height), NODE)

    @rule(blocks=st.integers(1, 4))
    async def grow(self, blocks: int) -> None:
        """Let the source have more blocks."""
        self.world.grow(min(self.world.height + blocks, BLOCKS))

    @rule(seconds=st.sampled_from([0.05, 0.5, 3.0, 20.0]))
    async def wait(self, seconds: float) -> None:
        """Let time pass."""
        await asyncio.sleep(seconds)

    @precondition(lambda self: not self.cut)
    @rule(peers=st.integers(0, 3))
    async def partition(self, peers: int) -> None:
        """Cut the node off, with some of its peers."""
        side = [NODE, *sorted(self.world.views)[:peers]]
        others = [name for name in self.world.nodes if name not in side]
        self.number += 1
        self.cut = True
        self.cuts.enter_context(self.world.network.partition(side, others, name=f"cut-{self.number}"))

    @precondition(lambda self: self.cut)
    @rule()
    async def heal(self) -> None:
        """Let everybody reach everybody."""
        self._heal()

    @precondition(lambda self: not self.down)
    @rule(torn=st.booleans())
    async def crash(self, torn: bool) -> None:
        """Kill the node's process; what its disk had not synced is lost, or torn."""
        node = self.world.nodes[NODE]
        node.disk.crash_faults = CrashFaults(lost_ratio=0.5 if torn else 1.0, torn_ratio=0.5 if torn else 0.0)
        node.crash()
        self.world.forget(NODE)
        self.down = True

    @precondition(lambda self: self.down)
    @rule()
    async def restart(self) -> None:
        """Start the node's process again."""
        self._restart()

    @precondition(lambda self: not self.down)
    @rule()
    async def spoil_state(self) -> None:
        """Flip a bit of the node's state in memory."""
        spoil_state(self.world, NODE)

    @precondition(lambda self: not self.down)
    @rule()
    async def spoil_checkpoint(self) -> None:
        """Rot the node's latest checkpoint."""
        await spoil_checkpoint(self.world, NODE)

    @invariant()
    async def has_only_the_source(self) -> None:
        """What the node has is a part of the source's chain."""
        require_at_source(self.world)

    async def finish(self) -> None:
        """Mend everything; then the node must arrive, and every checker hold."""
        self._heal()
        if self.down:
            self._restart()
        self.world.calm()
        self.world.faults_over()
        arrived = await self.world.all_arrived([NODE], PATIENCE_S)
        at = self.world.ledgers[NODE].height if NODE in self.world.ledgers else "nothing"
        claim(arrived, f"the node is at {at} of {self.world.height}, {PATIENCE_S:g} s after the last fault")
        refuse_failed(judge_all(require_current().journal))

    def _heal(self) -> None:
        self.cuts.close()
        self.cut = False

    def _restart(self) -> None:
        self.world.nodes[NODE].restart()
        self.down = False
