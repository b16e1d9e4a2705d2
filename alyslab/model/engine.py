"""The calls that a node makes to its execution layer, in the order in which it makes them.

The model runs payloads itself (:mod:`alyslab.model.execution`); whoever
speaks to a real engine, or plays one, needs the calls.

Source: alys-system.md §1, "process_block order" (forkchoiceUpdated(parent),
newPayload, forkchoiceUpdated(head)) and "Halt/finality" (EL finalized and safe
are set accordingly); §6, "Engine".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from alyslab.model.chain import Chain
from alyslab.model.hashing import ZERO_HASH
from alyslab.model.payload import Payload

Method = Literal["forkchoiceUpdated", "getPayload", "newPayload"]


class Heads(NamedTuple):
    """What ``forkchoiceUpdated`` tells: block hashes of the execution layer, not consensus roots."""

    head: bytes
    """Hash of the payload to build on."""
    safe: bytes
    """Hash of the last finalised payload; zeros before the first proof of work."""
    finalised: bytes
    """The same: V1 knows no safety but finality."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineCall:
    """One call of the engine interface."""

    method: Method
    """Its name, without prefix and version."""
    heads: Heads | None = None
    """What ``forkchoiceUpdated`` carries."""
    payload: Payload | None = None
    """What ``newPayload`` carries."""
    attributes: bool = False
    """Whether ``forkchoiceUpdated`` also asks for a payload to be built."""


def heads_of(chain: Chain, height: int | None = None) -> Heads:
    """Return what the execution layer is told with the block at ``height`` as head, the head's if None."""
    place = chain.height if height is None else height
    finalised = chain.finalised_height
    hash_ = chain.records[finalised].block.payload.block_hash if finalised else ZERO_HASH
    return Heads(chain.records[place].block.payload.block_hash, hash_, hash_)


def import_calls(chain: Chain) -> tuple[EngineCall, ...]:
    """Return the calls by which the chain's head was imported: parent, payload, head.

    The first is told the finality of before, the last that of after.  The
    genesis takes none.
    """
    if chain.height == 0:
        return ()
    record = chain.records[-1]
    finalised = record.pow_before.finalised_height
    before = chain.records[finalised].block.payload.block_hash if finalised else ZERO_HASH
    parent = Heads(chain.records[-2].block.payload.block_hash, before, before)
    return (
        EngineCall(method="forkchoiceUpdated", heads=parent),
        EngineCall(method="newPayload", payload=record.block.payload),
        EngineCall(method="forkchoiceUpdated", heads=heads_of(chain)),
    )


def build_calls(chain: Chain) -> tuple[EngineCall, ...]:
    """Return the calls by which a producer gets a payload on the head."""
    return (
        EngineCall(method="forkchoiceUpdated", heads=heads_of(chain), attributes=True),
        EngineCall(method="getPayload"),
    )
