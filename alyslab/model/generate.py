"""Valid chains of any length and shape, from a seed.

The :class:`Builder` plays all honest parties at once: users, the Bitcoin
chain, merged miners, the federation and the authorities.  Its own chain keeps
the sound rules (or the spec's), whatever is planted in the running simulation:
it is the reference that a node under test is held against.

For every rule of validation, :mod:`alyslab.model.mutate` makes from a
builder's next block one that breaks exactly that rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from alyslab.model import aura, mining, production, schnorr, traffic
from alyslab.model.admission import admitted, candidacy
from alyslab.model.bitcoin import BitcoinTransaction, BitcoinView
from alyslab.model.block import AggregateSignature, AuxPowHeader, Block, PegIn, SignedBlock
from alyslab.model.chain import Chain
from alyslab.model.execution import BRIDGE, Outcome
from alyslab.model.presets import laboratory_spec
from alyslab.model.scheme import SignatureScheme
from alyslab.model.shape import Shape
from alyslab.model.spec import Era, Spec
from alyslab.model.traffic import TIP_WEI, peg_in_transaction
from alyslab.model.transaction import Transaction

__all__ = ["MINER", "TIP_WEI", "UNSIGNED", "Builder", "generate", "peg_in_transaction"]

MINER = bytes.fromhex("a1" * 20)
"""Fee recipient of the laboratory's merged miner."""
UNSIGNED = bytes(96)
"""Stands where a signature would, in chains generated without signatures."""


