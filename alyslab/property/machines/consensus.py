"""The federation as a machine: authors write and approve while nodes are cut off, killed, held, damaged."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

from hypothesis import strategies as st

from alyslab.harnesses.consensus.handover import Handover
from alyslab.harnesses.consensus.miner import Pace
from alyslab.harnesses.consensus.settings import Settings
from alyslab.harnesses.consensus.users import Load
from alyslab.harnesses.consensus.workloads import disks, faults
from alyslab.harnesses.consensus.workloads.finish import tell_end
from alyslab.harnesses.consensus.workloads.hostile import Hostile
from alyslab.harnesses.consensus.workloads.judging import judge
from alyslab.harnesses.consensus.world import MINER, Plan, World, with_spec
from alyslab.property.machine import SimulationMachine, claim, initialize, precondition, rule
from alyslab.property.properties.actor import refuse_failed
from alyslab.runtime import require_current
from alyslab.runtime.disk import CrashFaults, DiskLatency

AUTHORITIES = 4
HANDOVER_AT = 5
"""The first block of the later federation, soon enough for a short example."""
GAP_BLOCKS = 8
"""So few blocks may go without work that an outage of the miner halts the chain."""
CALM_S = 80.0
"""Longest wait at the end: as long as a federation may take until it finalises again."""
LOOK_S = 5.0
"""How often the end is looked for meanwhile: a slot."""
AHEAD_S = 25.3
"""How long a clock is wrong: each author has its turn meanwhile, and it is set right within a slot."""
LURED_S = 5.0
"""A slot, in which whoever was lured asks for the branch."""
LOAD = Load(users=4, interval_s=6.0, burn_every=4, pay_every=5)
PACE = Pace(work_s_least=4.0, work_s_most=8.0)
"""Proofs come each second slot or so, so that an example sees some."""
DOWN_SLOTS = 2
BEFORE_TURN_S = 0.25
"""So long before its turn a node comes back: less than a sync takes on these lines."""
NODES = st.integers(0, AUTHORITIES - 1)
FAILURES = st.sampled_from(sorted(disks.FAILURES))


class ConsensusMachine(SimulationMachine):
    """What is finalised anywhere is finalised everywhere, and once nothing is broken the chain goes on."""

    weight = 10
    weight_reason = "minutes of virtual time of a federation of four to six: some 200 ms an example"

    @initialize(
        loss_percent=st.sampled_from([0, 1, 3]),
        copies_percent=st.sampled_from([0, 3, 20]),
        sync_ms=st.sampled_from([1, 8]),
        gated=st.booleans(),
        join=st.sampled_from([0, 0, 1, 2]),
    )
    async def begin(
        self, loss_percent: int, copies_percent: int, sync_ms: int, gated: bool, join: int
    ) -> None:
        """Start a federation of four over lines that lose and double messages, and disks that take time.

        ``gated`` lets V2's rule say who may write; with ``join`` one member hands over to so many.
        """
        change = Handover(height=HANDOVER_AT, leave=1, join=join) if join else None
        plan = Plan(
            authorities=AUTHORITIES,
            load=LOAD,
            pace=PACE,
            settings=Settings(production="issue_10" if gated else ""),
            handover=change,
        )
        self.world = World(require_current(), with_spec(plan, max_blocks_without_pow=GAP_BLOCKS))
        self.world.start()
        loss_ratio, copies_ratio = loss_percent / 100, copies_percent / 100
        self.world.network.shape(None, None, loss_ratio=loss_ratio, duplicate_ratio=copies_ratio)
        for name in self.world.names:
            self.world.node(name).disk.latency = DiskLatency(write_ms=0.2, sync_ms=float(sync_ms))
        self.enemy = Hostile(self.world)
        self.cuts, self.slowed = ExitStack(), ExitStack()
        self.number = 0
        self.damaged = False
        await asyncio.sleep(5.0)

    @rule(seconds=st.sampled_from([1.0, 5.0, 20.0]))
    async def wait(self, seconds: float) -> None:
        """Let slots pass."""
        await asyncio.sleep(seconds)

    @rule(node=NODES, others=st.integers(0, AUTHORITIES // 2))
    async def partition(self, node: int, others: int) -> None:
        """Cut some authors off, instead of those that are cut off now."""
        self.cuts.close()
        here = {self.world.names[(node + more) % AUTHORITIES] for more in range(others + 1)}
        there = [name for name in self.world.names if name not in here]
        self.number += 1
        cut = self.world.network.partition(sorted(here), there, name=f"cut-{self.number}")
        self.cuts.enter_context(cut)

    @rule()
    async def heal(self) -> None:
        """Let everybody reach everybody."""
        self.cuts.close()

    @rule(node=NODES, torn=st.booleans())
    async def crash(self, node: int, torn: bool) -> None:
        """Kill an author, or start it again if it is down; what it had not synced is lost, or some of it."""
        machine = self.world.node(self.world.names[node])
        if machine.state == "crashed":
            machine.restart()
        else:
            machine.disk.crash_faults = CrashFaults(lost_ratio=0.5) if torn else CrashFaults()
            machine.crash()

    @rule(node=NODES, after_s=st.sampled_from([0.01, 0.1, 0.3]), down_s=st.sampled_from([0.5, 6.0]))
    async def crash_in_its_slot(self, node: int, after_s: float, down_s: float) -> None:
        """Kill an author just after it wrote its block, when a vote may be lost."""
        name = self.world.names[node]
        await faults.until_slot_of(self.world, name, after_s)
        await faults.crash(self.world, name, down_s)

    @rule(node=NODES)
    async def come_back(self, node: int) -> None:
        """Let an author be down for some slots, and come back in the last moment before its turn."""
        name = self.world.names[node]
        machine = self.world.node(name)
        if machine.state == "running":
            machine.crash()
            await asyncio.sleep(DOWN_SLOTS * self.world.spec.slot_ms / 1_000)
            await faults.until_slot_of(self.world, name, -BEFORE_TURN_S)
            machine.restart()
            await asyncio.sleep(2.0)

    @precondition(lambda self: not self.damaged)
    @rule(node=NODES, what=FAILURES)
    async def damage(self, node: int, what: str) -> None:
        """Let an author's disk fail; once, since finality bears one member that has lost its votes."""
        self.damaged = True
        world, name = self.world, self.world.names[node]
        await disks.fail(world, name, what, world.runtime.random("machine.disk"))

    @rule(node=NODES, delay_ms=st.sampled_from([500.0, 6_000.0]))
    async def slow(self, node: int, delay_ms: float) -> None:
        """Let an author's lines be slow, so that its blocks come after later ones; others' are as before."""
        self.slowed.close()
        name = self.world.names[node]
        self.slowed.enter_context(self.world.network.shaped(name, None, delay_ms=delay_ms))

    @rule(node=st.sampled_from([*range(AUTHORITIES), MINER]))
    async def hold(self, node: int | str) -> None:
        """Hold an author or the miner, or let it go on if it is held."""
        machine = self.world.node(node if isinstance(node, str) else self.world.names[node])
        if machine.state == "paused":
            machine.resume()
        elif machine.state == "running":
            machine.pause()

    @rule(node=NODES, by_s=st.sampled_from([12.0, 20.0]))
    async def step_clock(self, node: int, by_s: float) -> None:
        """Set an author's clock ahead for some slots, so that it writes blocks of the future."""
        await faults.step_clock(self.world, self.world.names[node], by_s, AHEAD_S)

    @rule(node=NODES, spoilt=st.booleans())
    async def equivocate(self, node: int, spoilt: bool) -> None:
        """Sign two blocks for one slot with an author's key; the second with a state root that is none."""
        if self._up(self.world.names[node]):
            await self.enemy.equivocate(self.world.names[node], spoilt=spoilt)

    @rule(node=NODES)
    async def forge(self, node: int) -> None:
        """Send an author forged approvals, a forged block, work and signatures, and nonsense."""
        name = self.world.names[node]
        if self._up(name):
            self.enemy.forge_approvals(name)
            self.enemy.forge_the_rest(name)
            self.enemy.talk_nonsense(name)

    @rule(node=NODES, forged=st.booleans())
    async def lure(self, node: int, forged: bool) -> None:
        """Show an author a branch from below what is final, or one whose quorums are made up."""
        name = self.world.names[node]
        if self._up(name):
            self.enemy.lure(name, forged=forged)
            await asyncio.sleep(LURED_S)

    def _up(self, name: str) -> bool:
        """Return whether a node runs and has read its disk."""
        life = self.world.around.lives.get(name)
        return self.world.node(name).state == "running" and getattr(life, "ledger", None) is not None

    async def finish(self) -> None:
        """Mend everything and wait; then all agree, the chain goes on, and every checker holds."""
        self.cuts.close()
        self.slowed.close()
        for name in (*self.world.names, MINER):
            machine = self.world.node(name)
            if machine.state == "crashed":
                machine.restart()
            elif machine.state == "paused":
                machine.resume()
        self.world.network.shape(None, None, loss_ratio=0.0, duplicate_ratio=0.0)
        faults.faults_over(self.world)
        await self._calm()
        await tell_end(self.world)
        journal = require_current().journal
        finalised: dict[int, str] = {}
        for event in journal.select(kind="chain.finalised"):
            height, root = event.fields["height"], event.fields["root"]
            known = finalised.setdefault(height, root)
            claim(known == root, f"two blocks are finalised at height {height}: {known} and {root}")
        refuse_failed(judge(journal))

    async def _calm(self) -> None:
        """Wait until every node has finalised what is new to all, and two slots; at most as long as promised.

        Who is not there by then is judged by the checkers, which know what was promised.
        """
        before = max(self._finalised())
        for _ in range(round(CALM_S / LOOK_S)):
            await asyncio.sleep(LOOK_S)
            if min(self._finalised()) > before:
                break
        await asyncio.sleep(2 * LOOK_S)

    def _finalised(self) -> list[int]:
        """Return the finalised height of every node; -1 of one that has not read its disk."""
        lives = self.world.around.lives
        return [
            lives[name].chain.finalised_height if name in lives and self._up(name) else -1
            for name in self.world.names
        ]
