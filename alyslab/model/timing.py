"""How long each block takes to validate, by a clock that is handed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from alyslab.model.block import SignedBlock
from alyslab.model.chain import Chain


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockTiming:
    """How long one block took."""

    height: int
    """Its height."""
    size_bytes: int
    """Canonical bytes of the block without its signature."""
    transactions: int
    """How many it carries."""
    validation_s: float
    """From the call of import to its return, in seconds of the clock; for a batch, its share of the batch."""


def timing_of(signed: SignedBlock, validation_s: float) -> BlockTiming:
    """Return the block's row."""
    return BlockTiming(
        height=signed.block.height,
        size_bytes=len(signed.block.encoded),
        transactions=len(signed.block.payload.transactions),
        validation_s=validation_s,
    )


def validation_rate(
    node: Chain, blocks: Sequence[SignedBlock], clock: Callable[[], float], *, batch: int = 1
) -> Iterator[BlockTiming]:
    """Import blocks and yield what each took by ``clock`` (seconds); signatures in batches above 1."""
    slot_ms = node.spec.slot_ms
    for start in range(0, len(blocks), batch):
        part = blocks[start : start + batch]
        now_ms = part[-1].block.slot * slot_ms
        began = clock()
        if batch == 1:
            node.import_block(part[0], now_ms)
        else:
            node.import_batch(part, now_ms)
        share_s = (clock() - began) / len(part)
        yield from (timing_of(signed, share_s) for signed in part)


def unsigned_rate(
    node: Chain, blocks: Sequence[SignedBlock], clock: Callable[[], float]
) -> Iterator[BlockTiming]:
    """Import blocks without looking at their signatures and yield what each took."""
    for signed in blocks:
        began = clock()
        node.import_unsigned(signed, signed.block.slot * node.spec.slot_ms)
        yield timing_of(signed, clock() - began)