class Builder:
    """Extends a valid chain block by block.

    Parameters
    ----------
    rng
        All chance comes from it; the same stream gives the same bytes.
    shape
        What the chain looks like.
    scheme
        How it is signed; with ``signed=False`` no block is, and only
        :meth:`~alyslab.model.chain.Chain.import_unsigned` takes them.  Peg-outs
        are signed all the same: their witnesses are part of the block.
    spec_changes
        Fields of the laboratory's spec to change.
    """

    def __init__(
        self, rng: Random, shape: Shape, scheme: SignatureScheme, *, signed: bool = True, **spec_changes: Any
    ) -> None:
        self.rng = rng
        self.shape = shape
        self.scheme = scheme
        self.signed = signed
        self.secrets = self._draw_secrets()
        self.bitcoin_secrets = self._draw_secrets()
        self.earlier_secrets = self.secrets
        if shape.handover_height:
            self.earlier_secrets = self._draw_secrets()
            keys = self._admitted(self.earlier_secrets)
            earlier = (Era(until_height=shape.handover_height, authorities=keys),)
            spec_changes = {"earlier": earlier, **spec_changes}
        self.spec: Spec = laboratory_spec(
            self._admitted(self.secrets),
            tuple(rng.randbytes(20) for _ in range(shape.authorities)),
            tuple(schnorr.public_key(secret) for secret in self.bitcoin_secrets),
            **spec_changes,
        )
        self.bitcoin = BitcoinView()
        self.chain = Chain(self.spec, scheme, self.bitcoin, deviations=self.spec.deviations)
        self.users = tuple(rng.randbytes(20) for _ in range(shape.users))
        self.blocks: list[SignedBlock] = []
        self._waiting: list[PegIn] = []
        for user in self.users:
            self.pay_federation(user, 1_000_000_000 + rng.randrange(1_000_000))

    def _draw_secrets(self) -> tuple[int, ...]:
        return tuple(self.rng.randrange(1, 1 << 250) for _ in range(self.shape.authorities))

    def _admitted(self, secrets: Sequence[int]) -> tuple[bytes, ...]:
        return admitted([candidacy(self.scheme, secret) for secret in secrets], self.scheme)

    def secrets_at(self, height: int) -> tuple[int, ...]:
        """Return the secrets of the authorities whose signatures count at this height."""
        return self.earlier_secrets if height <= self.shape.handover_height else self.secrets

    @property
    def now_ms(self) -> int:
        """Start of the head's slot, in milliseconds since the Unix epoch."""
        return aura.slot_start_ms(self.spec, self.chain.head.block.slot)

    def pay_federation(self, recipient: bytes, amount_sat: int, script: bytes | None = None) -> PegIn:
        """Make a Bitcoin block with a payment for ``recipient``; it is pegged in once it is deep enough."""
        payment = peg_in_transaction(
            self.chain.federation.script, recipient, amount_sat, (self.rng.randbytes(32), 0), script
        )
        block = self.bitcoin.append([payment])
        pegin = PegIn(txid=payment.txid, bitcoin_block=block.header.hash)
        if script is None:
            self._waiting.append(pegin)
        return pegin

    def ripe_pegins(self, most: int = 16) -> tuple[PegIn, ...]:
        """Return waiting peg-ins that are deep enough, letting Bitcoin grow until they are."""
        while self._waiting and self._depth(self._waiting[-1]) < self.spec.bitcoin_confirmations:
            self.bitcoin.append()
        return tuple(self._waiting[:most])

    def _depth(self, pegin: PegIn) -> int:
        return self.bitcoin.confirmations(pegin.bitcoin_block)

    transfer = staticmethod(traffic.transfer)

    def random_transactions(self, count: int) -> list[Transaction]:
        """Return that many transfers between users and new addresses, runnable in this order."""
        fresh = self.shape.new_account_ratio
        return traffic.random_transfers(self.rng, self.users, self.chain.state, count, fresh)

    def burn(
        self, amount_sat: int, transactions: Sequence[Transaction] = (), to: bytes = BRIDGE
    ) -> Transaction:
        """Return a call that burns this much for a random address, to stand after ``transactions``."""
        return traffic.burn(self.rng, self.users, self.chain.state, amount_sat, transactions, to=to)

    def next_slot(self) -> int:
        """Return the next slot that somebody fills."""
        slot = self.chain.head.block.slot + 1
        while self.rng.random() < self.shape.missed_slot_ratio:
            slot += 1
        return slot

    def timestamp_s(self, slot: int) -> int:
        """Return the time that a block of this slot bears: its start, but after the parent's."""
        start = -(-aura.slot_start_ms(self.spec, slot) // 1000)
        return max(start, self.chain.head.block.payload.timestamp_s + 1)

    def work(self) -> tuple[AuxPowHeader, tuple[BitcoinTransaction, ...]]:
        """Return a mined header for all blocks that are not finalised, and their signed peg-outs."""
        header = mining.template(self.chain, MINER)
        pegouts = mining.signed_pegouts(self.chain, header, self.bitcoin_secrets, self.rng)
        return mining.mine(self.chain, header, self.rng, depth=self.shape.merged_chain_depth), pegouts

    def draft(
        self,
        *,
        transactions: Sequence[Transaction] = (),
        pegins: Sequence[PegIn] = (),
        with_pow: bool = False,
        slot: int | None = None,
    ) -> tuple[Block, Outcome]:
        """Return a valid block on the head and its outcome, without extending the chain."""
        header, pegouts = self.work() if with_pow else (None, ())
        slot = self.next_slot() if slot is None else slot
        return production.build(
            self.chain,
            slot=slot,
            timestamp_s=self.timestamp_s(slot),
            transactions=transactions,
            pegins=pegins,
            auxpow_header=header,
            finalised_pegouts=pegouts,
        )

    def sign(
        self, block: Block, signers: Sequence[bool] | None = None, root: bytes | None = None
    ) -> SignedBlock:
        """Return the block with the author's and enough other signatures, or the chosen ones."""
        bits = production.default_signers(self.chain, block.slot) if signers is None else tuple(signers)
        if not self.signed:
            return SignedBlock(block=block, signature=AggregateSignature(signers=bits, point=UNSIGNED))
        return production.sign(self.chain, block, self.secrets_at(block.height), bits, root)

    def append(self, block: Block, outcome: Outcome) -> SignedBlock:
        """Sign a draft and make it the head, without validating what was just built."""
        root = block.root
        signed = self.sign(block, root=root)
        self.chain.commit(signed, root, outcome)
        self.blocks.append(signed)
        return signed

    def step(self) -> SignedBlock:
        """Extend the chain by one block of the shape."""
        shape, height = self.shape, self.chain.height + 1
        if shape.pegin_interval and height > 1 and height % shape.pegin_interval == 0:
            self.pay_federation(self.rng.choice(self.users), 10_000 + self.rng.randrange(10**7))
        pegins = self.ripe_pegins()
        del self._waiting[: len(pegins)]
        transactions = self.random_transactions(shape.transactions) if height > 1 else []
        if shape.pegout_interval and height > 1 and height % shape.pegout_interval == 0:
            transactions += self.burns(transactions)
        return self.append(
            *self.draft(transactions=transactions, pegins=pegins, with_pow=self.work_due(height))
        )

    def work_due(self, height: int) -> bool:
        """Return whether the shape wants proof of work at this height."""
        if self.shape.pow_heights:
            return height in self.shape.pow_heights
        return bool(self.shape.pow_interval) and height % self.shape.pow_interval == 0

    def burns(self, transactions: Sequence[Transaction]) -> list[Transaction]:
        """Return a burn of the shape, to stand after ``transactions``."""
        made = [self.burn(1_000_000 + self.rng.randrange(10**7), transactions)]
        if self.shape.foreign_burns:
            before = [*transactions, *made]
            made += traffic.foreign_burns(self.rng, self.users, self.chain.state, before)
        return made

    def extend(self, count: int) -> list[SignedBlock]:
        """Extend the chain by ``count`` blocks and return them."""
        return [self.step() for _ in range(count)]

    def branch(self, height: int, count: int) -> list[SignedBlock]:
        """Return ``count`` valid blocks that fork off above ``height``; the main chain stays as it is.

        Raises :class:`ChainError` below the finalised height.
        """
        kept = [record.signed for record in self.chain.records[height + 1 :]]
        built, waiting = list(self.blocks), list(self._waiting)
        self.chain.rollback(height)
        made = []
        for _ in range(count):
            block, outcome = self.draft(transactions=self.random_transactions(1), slot=self.next_slot() + 1)
            made.append(self.append(block, outcome))
        self.chain.rollback(height)
        for signed in kept:
            self.chain.import_unsigned(signed, aura.slot_start_ms(self.spec, signed.block.slot))
        self.blocks, self._waiting = built, waiting
        return made

    def node(self, **options: Any) -> Chain:
        """Return a fresh chain of the same spec, scheme and Bitcoin: a node under test."""
        return Chain(self.spec, self.scheme, self.bitcoin, **options)


def generate(
    rng: Random, scheme: SignatureScheme, blocks: int, shape: Shape | None = None, *, signed: bool = True
) -> Builder:
    """Return a builder that has made a valid chain of ``blocks`` blocks; consumes ``rng``."""
    builder = Builder(rng, shape or Shape(), scheme, signed=signed)
    builder.extend(blocks)
    return builder
