"""The log's format: a header, then records with length and checksum, which goes on over all of them.

A record is its length (four bytes, little-endian), its checksum (CRC-32, four
bytes), its kind (one byte) and its content.  The checksum goes on from the
one before, so a record that was written to the wrong place, or that is left
from before a repair, does not fit where it stands.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from enum import IntEnum
from typing import Final, NamedTuple

from alyslab.model.finality import PowPointer

MAGIC: Final = b"ALYSLOG"
VERSION: Final = 2
_HEAD: Final = struct.Struct("<7sB32s")
HEADER_BYTES: Final = _HEAD.size + 4
"""Magic, version, the root of the genesis, which stands for the spec, and the checksum of these.

Every version begins like this, so that one that is not known can be told from one that is damaged.
"""
_FRAME: Final = struct.Struct("<IIB")
_COMMIT: Final = struct.Struct("<Q32sQIQ")
_SESSION: Final = struct.Struct("<I")
CONTENT_MOST: Final = 1 << 24
"""Longest content that is looked at: that of the longest block."""


class Kind(IntEnum):
    """What a record holds."""

    SESSION = 1
    """The log was opened for writing: the number of the session."""
    BLOCK = 2
    """A signed block in canonical bytes; it counts once a commit follows."""
    COMMIT = 3
    """The head and the pointer to the latest proof of work; a lower head is a rollback."""


class Commit(NamedTuple):
    """What the chain is from here on."""

    height: int
    root: bytes
    pow: PowPointer

    def pack(self) -> bytes:
        """Return the record's content."""
        pointer = self.pow
        return _COMMIT.pack(self.height, self.root, pointer.height, pointer.bits, pointer.finalised_height)

    @classmethod
    def unpack(cls, content: bytes) -> Commit | None:
        """Return the commit that the content is, None if it is none."""
        if len(content) != _COMMIT.size:
            return None
        height, root, pow_height, bits, finalised = _COMMIT.unpack(content)
        return cls(height, root, PowPointer(height=pow_height, bits=bits, finalised_height=finalised))


class Record(NamedTuple):
    """A record that was read, with where it ends."""

    kind: Kind
    content: bytes
    end: int
    """Offset of the byte after it."""
    checksum: int
    """To go on from."""


def header(genesis_root: bytes, version: int = VERSION) -> bytes:
    """Return what a log begins with."""
    head = _HEAD.pack(MAGIC, version, genesis_root)
    return head + zlib.crc32(head).to_bytes(4, "little")


def read_header(log: bytes) -> tuple[int, bytes] | None:
    """Return the version and the genesis root that a log names; None for a header that is none."""
    head, check = log[: _HEAD.size], log[_HEAD.size : HEADER_BYTES]
    if len(check) < HEADER_BYTES - _HEAD.size or zlib.crc32(head).to_bytes(4, "little") != check:
        return None
    magic, version, genesis_root = _HEAD.unpack(head)
    return (version, genesis_root) if magic == MAGIC else None


def session(number: int) -> bytes:
    """Return the content of a session record."""
    return _SESSION.pack(number)


def frame(kind: Kind, content: bytes, checksum: int) -> tuple[bytes, int]:
    """Return a record's bytes, and the checksum to go on from."""
    checksum = zlib.crc32(content, zlib.crc32(bytes((kind,)), checksum))
    return _FRAME.pack(len(content), checksum, kind) + content, checksum


def read(log: bytes, offset: int, checksum: int) -> Iterator[Record]:
    """Yield the records from ``offset`` on for as long as they are good."""
    while offset + _FRAME.size <= len(log):
        length, expected, number = _FRAME.unpack_from(log, offset)
        start = offset + _FRAME.size
        content = log[start : start + length]
        if length > CONTENT_MOST or len(content) < length or number not in _KINDS:
            return
        found = zlib.crc32(content, zlib.crc32(bytes((number,)), checksum))
        if found != expected:
            return
        offset, checksum = start + length, found
        yield Record(Kind(number), content, offset, checksum)


_KINDS: Final = frozenset(int(kind) for kind in Kind)
