"""A checkpoint's manifest: what it says of the state beside it, and how it is read and written."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

from alyslab.harnesses.sync.errors import CheckpointError
from alyslab.model.encoding import Record, Uint, decode, fixed, pack
from alyslab.model.errors import EncodingError

VERSION: Final = 1
_LENGTH: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What a manifest says."""

    version: int
    genesis: bytes
    """Root of the genesis block, which stands for the spec."""
    height: int
    root: bytes
    """Root of the block at this height."""
    state_root: bytes
    pow_height: int
    """Height of the latest block with proof of work."""
    finalised_height: int
    state_bytes: int
    """Length of the state's file."""
    state_checksum: int
    """CRC-32 of the state's file."""


MANIFEST: Final = Record(
    Checkpoint,
    version=Uint(16),
    genesis=fixed(32),
    height=Uint(),
    root=fixed(32),
    state_root=fixed(32),
    pow_height=Uint(),
    finalised_height=Uint(),
    state_bytes=Uint(32),
    state_checksum=Uint(32),
)


def write_manifest(checkpoint: Checkpoint) -> bytes:
    """Return the manifest's file: length, content, CRC-32."""
    content = pack(MANIFEST.pack(checkpoint))
    return len(content).to_bytes(_LENGTH, "little") + content + _checksum(content)


def read_manifest(data: bytes, directory: str, genesis: bytes) -> Checkpoint:
    """Return what a manifest's file says; bytes behind its checksum do not count.

    Parameters
    ----------
    directory
        Where it stands, for the error.
    genesis
        Root of the genesis block that it must name.

    Raises
    ------
    CheckpointError
        ``manifest_damaged``, ``manifest_unreadable``, ``unknown_version``, ``other_spec``.
    """
    length = int.from_bytes(data[:_LENGTH], "little")
    content, check = data[_LENGTH : _LENGTH + length], data[_LENGTH + length : _LENGTH + length + 4]
    if len(data) < _LENGTH or len(content) < length or _checksum(content) != check:
        raise CheckpointError("manifest_damaged", directory=directory, bytes=len(data))
    try:
        checkpoint: Checkpoint = decode(MANIFEST, content, "checkpoint")
    except EncodingError as error:
        raise CheckpointError("manifest_unreadable", directory=directory, reason=str(error)) from None
    if checkpoint.version != VERSION:
        raise CheckpointError(
            "unknown_version", directory=directory, version=checkpoint.version, known=VERSION
        )
    if checkpoint.genesis != genesis:
        raise CheckpointError("other_spec", directory=directory, genesis=checkpoint.genesis)
    return checkpoint


def _checksum(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(4, "little")
