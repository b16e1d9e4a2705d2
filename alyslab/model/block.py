"""The block: what authorities sign, what the execution layer runs, and their canonical bytes.

A block carries two hashes, as in the node.  ``Block.root`` is the consensus
root, over every byte of the block; parents are linked and signatures made by
it.  ``Payload.block_hash`` is the execution layer's own hash of its part.

Source: alys-system.md §1, "Block".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from alyslab.model.bitcoin import (
    BITCOIN_HEADER,
    BITCOIN_TRANSACTION,
    BitcoinHeader,
    BitcoinTransaction,
)
from alyslab.model.encoding import Many, Optional, Record, Uint, fixed, pack, unpack
from alyslab.model.errors import EncodingError
from alyslab.model.hashing import merkle_root, sha256, tree_hash_root
from alyslab.model.transaction import Transaction, TransactionBytes

VERSION = 1
"""Version of the encoding, the first item of every block's bytes."""
SIGNERS_MAX = 15
"""Length cap of the signer bit list.  Source: §1, "Block"."""
TRANSACTIONS_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """Wei that the block creates: a peg-in or a share of the fees."""

    address: bytes
    """Who receives, 20 bytes."""
    amount_gwei: int
    """How much, in gwei; the engine interface counts withdrawals in gwei."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What the execution layer runs (an execution payload of Capella, reduced)."""

    parent_hash: bytes
    """``block_hash`` of the payload before."""
    number: int
    """Height; the chain's height is this number."""
    timestamp_s: int
    """Unix time in seconds."""
    fee_recipient: bytes
    """Where tips go: always 0x…dEaD, since fees are paid out with the next proof of work."""
    gas_limit: int
    """The most gas that the block may use."""
    gas_used: int
    """Gas that its transactions used."""
    base_fee_wei: int
    """Wei per gas that is destroyed.  Source: EIP-1559."""
    state_root: bytes
    """Root of the state that the block produces."""
    transactions: tuple[Transaction, ...]
    """What users sent, in order."""
    withdrawals: tuple[Withdrawal, ...]
    """Fees first, then peg-ins by recipient."""
    block_hash: bytes
    """Hash of all of the above."""

    def computed_hash(self) -> bytes:
        """Return the hash that ``block_hash`` must be; transactions enter by the Merkle root of their ids."""
        return self.hash_with_ids([transaction.id for transaction in self.transactions])

    def hash_with_ids(
        self, ids: list[bytes], gas_used: int | None = None, state_root: bytes | None = None
    ) -> bytes:
        """Return the same, given the transactions' ids, and what running them gave unless filled in."""
        return sha256(
            pack(
                (
                    self.parent_hash,
                    self.number,
                    self.timestamp_s,
                    self.fee_recipient,
                    self.gas_limit,
                    self.gas_used if gas_used is None else gas_used,
                    self.base_fee_wei,
                    self.state_root if state_root is None else state_root,
                    len(ids),
                    merkle_root(ids),
                    [(credit.address, credit.amount_gwei) for credit in self.withdrawals],
                )
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PegIn:
    """A claim that a Bitcoin transaction paid the federation."""

    txid: bytes
    """The Bitcoin transaction."""
    bitcoin_block: bytes
    """Hash of the Bitcoin block that carries it."""


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
    signature: AggregateSignature

    def encode(self) -> bytes:
        """Return the canonical bytes."""
        return pack([self.block.encoded, *SIGNATURE.pack(self.signature)])


class Flag:
    """A truth value."""

    def pack(self, value: bool) -> bool:
        """Return the value."""
        return value

    to_json = pack

    def unpack(self, item: Any, field: str) -> bool:
        """Return the value, or raise :class:`EncodingError`."""
        if type(item) is not bool:
            raise EncodingError("not_a_flag", field=field, value=item)
        return item

    from_json = unpack


HASH = fixed(32)
ADDRESS = fixed(20)
WITHDRAWAL = Record(Withdrawal, address=ADDRESS, amount_gwei=Uint())
PAYLOAD = Record(
    Payload,
    parent_hash=HASH,
    number=Uint(),
    timestamp_s=Uint(),
    fee_recipient=ADDRESS,
    gas_limit=Uint(),
    gas_used=Uint(),
    base_fee_wei=Uint(),
    state_root=HASH,
    transactions=Many(TransactionBytes(), TRANSACTIONS_MAX),
    withdrawals=Many(WITHDRAWAL, 1_000),
    block_hash=HASH,
)
PEGIN = Record(PegIn, txid=HASH, bitcoin_block=HASH)
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
