"""As much of Bitcoin as the bridge and merged mining touch: headers, transactions, a view of the best chain.

Serialisation, transaction ids and header hashes are Bitcoin's own.  The view
is data that is handed in: the model never asks a Bitcoin node.

Source: Bitcoin developer reference, BIP141, BIP144; alys-system.md §6 (RPC).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

from alyslab.model.encoding import Data, Many, Record, Uint, fixed
from alyslab.model.hashing import bitcoin_merkle_root, sha256d

RBF_SEQUENCE = 0xFFFF_FFFD
"""Signals that the transaction may be replaced.  Source: BIP125."""
SATOSHI_MAX = 21_000_000 * 100_000_000
SCRIPT_BYTES_MAX = 10_000
_HEADER = struct.Struct("<I32s32sIII")


@dataclass(frozen=True, slots=True, kw_only=True)
class TxInput:
    """What a transaction spends."""

    txid: bytes
    """Transaction that made the output, 32 bytes in internal order."""
    vout: int
    """Index of the output there."""
    script_sig: bytes = b""
    """Empty for a witness output; free text in a coinbase."""
    sequence: int = RBF_SEQUENCE
    """Sequence number."""
    witness: tuple[bytes, ...] = ()
    """Witness stack; not part of the transaction id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TxOutput:
    """What a transaction pays."""

    value_sat: int
    """Amount in satoshi."""
    script: bytes
    """The script that must be satisfied to spend it."""


def _compact_size(count: int) -> bytes:
    if count < 0xFD:
        return bytes([count])
    if count <= 0xFFFF:
        return b"\xfd" + struct.pack("<H", count)
    return b"\xfe" + struct.pack("<I", count)


def var_bytes(data: bytes) -> bytes:
    """Return ``data`` behind its length, as Bitcoin serialises scripts and stack items."""
    return _compact_size(len(data)) + data


