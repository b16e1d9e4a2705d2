"""The block: what authorities sign, what the execution layer runs, and their canonical bytes.

A block carries two hashes, as in the node.  ``Block.root`` is the consensus
root, over every byte of the block; parents are linked and signatures made by
it.  ``Payload.block_hash`` is the execution layer's own hash of its part.

Source: alys-system.md §1, "Block".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from alyslab.model.bitcoin import BITCOIN_TRANSACTION, BitcoinTransaction
from alyslab.model.encoding import Flag, Many, Optional, Record, Uint, fixed, pack, unpack
from alyslab.model.errors import EncodingError
from alyslab.model.hashing import tree_hash_root
from alyslab.model.payload import HASH, PAYLOAD, Payload, Withdrawal
from alyslab.model.proof import AUXPOW_HEADER, AuxPow, AuxPowHeader

__all__ = [
    "AggregateSignature",
    "AuxPow",
    "AuxPowHeader",
    "Block",
    "Payload",
    "PegIn",
    "SignedBlock",
    "Withdrawal",
    "decode_block",
    "decode_signed_block",
]

VERSION = 1
"""Version of the encoding, the first item of every block's bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PegIn:
    """A claim that a Bitcoin transaction paid the federation."""

    txid: bytes
    """The Bitcoin transaction."""
    bitcoin_block: bytes
    """Hash of the Bitcoin block that carries it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block of the chain, unsigned."""

    parent_root: bytes
    """Consensus root of the block before."""
    slot: int
    """Time slot: ⌊unix_ms / slot_ms⌋."""
    auxpow_header: AuxPowHeader | None
    """Present when the block finalises a range."""
    payload: Payload
    """The execution layer's part."""
    pegins: tuple[PegIn, ...]
    """Peg-ins that the withdrawals pay."""
    pegout_proposal: BitcoinTransaction | None
    """Unsigned payment of the burns in the block before."""
    finalised_pegouts: tuple[BitcoinTransaction, ...]
    """Signed payments of the range that is finalised here."""
    encoded: bytes = field(init=False, repr=False, compare=False)
    """Canonical bytes."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "encoded", pack([VERSION, *BLOCK.pack(self)]))

    @property
    def root(self) -> bytes:
        """Consensus root; computed anew at each call."""
        return tree_hash_root(self.encoded)

    @property
    def height(self) -> int:
        """Height: the number of the payload."""
        return self.payload.number


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateSignature:
    """Signatures of several authorities over one block root, added up."""

    signers: tuple[bool, ...]
    """For each authority, in the order of the spec, whether its signature is in the sum."""
    point: bytes
    """The sum: 96 bytes, a compressed point of G2."""

    @property
    def count(self) -> int:
        """How many authorities signed."""
        return sum(self.signers)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedBlock:
    """A block with its authorities' signatures: what nodes exchange and store."""

    block: Block
    """What was signed, by its root."""
    signature: AggregateSignature
    """Who signed it, and the sum of their signatures."""

    def encode(self) -> bytes:
        """Return the canonical bytes."""
        return pack([self.block.encoded, *SIGNATURE.pack(self.signature)])


PEGIN = Record(PegIn, txid=HASH, bitcoin_block=HASH)
BLOCK = Record(
    Block,
    parent_root=HASH,
    slot=Uint(),
    auxpow_header=Optional(AUXPOW_HEADER),
    payload=PAYLOAD,
    pegins=Many(PEGIN, 1_000),
    pegout_proposal=Optional(BITCOIN_TRANSACTION),
    finalised_pegouts=Many(BITCOIN_TRANSACTION, 10_000),
)
SIGNATURE = Record(AggregateSignature, signers=Many(Flag(), 64), point=fixed(96))
SIGNED_BLOCK = Record(SignedBlock, block=BLOCK, signature=SIGNATURE)


def decode_block(data: Any, field: str = "block") -> Block:
    """Return the block that the bytes encode; raises :class:`EncodingError` for any other bytes."""
    item = unpack(data, field)
    if not isinstance(item, tuple) or not item:
        raise EncodingError("wrong_fields", field=field, value=item)
    if item[0] != VERSION or type(item[0]) is not int:
        raise EncodingError("unknown_version", field=f"{field}.version", value=item[0], known=VERSION)
    block: Block = BLOCK.unpack(item[1:], field)
    return block


def decode_signed_block(data: bytes) -> SignedBlock:
    """Return the signed block that the bytes encode; raises :class:`EncodingError` for any other bytes."""
    item = unpack(data, "signed_block")
    if not isinstance(item, tuple) or len(item) != 3:
        raise EncodingError("wrong_fields", field="signed_block", value=item)
    block = decode_block(item[0])
    return SignedBlock(block=block, signature=SIGNATURE.unpack(item[1:], "signature"))
