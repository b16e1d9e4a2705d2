"""What a rule may ask for: one block on its parent, and the chain around it.

Source: alys-system.md §1, "process_block order".
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from alyslab.model import bridge, pegout
from alyslab.model.bitcoin import BitcoinTransaction, BitcoinView, TxOutput
from alyslab.model.block import Block, SignedBlock
from alyslab.model.bridge import Payment, Wallet
from alyslab.model.federation import Federation
from alyslab.model.fees import divide_fees
from alyslab.model.finality import PowPointer
from alyslab.model.payload import Withdrawal
from alyslab.model.proof import AuxPowHeader
from alyslab.model.retarget import next_bits
from alyslab.model.scheme import SignatureScheme
from alyslab.model.spec import Spec

if TYPE_CHECKING:
    from alyslab.model.chain import Chain

Finding = Mapping[str, object] | None
"""Offending values by name, or None when the rule holds."""


class Context:
    """One block on its parent, with everything that a rule may ask for."""

    def __init__(
        self, chain: Chain, signed: SignedBlock, root: bytes, now_ms: int, signature_checked: bool = False
    ) -> None:
        self.chain = chain
        self.signed = signed
        self.block: Block = signed.block
        self.root = root
        self.now_ms = now_ms
        self.signature_checked = signature_checked
        self.spec: Spec = chain.spec
        self.scheme: SignatureScheme = chain.scheme
        self.deviations: frozenset[str] = chain.deviations
        self.authorities: tuple[bytes, ...] = chain.authorities_at(signed.block.height)
        self.bitcoin: BitcoinView = chain.bitcoin
        self.wallet: Wallet = chain.wallet
        self.federation: Federation = chain.federation
        self.pow: PowPointer = chain.pow

    @property
    def parent(self) -> Block:
        """The block below; the rule ``parent_known`` has made sure of it."""
        return self.chain.head.block

    def canonical_height(self, root: bytes) -> int | None:
        """Return the height of a block of this chain, None for any other root."""
        return self.chain.height_of(root)

    @cached_property
    def expected_bits(self) -> int:
        """Compact target that is due for work in this block."""
        return next_bits(self.spec, self.pow.bits, self.chain.height, self.pow.height, self.deviations)

    @cached_property
    def _range(self) -> tuple[int, int]:
        header = self.block.auxpow_header
        start = None if header is None else self.canonical_height(header.range_start)
        end = None if header is None else self.canonical_height(header.range_end)
        return (0, -1) if start is None or end is None else (start, end)

    @cached_property
    def range_roots(self) -> list[bytes]:
        """Roots of the blocks that the work finalises."""
        start, end = self._range
        return [record.root for record in self.chain.records[start : end + 1]]

    @cached_property
    def range_proposals(self) -> list[tuple[BitcoinTransaction, tuple[TxOutput, ...]]]:
        """Peg-out proposals in the range, each with the outputs that it spends."""
        start, end = self._range
        records = self.chain.records[start : end + 1]
        return [(proposal, record.spent) for record in records if (proposal := record.block.pegout_proposal)]

    @cached_property
    def readings(self) -> tuple[Payment | str, ...]:
        """What each of the block's peg-ins pays, or why it can't be told."""
        pegins = self.block.pegins
        return bridge.readings_of(pegins, self.bitcoin, self.federation, self.deviations) if pegins else ()

    @cached_property
    def payments(self) -> tuple[Payment, ...]:
        """What the block's peg-ins pay, as far as they can be read."""
        return tuple(reading for reading in self.readings if isinstance(reading, Payment))

    @property
    def requests(self) -> tuple[pegout.Request, ...]:
        """What the block before burned and asks to be paid."""
        return self.chain.records[-1].requests

    @property
    def expected_withdrawals(self) -> tuple[Withdrawal, ...]:
        """Shares of the fees if this block carries work, then the peg-ins."""
        payments = self.payments if self.block.pegins else ()
        return withdrawals_due(self.spec, self.block.auxpow_header, self.chain.fees_wei, payments)


def withdrawals_due(
    spec: Spec, header: AuxPowHeader | None, collected_wei: int, payments: tuple[Payment, ...]
) -> tuple[Withdrawal, ...]:
    """Return what a block must credit: shares of the fees if it carries work, then the peg-ins."""
    fees: tuple[Withdrawal, ...] = ()
    if header is not None:
        fees = divide_fees(spec, collected_wei, header.fee_recipient).withdrawals
    return fees + bridge.credits_of(payments) if payments else fees
