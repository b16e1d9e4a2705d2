"""Peers that lie, stall or talk nonsense: servers whose answers are changed on the way out.

What they are caught at: false heights by empty ranges, foreign and broken
blocks by validation, nonsense by the readers of the protocol, silence by
time-outs, false checkpoints by the own blocks once the chain has come so far.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random
from types import MappingProxyType
from typing import Any, Final

from alyslab.errors import ParameterError, Problem
from alyslab.harnesses.network.endpoint import Endpoint, Message
from alyslab.harnesses.sync import codec, protocol
from alyslab.harnesses.sync.errors import ProtocolError
from alyslab.harnesses.sync.server import BlockSource, SyncServer
from alyslab.runtime import Node
from alyslab.wording import meant

SLOW_S: Final = 20.0
"""What a slow peer takes: longer than the wait for a second peer, shorter than the time-out."""
LIE_BLOCKS: Final = 1_000
"""How much higher a lying peer claims to be."""


class HostileServer(SyncServer):
    """A server that misbehaves in one way.

    Parameters
    ----------
    behaviour
        A key of :data:`BEHAVIOURS`; ``honest`` is none.
    node
        Whose random stream and tasks it uses.

    Raises
    ------
    ParameterError
        For a behaviour that does not exist.
    """

    def __init__(
        self, endpoint: Endpoint, source: BlockSource, *, node: Node, behaviour: str, **options: Any
    ) -> None:
        super().__init__(endpoint, source, **options)
        if behaviour not in BEHAVIOURS:
            what = f"no behaviour is named {behaviour!r}"
            allowed = meant(behaviour, BEHAVIOURS, otherwise=", ".join(BEHAVIOURS))
            raise ParameterError(
                Problem(where="peer", key="behaviour", what=what, value=behaviour, allowed=allowed)
            )
        self._node = node
        self._change = BEHAVIOURS[behaviour]
        self._slow = behaviour == "slow"

    def answer(self, topic: str, payload: bytes) -> bytes | None:
        """Return the honest answer, changed."""
        honest = super().answer(topic, payload)
        return honest if honest is None else self._change(topic, payload, honest, self._node.random)

    def reply(self, message: Message, answer: bytes) -> None:
        """Send the answer, now or too late."""
        if self._slow and message.topic == protocol.BLOCKS:
            self.reply_later(message, answer, SLOW_S)
        else:
            super().reply(message, answer)


Change = Callable[[str, bytes, bytes, Random], bytes | None]
"""Topic, request, honest answer and chance; what is sent instead, None for nothing."""


def _honest(_topic: str, _payload: bytes, honest: bytes, _rng: Random) -> bytes | None:
    return honest


def _lying_height(topic: str, _payload: bytes, honest: bytes, rng: Random) -> bytes | None:
    if topic != protocol.STATUS:
        return honest
    status = protocol.read_status(honest)
    return protocol.write_status(replace(status, height=status.height + LIE_BLOCKS, root=rng.randbytes(32)))


def _garbage(_topic: str, _payload: bytes, honest: bytes, rng: Random) -> bytes | None:
    return rng.randbytes(rng.randrange(1, 2 * len(honest) + 2))


def _forged(topic: str, payload: bytes, honest: bytes, rng: Random) -> bytes | None:
    """Take the signature off one block of the range."""
    if topic != protocol.BLOCKS:
        return honest
    try:
        blocks = protocol.read_blocks(honest, protocol.read_range(payload))
    except ProtocolError:
        return honest
    if not blocks:
        return honest
    at = rng.randrange(len(blocks))
    blocks[at] = replace(blocks[at], signature=replace(blocks[at].signature, point=bytes(96)))
    return protocol.write_blocks(codec.encode(signed) for signed in blocks)


def _flipped(topic: str, _payload: bytes, honest: bytes, rng: Random) -> bytes | None:
    """Turn over one bit of the blocks sent."""
    if topic != protocol.BLOCKS or not honest:
        return honest
    changed = bytearray(honest)
    changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _empty(topic: str, _payload: bytes, honest: bytes, _rng: Random) -> bytes | None:
    return b"" if topic == protocol.BLOCKS else honest


def _cut_off(topic: str, _payload: bytes, honest: bytes, rng: Random) -> bytes | None:
    return honest[: rng.randrange(len(honest))] if topic == protocol.BLOCKS and honest else honest


def _doubled(topic: str, _payload: bytes, honest: bytes, _rng: Random) -> bytes | None:
    return honest + honest if topic == protocol.BLOCKS else honest


def _silent(topic: str, _payload: bytes, honest: bytes, _rng: Random) -> bytes | None:
    return None if topic == protocol.BLOCKS else honest


def _refusing(topic: str, _payload: bytes, honest: bytes, _rng: Random) -> bytes | None:
    return protocol.refusal(protocol.INVALID_REQUEST) if topic == protocol.BLOCKS else honest


def _false_checkpoint(topic: str, _payload: bytes, honest: bytes, rng: Random) -> bytes | None:
    if topic != protocol.CHECKPOINT:
        return honest
    return protocol.write_anchor(replace(protocol.read_anchor(honest), state_root=rng.randbytes(32)))


def _other_chain(topic: str, _payload: bytes, honest: bytes, _rng: Random) -> bytes | None:
    if topic != protocol.STATUS:
        return honest
    return protocol.write_status(replace(protocol.read_status(honest), genesis=bytes(32)))


def _mutated(_topic: str, _payload: bytes, honest: bytes, rng: Random) -> bytes | None:
    """Change, insert, drop or repeat some bytes of any answer, so that it stays near the truth."""
    changed = bytearray(honest)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(changed) + 1)
        end = min(len(changed), at + rng.randrange(1, 33))
        piece = rng.choice([b"", rng.randbytes(end - at), bytes(changed[at:end]) * 2, rng.randbytes(4)])
        changed[at:end] = piece
    return bytes(changed)


BEHAVIOURS: Final[Mapping[str, Change]] = MappingProxyType(
    {
        "honest": _honest,
        "lying_height": _lying_height,
        "garbage": _garbage,
        "forged": _forged,
        "flipped": _flipped,
        "empty": _empty,
        "cut_off": _cut_off,
        "doubled": _doubled,
        "silent": _silent,
        "refusing": _refusing,
        "slow": _honest,
        "false_checkpoint": _false_checkpoint,
        "other_chain": _other_chain,
        "mutated": _mutated,
    }
)
"""What a peer may do instead of being honest."""
HOSTILE: Final = tuple(name for name in BEHAVIOURS if name != "honest")
USELESS: Final = frozenset({"garbage", "other_chain"})
"""Behaviours by which every answer, a status too, is a failure."""
