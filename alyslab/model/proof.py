"""The records of merged mining: a header that names a range of blocks, and the work that finalises it.

Source: alys-system.md §1, "AuxPoW"; Bitcoin wiki, "Merged mining specification".
"""

from __future__ import annotations

from dataclasses import dataclass

from alyslab.model.bitcoin import BITCOIN_HEADER, BITCOIN_TRANSACTION, BitcoinHeader, BitcoinTransaction
from alyslab.model.encoding import Many, Optional, Record, Uint
from alyslab.model.payload import ADDRESS, HASH


@dataclass(frozen=True, slots=True, kw_only=True)
class AuxPow:
    """Proof that a parent chain's miner committed to a range of blocks."""

    coinbase: BitcoinTransaction
    """Coinbase of the parent block; an output of it bears the commitment."""
    coinbase_branch: tuple[bytes, ...]
    """From the coinbase up to the parent's Merkle root; the coinbase is always leftmost."""
    chain_branch: tuple[bytes, ...]
    """From this chain's commitment up to the root in the coinbase."""
    chain_side_mask: int
    """Which siblings of ``chain_branch`` stand on the left."""
    parent: BitcoinHeader
    """Header whose hash is the proof of work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuxPowHeader:
    """Which blocks are finalised, and by what work."""

    range_start: bytes
    """Root of the first block of the range, inclusive."""
    range_end: bytes
    """Root of the last block of the range, inclusive."""
    bits: int
    """Compact target that the work was made for."""
    chain_id: int
    """Merged-mining chain id; decides the slot in the merged-mining tree."""
    height: int
    """Height of the auxiliary chain: height of the last block with work, plus 1."""
    fee_recipient: bytes
    """Who gets the miner's share of the fees, 20 bytes."""
    auxpow: AuxPow | None
    """The proof; None while the header is only a template for miners."""


AUXPOW = Record(
    AuxPow,
    coinbase=BITCOIN_TRANSACTION,
    coinbase_branch=Many(HASH, 64),
    chain_branch=Many(HASH, 64),
    chain_side_mask=Uint(64),
    parent=BITCOIN_HEADER,
)
AUXPOW_HEADER = Record(
    AuxPowHeader,
    range_start=HASH,
    range_end=HASH,
    bits=Uint(32),
    chain_id=Uint(32),
    height=Uint(),
    fee_recipient=ADDRESS,
    auxpow=Optional(AUXPOW),
)