@dataclass(frozen=True, slots=True, kw_only=True)
class BitcoinTransaction:
    """A Bitcoin transaction."""

    version: int = 2
    """Version; 2 for peg-outs."""
    inputs: tuple[TxInput, ...]
    """What it spends."""
    outputs: tuple[TxOutput, ...]
    """What it pays."""
    locktime: int = 0
    """Earliest time or height; 0 for peg-outs."""
    _txid: bytes | None = field(default=None, init=False, repr=False, compare=False)
    """The id once somebody has asked for it."""

    def serialised_outputs(self) -> bytes:
        """Return the outputs one after another, without their count."""
        return b"".join(struct.pack("<Q", out.value_sat) + var_bytes(out.script) for out in self.outputs)

    @property
    def txid(self) -> bytes:
        """Double SHA-256 of :attr:`stripped`, in internal byte order; hashed at the first call only."""
        if self._txid is None:
            object.__setattr__(self, "_txid", sha256d(self.stripped))
        assert self._txid is not None
        return self._txid

    @property
    def stripped(self) -> bytes:
        """The serialisation without witnesses."""
        inputs = b"".join(
            spent.txid
            + spent.vout.to_bytes(4, "little")
            + var_bytes(spent.script_sig)
            + spent.sequence.to_bytes(4, "little")
            for spent in self.inputs
        )
        return (
            self.version.to_bytes(4, "little")
            + _compact_size(len(self.inputs))
            + inputs
            + _compact_size(len(self.outputs))
            + self.serialised_outputs()
            + self.locktime.to_bytes(4, "little")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BitcoinHeader:
    """The 80 bytes that proof of work is made over."""

    version: int
    """Version, as 32 unsigned bits; merged mining reads a chain id in its upper half."""
    previous: bytes
    """Hash of the header before, 32 bytes in internal order."""
    merkle_root: bytes
    """Root over the block's transaction ids."""
    time_s: int
    """Unix time in seconds."""
    bits: int
    """Compact target of the Bitcoin chain; not Alys's target."""
    nonce: int
    """What miners vary."""

    @property
    def serialised(self) -> bytes:
        """The 80 bytes."""
        return _HEADER.pack(self.version, self.previous, self.merkle_root, self.time_s, self.bits, self.nonce)

    @property
    def hash(self) -> bytes:
        """Double SHA-256 of the serialised header, in internal order."""
        return sha256d(self.serialised)


@dataclass(frozen=True, slots=True, kw_only=True)
class BitcoinBlock:
    """A header with its transactions."""

    header: BitcoinHeader
    """What miners work on."""
    transactions: tuple[BitcoinTransaction, ...]
    """The coinbase first, in a real block."""

    @classmethod
    def on(cls, previous: bytes, transactions: Iterable[BitcoinTransaction], time_s: int) -> BitcoinBlock:
        """Return a block with the right Merkle root; its proof of work is not modelled."""
        carried = tuple(transactions)
        root = bitcoin_merkle_root([transaction.txid for transaction in carried])
        header = BitcoinHeader(
            version=0x2000_0000, previous=previous, merkle_root=root, time_s=time_s, bits=0x207F_FFFF, nonce=0
        )
        return cls(header=header, transactions=carried)


@dataclass(slots=True)
class BitcoinView:
    """The best Bitcoin chain as one node sees it, and what its node says about fees.

    The caller extends or cuts it; the model only reads.
    """

    fee_sat_per_vb: int = 2
    """What a peg-out pays; 2 is the node's fallback (§1, "Peg-out")."""
    blocks: list[BitcoinBlock] = field(default_factory=list)
    """Blocks by height."""
    _heights: dict[bytes, int] = field(default_factory=dict)
    _index: dict[tuple[bytes, bytes], BitcoinTransaction] = field(default_factory=dict)
    _tip_hash: bytes = bytes(32)

    def append(self, transactions: Iterable[BitcoinTransaction] = (), time_s: int = 0) -> BitcoinBlock:
        """Add a block with these transactions on the tip and return it."""
        block = BitcoinBlock.on(self._tip_hash, transactions, time_s)
        self._tip_hash = block.header.hash
        self._heights[self._tip_hash] = len(self.blocks)
        self._index.update({(self._tip_hash, tx.txid): tx for tx in block.transactions})
        self.blocks.append(block)
        return block

    def cut(self, height: int) -> None:
        """Forget the blocks from ``height`` up, as a reorganisation of Bitcoin does."""
        for block in self.blocks[height:]:
            hash_ = block.header.hash
            del self._heights[hash_]
            for transaction in block.transactions:
                del self._index[hash_, transaction.txid]
        del self.blocks[height:]
        self._tip_hash = self.blocks[-1].header.hash if self.blocks else bytes(32)

    @property
    def tip_hash(self) -> bytes:
        """Hash of the highest block; zeros when there is none."""
        return self._tip_hash

    def confirmations(self, block_hash: bytes) -> int:
        """Return how deep the block lies, 1 for the tip, 0 when it is not in the best chain."""
        height = self._heights.get(block_hash)
        return 0 if height is None else len(self.blocks) - height

    def height_of(self, block_hash: bytes) -> int | None:
        """Return the block's height, or None when it is not in the best chain."""
        return self._heights.get(block_hash)

    def find(self, txid: bytes, block_hash: bytes) -> BitcoinTransaction | None:
        """Return the transaction if that block of the best chain carries it."""
        return self._index.get((block_hash, txid))


TX_INPUT = Record(
    TxInput,
    txid=fixed(32),
    vout=Uint(32),
    script_sig=Data(0, SCRIPT_BYTES_MAX),
    sequence=Uint(32),
    witness=Many(Data(0, SCRIPT_BYTES_MAX), 100),
)
TX_OUTPUT = Record(TxOutput, value_sat=Uint(), script=Data(0, SCRIPT_BYTES_MAX))
BITCOIN_TRANSACTION = Record(
    BitcoinTransaction,
    version=Uint(32),
    inputs=Many(TX_INPUT, 5_000),
    outputs=Many(TX_OUTPUT, 5_000),
    locktime=Uint(32),
)
BITCOIN_HEADER = Record(
    BitcoinHeader,
    version=Uint(32),
    previous=fixed(32),
    merkle_root=fixed(32),
    time_s=Uint(32),
    bits=Uint(32),
    nonce=Uint(32),
)
