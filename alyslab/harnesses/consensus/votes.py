"""What an authority has signed, on its disk before it is sent: so that no crash makes it sign twice.

V1 keeps no such record and signs whatever candidate comes; then an authority
that restarts within a slot may sign two blocks for it.  A record has 64 bytes
in a ring of a thousand, each with its own checksum, so that a torn write
costs the record that was being written and no other.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from alyslab.harnesses.consensus.defects import Defects
from alyslab.runtime.disk import Disk

FILE: Final = "votes"
RECORD_BYTES: Final = 64
RECORDS: Final = 1_024
_BODY: Final = struct.Struct(">QQQ32s")
_CHECK_BYTES: Final = RECORD_BYTES - _BODY.size


@dataclass(frozen=True, slots=True)
class Vote:
    """One signature that was given."""

    height: int
    slot: int
    root: bytes


class VoteBook:
    """The votes of one authority; see :meth:`may_sign`.

    Parameters
    ----------
    disk
        Where they are kept.
    defects
        What is planted.
    """

    def __init__(self, disk: Disk, defects: Defects) -> None:
        self._disk = disk
        self._synced = not defects.vote_not_synced
        self._careless: bool = defects.votes_not_consulted
        self._count = 0
        self._by_slot: dict[int, bytes] = {}
        self._slots: dict[int, int] = {}  # by height: the highest slot signed there

    @property
    def count(self) -> int:
        """How many votes were ever written."""
        return self._count

    async def recover(self) -> int:
        """Read the votes back and return how many there are; records that were torn are left out."""
        if FILE not in self._disk.files():
            return 0
        content = await self._disk.read(FILE)
        found: dict[int, Vote] = {}
        for start in range(0, len(content) - RECORD_BYTES + 1, RECORD_BYTES):
            vote = _read(content[start : start + RECORD_BYTES])
            if vote is not None:
                found[vote[0]] = vote[1]
        for number in sorted(found):
            self._remember(found[number])
        self._count = max(found, default=-1) + 1
        return len(found)

    def may_sign(self, height: int, slot: int, root: bytes) -> bool:
        """Return whether signing keeps the promise: one root a slot, and later slots only at a height."""
        if self._careless:
            return True
        signed = self._by_slot.get(slot)
        if signed is not None:
            return signed == root
        return slot > self._slots.get(height, -1)

    def may_write(self, height: int, slot: int) -> bool:
        """Return whether a block that is not written yet may be signed."""
        return self._careless or (slot not in self._by_slot and slot > self._slots.get(height, -1))

    async def write(self, vote: Vote) -> None:
        """Keep a vote; when this returns it survives a crash, and may be sent."""
        if self._by_slot.get(vote.slot) == vote.root:
            return
        number, self._count = self._count, self._count + 1
        self._remember(vote)
        await self._disk.write(FILE, _written(number, vote), offset=number % RECORDS * RECORD_BYTES)
        if self._synced:
            await self._disk.sync(FILE)

    def _remember(self, vote: Vote) -> None:
        self._by_slot[vote.slot] = vote.root
        self._slots[vote.height] = max(vote.slot, self._slots.get(vote.height, -1))
        if len(self._by_slot) > RECORDS:
            del self._by_slot[next(iter(self._by_slot))]
        if len(self._slots) > RECORDS:
            del self._slots[next(iter(self._slots))]


def _written(number: int, vote: Vote) -> bytes:
    body = _BODY.pack(number, vote.height, vote.slot, vote.root)
    return body + sha256(body).digest()[:_CHECK_BYTES]


def _read(record: bytes) -> tuple[int, Vote] | None:
    body = record[: _BODY.size]
    if sha256(body).digest()[:_CHECK_BYTES] != record[_BODY.size :]:
        return None
    number, height, slot, root = _BODY.unpack(body)
    return number, Vote(height, slot, root)
