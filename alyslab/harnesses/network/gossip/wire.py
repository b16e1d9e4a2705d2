"""What peers write on the wire, and reading it without trusting it."""

from __future__ import annotations

import struct
from collections.abc import Collection
from typing import Final
from zlib import crc32

BLOCK: Final = "gossip.block"
"""A whole block, or what of it was missing."""
COMPACT: Final = "gossip.compact"
"""A block with short ids in the place of transactions."""
HAVE: Final = "gossip.have"
"""Numbers of blocks that the sender has (inv; gossipsub's IHAVE)."""
GET: Final = "gossip.get"
"""Numbers of blocks that the sender wants (getdata; gossipsub's IWANT)."""
MISSING: Final = "gossip.missing"
"""The block of which the sender could not find every transaction (getblocktxn)."""
GRAFT: Final = "gossip.graft"
"""Take me into your mesh."""
PRUNE: Final = "gossip.prune"
"""You are not in my mesh any more."""

ID_BYTES: Final = 61
"""Size of a message that names one block, in bytes.

Source: Bitcoin's protocol: a header of 24 bytes, a count of 1, and an inventory vector of 36.
"""
MOST_IDS: Final = 5_000
"""More numbers in one message are refused; gossipsub's GossipSubMaxIHaveLength."""

_BODY = struct.Struct(">IH")
_SUM = struct.Struct(">I")
_ID = struct.Struct(">I")


def write_body(block: int, hops: int) -> bytes:
    """Return the payload of a block that will have crossed this many links, with a check sum.

    A block is known by its hash, so that one whose bytes were flipped is no other block.
    """
    body = _BODY.pack(block, min(hops, 0xFFFF))
    return body + _SUM.pack(crc32(body))


def read_body(payload: bytes) -> tuple[int, int] | None:
    """Return block and hops, or None for bytes that are no body."""
    body, check_sum = payload[: _BODY.size], payload[_BODY.size :]
    if len(payload) != _BODY.size + _SUM.size or _SUM.pack(crc32(body)) != check_sum:
        return None
    return _BODY.unpack(body)


def write_ids(blocks: Collection[int]) -> bytes:
    """Return the payload that names these blocks."""
    return b"".join(_ID.pack(block) for block in blocks)


def read_ids(payload: bytes) -> tuple[int, ...] | None:
    """Return the blocks named, or None for bytes that name none or too many."""
    if not payload or len(payload) % _ID.size or len(payload) > MOST_IDS * _ID.size:
        return None
    return tuple(block for (block,) in _ID.iter_unpack(payload))


def ids_size(blocks: Collection[int]) -> int:
    """Return the size of a message that names so many blocks, in bytes."""
    return ID_BYTES + 36 * (len(blocks) - 1)
