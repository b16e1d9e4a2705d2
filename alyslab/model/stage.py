"""The stage for mutations: a chain and its valid next block, once with and once without proof of work.

It is rich enough that every rule of validation has something to look at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Any

from alyslab.model import mining, production
from alyslab.model.bitcoin import BitcoinTransaction
from alyslab.model.block import AuxPow, AuxPowHeader, Block, PegIn
from alyslab.model.bridge import payments_of
from alyslab.model.generate import Builder
from alyslab.model.retarget import target_of
from alyslab.model.scheme import SignatureScheme
from alyslab.model.shape import Shape
from alyslab.model.validation import withdrawals_due

STAGE_GAS_LIMIT = 1_000_000
"""Low, so that a block too full is a small one."""
STAGE_HEIGHT = 7
"""Height of the next block; also one that is written into a deviating node (incident 5)."""
FORMER_SCRIPT = b"\x51\x20" + bytes(range(32))
"""Address that the federation of the stage gave up."""


@dataclass(slots=True)
class Stage:
    """A chain and its next block, twice."""

    builder: Builder
    """The chain; its head's burns are due, its range holds a proposal."""
    plain: Block
    """A valid next block without proof of work."""
    mined: Block
    """A valid next block with proof of work."""

    @property
    def now_ms(self) -> int:
        """When the next block is judged: in its slot."""
        return self.plain.slot * self.builder.spec.slot_ms

    def sealed(self, block: Block, waived: str = "", **payload: Any) -> Block:
        """Return the block with these fields of its payload, run and hashed again."""
        changed = replace(block.payload, **payload)
        sealed, _ = production.seal(self.builder.chain, changed, frozenset({waived}))
        return replace(block, payload=sealed)

    def hashed(self, block: Block, **payload: Any) -> Block:
        """Return the block with these fields of its payload, hashed again but not run."""
        changed = replace(block.payload, **payload)
        return replace(block, payload=replace(changed, block_hash=changed.computed_hash()))

    def pegged(self, pegins: tuple[PegIn, ...], *, former: bool = False) -> Block:
        """Return the plain block with these peg-ins and what they credit; ``former`` counts old addresses."""
        chain = self.builder.chain
        deviations = chain.deviations | {"former_address_accepted"} if former else chain.deviations
        payments = payments_of(pegins, chain.bitcoin, chain.federation, deviations)
        credits = withdrawals_due(chain.spec, None, chain.fees_wei, payments)
        return replace(self.sealed(self.plain, withdrawals=credits), pegins=pegins)

    def mined_again(self, header: AuxPowHeader, **how: Any) -> Block:
        """Return the mined block with this header, its work done again."""
        depth = how.pop("depth", self.builder.shape.merged_chain_depth)
        return replace(
            self.mined,
            auxpow_header=mining.mine(self.builder.chain, header, self.builder.rng, depth=depth, **how),
        )

    @property
    def header(self) -> AuxPowHeader:
        """The mined block's header."""
        assert self.mined.auxpow_header is not None
        return self.mined.auxpow_header

    @property
    def proof(self) -> AuxPow:
        """The mined block's proof of work."""
        assert self.header.auxpow is not None
        return self.header.auxpow

    def proved(self, proof: AuxPow) -> Block:
        """Return the mined block with another proof, worked again."""
        done = mining.work(proof, target_of(self.header.bits))
        return replace(self.mined, auxpow_header=replace(self.header, auxpow=done))

    @property
    def proposal(self) -> BitcoinTransaction:
        """The plain block's peg-out proposal."""
        assert self.plain.pegout_proposal is not None
        return self.plain.pegout_proposal

    def proposing(self, values: dict[int, int], proposal: BitcoinTransaction | None = None) -> Block:
        """Return the plain block whose proposal's outputs are changed by these amounts of satoshi."""
        proposal = self.proposal if proposal is None else proposal
        outputs = tuple(
            replace(output, value_sat=output.value_sat + values.get(i, 0))
            for i, output in enumerate(proposal.outputs)
        )
        return replace(self.plain, pegout_proposal=replace(proposal, outputs=outputs))


def set_stage(rng: Random, scheme: SignatureScheme) -> Stage:
    """Return a chain and its next block; consumes ``rng``."""
    shape = Shape(transactions=3, pow_interval=0, pegin_interval=0, pegout_interval=0, new_account_ratio=0.5)
    builder = Builder(
        rng,
        shape,
        scheme,
        gas_limit=STAGE_GAS_LIMIT,
        former_scripts=(FORMER_SCRIPT,),
        bypassed_heights=frozenset({STAGE_HEIGHT}),
    )
    builder.extend(3)
    builder.append(*builder.draft(transactions=builder.random_transactions(2), with_pow=True))
    for _ in range(2):  # a burn, then its proposal and two further burns
        first = builder.burn(20_000_000)
        second = builder.burn(30_000_000, [first])
        builder.append(*builder.draft(transactions=[first, second]))
    for user in builder.users[:2]:
        builder.pay_federation(user, 123_456_789)
    pegins = builder.ripe_pegins()
    transactions = builder.random_transactions(4)
    slot = builder.next_slot()
    plain, _ = builder.draft(transactions=transactions, pegins=pegins, slot=slot)
    mined, _ = builder.draft(transactions=transactions, pegins=pegins, slot=slot, with_pow=True)
    return Stage(builder, plain, mined)
