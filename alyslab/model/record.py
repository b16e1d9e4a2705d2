"""What a chain keeps of each block that it imported, so that a rollback can take it back."""

from __future__ import annotations

from typing import NamedTuple

from alyslab.model.bitcoin import TxOutput
from alyslab.model.block import Block, SignedBlock
from alyslab.model.bridge import WalletChange
from alyslab.model.finality import PowPointer
from alyslab.model.pegout import Request
from alyslab.model.state import Undo


class Record(NamedTuple):
    """A block of the chain with what a rollback needs to take it back."""

    root: bytes
    """Its consensus root."""
    signed: SignedBlock
    """The block with its signatures."""
    undo: Undo | None
    """How to take its effect on the state back; None for the genesis."""
    wallet: WalletChange | None
    """What it did to the federation's wallet; None where it did nothing."""
    requests: tuple[Request, ...]
    """Peg-outs that the next block must propose to pay."""
    spent: tuple[TxOutput, ...]
    """Outputs that this block's proposal spends."""
    pow_before: PowPointer
    """The latest proof of work before this block."""
    fees_before_wei: int
    """Fees that were collected and not yet paid before this block."""

    @property
    def block(self) -> Block:
        """The block itself."""
        return self.signed.block
