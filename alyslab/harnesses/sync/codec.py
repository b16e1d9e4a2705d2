"""Blocks as bytes and back, each block decoded once in a process.

A block is a value: the same bytes always decode to the same block.  A
simulated network of many nodes decodes each block many times over, so what was
decoded, or encoded, is kept by its bytes.  Bytes that were never seen, such as
those of a hostile peer, are decoded in full.
"""

from __future__ import annotations

from typing import Final

from alyslab.model.block import SignedBlock, decode_signed_block

KEPT_MOST: Final = 1 << 16
"""Blocks that are kept; when there are more, all are forgotten at once."""

_kept: dict[bytes, SignedBlock] = {}


def decode(frame: bytes) -> SignedBlock:
    """Return the block that the bytes encode; raises :class:`EncodingError` for any other bytes."""
    block = _kept.get(frame)
    if block is None:
        block = decode_signed_block(frame)
        _keep(bytes(frame), block)
    return block


def encode(block: SignedBlock) -> bytes:
    """Return the canonical bytes of the block."""
    frame = block.encode()
    if frame not in _kept:
        _keep(frame, block)
    return frame


def forget() -> None:
    """Forget every block: for measurements of what decoding costs."""
    _kept.clear()


def _keep(frame: bytes, block: SignedBlock) -> None:
    if len(_kept) >= KEPT_MOST:
        _kept.clear()
    _kept[frame] = block
