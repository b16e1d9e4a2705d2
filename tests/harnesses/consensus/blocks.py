"""A small chain for tests of a node's parts: proposals on its genesis, and the keys of its members."""

from __future__ import annotations

from random import Random

from alyslab.harnesses.consensus.wire import Proposal
from alyslab.model import production
from alyslab.model.block import AggregateSignature, SignedBlock
from alyslab.model.chain import Chain
from alyslab.model.generate import Builder
from alyslab.model.scheme import IdealScheme
from alyslab.model.shape import QUIET


class Chainlet:
    """A chain at its genesis."""

    def __init__(self, members: int) -> None:
        shape = type(QUIET)(
            authorities=members,
            transactions=0,
            pow_interval=0,
            pegin_interval=0,
            pegout_interval=0,
            missed_slot_ratio=0.0,
        )
        self.scheme = IdealScheme()
        self.builder = Builder(Random(1), shape, self.scheme)
        self.secrets = self.builder.secrets
        self.spec = self.builder.spec

    def node(self) -> Chain:
        """Return a fresh chain."""
        return self.builder.node()

    def proposal(self, slot_ahead: int) -> Proposal:
        """Return the first block, of a slot so far after the genesis, signed by its author."""
        chain = self.node()
        slot = chain.head.block.slot + slot_ahead
        block, _ = production.build(chain, slot=slot, timestamp_s=slot * self.spec.slot_ms // 1_000 + 1)
        author = slot % len(self.secrets)
        signers = tuple(index == author for index in range(len(self.secrets)))
        point = self.scheme.sign([self.secrets[author]], block.root)
        signed = SignedBlock(block=block, signature=AggregateSignature(signers=signers, point=point))
        return Proposal(signed, block.root, block.root.hex())

    def now_ms(self, signed: SignedBlock) -> int:
        """Return the beginning of the block's slot."""
        return signed.block.slot * self.spec.slot_ms
