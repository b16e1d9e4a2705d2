"""The bridge as a machine: deposits, transfers, burns, work and rollbacks, against books kept by hand.

The node under test follows a builder that keeps the sound rules.  The
reference knows nothing of blocks' insides: it is a list of amounts, one entry
for each thing that users did, from which every balance follows by adding up.
"""

# ruff: noqa: D401 - the docstring of an invariant is the claim that it checks
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from alyslab.model.bridge import WEI_PER_SAT
from alyslab.model.errors import ChainError
from alyslab.model.execution import DEAD, WEI_PER_GWEI
from alyslab.property.generators.building import built, play_one
from alyslab.property.generators.chains import BlockPlan, ChainPlan
from alyslab.property.generators.events import BURN_MAX_SAT, TRANSFER_MAX_GWEI, USERS, Burn, Deposit, Transfer
from alyslab.property.machine import SimulationMachine, claim, initialize, invariant, precondition, rule
from alyslab.property.properties.chain import verdict_of

MINIMUM_SAT = 1_000_000


@dataclass
class Books:
    """What the reference knows of one block: amounts, and no rules."""

    deposits_sat: int = 0
    burned_sat: int = 0
    """Through the bridge, of the least amount or more."""
    asked_sat: int = 0
    """What the next block must promise to pay: as much as was burned here."""


class PegMachine(SimulationMachine):
    """A node that follows the bridge's chain accounts for every satoshi, whatever is taken back."""

    weight = 2
    weight_reason = "blocks are built and validated anew by a node: some 20 ms an example"

    @initialize(members=st.integers(1, 7))
    async def begin(self, members: int) -> None:
        """Start a federation of so many members, and a node that follows it."""
        self.builder = built(ChainPlan(members=members))
        self.node = self.builder.node()
        self.books: list[Books] = []
        self.waiting: list[Any] = []
        self._follow(Books(deposits_sat=sum(self._deposited(1))))

    @rule(user=st.integers(0, USERS - 1), sat=st.integers(1, 10**7))
    async def deposit(self, user: int, sat: int) -> None:
        """Pay the federation on Bitcoin; the next block credits it."""
        self.waiting.append(Deposit(user, sat))

    @rule(sender=st.integers(0, USERS - 1), to=st.integers(0, USERS), gwei=st.integers(1, TRANSFER_MAX_GWEI))
    async def transfer(self, sender: int, to: int, gwei: int) -> None:
        """Send wei in the next block."""
        self.waiting.append(Transfer(sender, to, gwei))

    @rule(
        user=st.integers(0, USERS - 1),
        sat=st.integers(MINIMUM_SAT - 100, BURN_MAX_SAT),
        through=st.sampled_from(["bridge", "router", "impostor", "constructor"]),
    )
    async def burn(self, user: int, sat: int, through: str) -> None:
        """Ask for bitcoin in the next block, or pretend to."""
        self.waiting.append(Burn(user, sat, through))

    @rule(work=st.booleans(), missed_slots=st.integers(0, 2))
    async def block(self, work: bool, missed_slots: int) -> None:
        """Put what waits into a block, which the node must accept."""
        plan = BlockPlan(tuple(self.waiting), work, missed_slots)
        self.waiting.clear()
        play_one(self.builder, plan)
        burned = sum(
            one.sat
            for one in plan.events
            if isinstance(one, Burn) and not one.forged and one.sat >= MINIMUM_SAT
        )
        deposits = sum(one.sat for one in plan.events if isinstance(one, Deposit))
        self._follow(Books(deposits_sat=deposits, burned_sat=burned))

    @precondition(lambda self: len(self.books) > 1)
    @rule(depth=st.integers(1, 4), returns=st.booleans())
    async def roll_back(self, depth: int, returns: bool) -> None:
        """Take blocks back, as far as finality allows; with ``returns`` take the same ones again."""
        height = max(self.node.height - depth, 0)
        allowed = height >= self.builder.chain.finalised_height
        taken = self.builder.blocks[height:]
        try:
            self.node.rollback(height)
        except ChainError as error:
            claim(not allowed, f"a rollback to height {height} was refused: {error}")
            return
        claim(allowed, f"a rollback to {height} passed below the finalised height")
        if returns:
            for signed in taken:
                self._accept(signed)
            return
        self.builder.chain.rollback(height)
        del self.builder.blocks[height:]
        del self.books[height:]
        if height == 0:  # the users' money came in block 1
            await self._refund()

    async def _refund(self) -> None:
        plan = BlockPlan(tuple(Deposit(user, 10**9) for user in range(USERS)))
        play_one(self.builder, plan)
        self._follow(Books(deposits_sat=10**9 * USERS))

    def _follow(self, books: Books) -> None:
        self.books.append(books)
        self._accept(self.builder.blocks[-1])

    def _accept(self, signed: Any) -> None:
        seen = verdict_of(self.node, signed)
        claim(seen == "accepted", f"valid block {signed.block.height} was rejected: {seen}")

    def _deposited(self, height: int) -> list[int]:
        node = self.builder.chain
        return [
            out.value_sat
            for pegin in node.records[height].block.pegins
            for tx in [self.builder.bitcoin.find(pegin.txid, pegin.bitcoin_block)]
            if tx is not None
            for out in tx.outputs
            if out.script == node.federation.script
        ]

    @invariant()
    async def wallet_holds_what_came_and_did_not_go(self) -> None:
        """The federation's bitcoin is what was paid in, less what earlier blocks burned."""
        came = sum(one.deposits_sat for one in self.books)
        gone = sum(one.burned_sat for one in self.books[:-1])
        held = self.node.wallet.balance_sat
        claim(held == came - gone, f"the wallet holds {held} sat, where {came} came in and {gone} went out")

    @invariant()
    async def every_wei_is_somewhere(self) -> None:
        """Accounts hold what was minted; what was burned and tipped lies where nobody can spend it."""
        burned = sum(one.burned_sat for one in self.books) * WEI_PER_SAT
        dead = self.node.state.balance_wei(DEAD)
        claim(dead >= burned, f"{dead} wei were burned, where users burned {burned}")
        alive = sum(balance for address, (_, balance) in self.node.state if address != DEAD)
        backing = sum(one.deposits_sat - one.burned_sat for one in self.books) * WEI_PER_SAT
        spent = backing - alive - self.node.fees_wei
        claim(spent >= 0, f"{-spent} wei more are spendable than bitcoin backs")
        claim(spent < 10**6 * WEI_PER_GWEI * (len(self.books) + 1) * 10**3, f"{spent} wei are missing")

    @invariant()
    async def node_is_where_the_builder_is(self) -> None:
        """Height, state and finality are those of who made the blocks."""
        node, chain = self.node, self.builder.chain
        claim(node.height == chain.height, f"the node is at {node.height}, the chain at {chain.height}")
        claim(node.state.root == chain.state.root, "the node's state root is not the builder's")
        claim(node.pow == chain.pow, f"the node's last work is {node.pow}, the chain's {chain.pow}")
