"""What peers ask and answer: status, blocks by range, and the latest checkpoint.

V1 speaks requests under ``/eth2/chain/req`` in ssz_snappy framing with msgpack
bodies, and handles only blocks by range.  Here bodies are the model's
canonical bytes, uncompressed, and an answer of several blocks is a sequence of
chunks: a code, the length (four bytes, big-endian), the body.

Whatever bytes a reader is given, it returns what they mean or raises
:class:`ProtocolError`, and nothing else.

Source: alys-system.md §1, "Sync".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from alyslab.harnesses.sync import codec
from alyslab.harnesses.sync.errors import ProtocolError
from alyslab.model.block import SignedBlock
from alyslab.model.encoding import Record, Uint, decode, fixed, pack
from alyslab.model.errors import EncodingError

PREFIX: Final = "/eth2/chain/req"
"""Source: §1, "Sync": the protocol prefix."""
STATUS: Final = f"{PREFIX}/status/1"
BLOCKS: Final = f"{PREFIX}/blocks_by_range/1"
CHECKPOINT: Final = f"{PREFIX}/checkpoint/1"
"""V1 has no such request; V2's checkpoints are held against those of peers by it."""
TOPICS: Final = frozenset((STATUS, BLOCKS, CHECKPOINT))

VERSION: Final = 1
CHUNK_BYTES_MOST: Final = 1 << 20
"""Source: §1, "Sync": a chunk is at most 1 MiB."""
RANGE_BLOCKS_MOST: Final = 1_024
"""Most blocks of one request.  Source: §1, "Sync": fixed 1024."""
OK, INVALID_REQUEST = 0, 1
"""Codes of a chunk, as in Ethereum's request protocol."""
_HEAD: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What a peer says of its chain."""

    version: int
    genesis: bytes
    """Root of its genesis block."""
    height: int
    root: bytes
    """Root of its head."""
    finalised_height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A request for the blocks from ``start`` on."""

    start: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A peer's latest checkpoint; all zero when it has none."""

    height: int
    root: bytes
    state_root: bytes


_STATUS: Final = Record(
    Status, version=Uint(16), genesis=fixed(32), height=Uint(), root=fixed(32), finalised_height=Uint()
)
_RANGE: Final = Record(Range, start=Uint(), count=Uint(32))
_ANCHOR: Final = Record(Anchor, height=Uint(), root=fixed(32), state_root=fixed(32))
T = TypeVar("T")


def write_status(status: Status) -> bytes:
    """Return the answer to a request for status."""
    return pack(_STATUS.pack(status))


def read_status(data: bytes) -> Status:
    """Return the status that the bytes are."""
    return _read(_STATUS, data, Status)


def write_range(wanted: Range) -> bytes:
    """Return a request for blocks."""
    return pack(_RANGE.pack(wanted))


def read_range(data: bytes) -> Range:
    """Return the request that the bytes are."""
    return _read(_RANGE, data, Range)


def write_anchor(anchor: Anchor) -> bytes:
    """Return the answer to a request for the latest checkpoint."""
    return pack(_ANCHOR.pack(anchor))


def read_anchor(data: bytes) -> Anchor:
    """Return the checkpoint that the bytes are."""
    return _read(_ANCHOR, data, Anchor)


def write_blocks(frames: Iterable[bytes]) -> bytes:
    """Return the answer to a request for blocks, a chunk for each."""
    return b"".join([b"\0" + len(frame).to_bytes(4, "big") + frame for frame in frames])


def refusal(code: int) -> bytes:
    """Return the answer to a request that is none: one empty chunk with an error code."""
    return bytes((code,)) + bytes(4)


def read_blocks(data: bytes, wanted: Range) -> list[SignedBlock]:
    """Return the blocks of an answer: as many as asked for or fewer, from ``wanted.start`` on, no hole.

    Whether they are valid is the chain's to say.

    Raises
    ------
    ProtocolError
        For bytes that are no chunks, an error code, a body that is no block,
        more blocks than asked for, and heights that were not asked for.
    """
    blocks: list[SignedBlock] = []
    at, end = 0, len(data)
    while at < end:
        code, length = data[at], int.from_bytes(data[at + 1 : at + _HEAD], "big")
        start = at + _HEAD
        at = start + length
        if code != OK:
            raise ProtocolError("refused", code=code)
        if length > CHUNK_BYTES_MOST or at > end:
            raise ProtocolError("chunk_cut_off", length=length, left=end - start)
        if len(blocks) == wanted.count:
            raise ProtocolError("more_than_asked", count=wanted.count)
        try:
            signed = codec.decode(data[start:at])
        except EncodingError as error:
            raise ProtocolError("not_a_block", reason=str(error)) from None
        if signed.block.height != wanted.start + len(blocks):
            raise ProtocolError(
                "not_the_height", height=signed.block.height, expected=wanted.start + len(blocks)
            )
        blocks.append(signed)
    return blocks


def _read(record: Record, data: Any, kind: type[T]) -> T:
    try:
        value = decode(record, data, kind.__name__.lower())
    except EncodingError as error:
        raise ProtocolError("unreadable", what=kind.__name__.lower(), reason=str(error)) from None
    assert isinstance(value, kind)
    return value
