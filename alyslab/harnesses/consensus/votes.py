"""What an authority has signed, on its disk before it is sent: so that no crash makes it sign twice.

V1 keeps no such record and signs whatever candidate comes; then an authority
that restarts within a slot may sign two blocks for it.  A record has 64 bytes
in a ring of a thousand, each with its own number and checksum, so that a torn
write costs the record that was being written and no other.

A disk may also forget what it had taken: bits rot, a write lands on another
record, the machine comes back with an empty disk.  All but the last shows, as
a record that is none, stands elsewhere or is missing between others; an empty
disk shows by the time, since a member that never signed is new.  Whoever has
lost votes does not know what it has signed, and signs nothing until every slot
that it may have signed for has passed.  That promise is a record too.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from alyslab.errors import DiskError
from alyslab.harnesses.consensus.defects import Defects
from alyslab.harnesses.consensus.sites import VOTES_UNREADABLE
from alyslab.runtime.disk import Disk
from alyslab.runtime.sites import site

FILE: Final = "votes"
RECORD_BYTES: Final = 64
RECORDS: Final = 1_024
GRACE_SLOTS: Final = 4
"""From the genesis on, for so long an empty disk is that of a new chain."""
ABSTAIN_SLOTS: Final = 8
"""For so long a member that lost votes signs nothing: a vote is at most one slot ahead of its clock, and
its clock may have been ahead of the true time."""
_BODY: Final = struct.Struct(">QQQ32s")
_CHECK_BYTES: Final = RECORD_BYTES - _BODY.size
_ABSTAINS: Final = b"\xff" * 32
"""Root of a record that is no vote: nothing is signed up to its slot."""


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
        self._forgetful: bool = defects.lost_votes_unnoticed
        self._count = 0
        self._by_slot: dict[int, bytes] = {}
        self._slots: dict[int, int] = {}  # by height: the highest slot signed there
        self.abstains_until = -1
        """Nothing is signed for slots up to this one; -1 for no such promise."""

    @property
    def count(self) -> int:
        """How many records were ever written."""
        return self._count

    @property
    def highest(self) -> int:
        """The greatest height of a block that was signed; 0 before the first."""
        return max(self._slots, default=0)

    async def recover(self, slot: int, first_slot: int) -> int:
        """Read the votes back and return how many there are; raises :class:`DiskError` if the disk fails.

        Parameters
        ----------
        slot, first_slot
            The present one, and the first of the chain.
        """
        if FILE not in self._disk.files():
            if slot > first_slot + GRACE_SLOTS:
                await self._abstain([], slot)
            return 0
        if site(VOTES_UNREADABLE):
            raise DiskError(f"{FILE} can't be read at this moment")
        found, whole = _scan(await self._disk.read(FILE))
        records = [found[number] for number in sorted(found)]
        for record in records:
            self._remember(record)
        self._count = max(found, default=-1) + 1
        if not whole and not self._forgetful:
            await self._abstain(records, slot)
        return sum(record.root != _ABSTAINS for record in records)

    def may_sign(self, height: int, slot: int, root: bytes) -> bool:
        """Return whether signing keeps the promise: one root a slot, and later slots only at a height."""
        if self._careless:
            return True
        signed = self._by_slot.get(slot)
        if signed is not None:
            return signed == root
        return slot > self.abstains_until and slot > self._slots.get(height, -1)

    def may_write(self, height: int, slot: int) -> bool:
        """Return whether a block that is not written yet may be signed."""
        if self._careless:
            return True
        later = slot > self.abstains_until and slot > self._slots.get(height, -1)
        return later and slot not in self._by_slot

    async def write(self, vote: Vote) -> None:
        """Keep a vote; when this returns it survives a crash, and may be sent.

        Raises :class:`DiskError` if the disk fails: then nothing may be sent.
        """
        if self._by_slot.get(vote.slot) == vote.root:
            return
        number, self._count = self._count, self._count + 1
        self._remember(vote)
        await self._disk.write(FILE, _written(number, vote), offset=number % RECORDS * RECORD_BYTES)
        if self._synced:
            await self._disk.sync(FILE)

    async def _abstain(self, kept: Iterable[Vote], slot: int) -> None:
        """Promise to sign nothing for a while, and write that, with what is left of the votes, anew."""
        known = [vote.slot for vote in kept]
        promise = Vote(0, max(slot, *known) + ABSTAIN_SLOTS if known else slot + ABSTAIN_SLOTS, _ABSTAINS)
        self._remember(promise)
        records = [*kept, promise][-RECORDS:]
        self._count = len(records)
        content = b"".join(_written(number, vote) for number, vote in enumerate(records))
        await self._disk.write(FILE, content.ljust(RECORDS * RECORD_BYTES, b"\0"), offset=0)
        await self._disk.sync(FILE)

    def _remember(self, vote: Vote) -> None:
        if vote.root == _ABSTAINS:
            self.abstains_until = max(self.abstains_until, vote.slot)
            return
        self._by_slot[vote.slot] = vote.root
        self._slots[vote.height] = max(vote.slot, self._slots.get(vote.height, -1))
        if len(self._by_slot) > RECORDS:
            del self._by_slot[next(iter(self._by_slot))]
        if len(self._slots) > RECORDS:
            del self._slots[next(iter(self._slots))]


def _written(number: int, vote: Vote) -> bytes:
    body = _BODY.pack(number, vote.height, vote.slot, vote.root)
    return body + sha256(body).digest()[:_CHECK_BYTES]


def _scan(content: bytes) -> tuple[dict[int, Vote], bool]:
    """Return the records that are good, by number, and whether none is damaged, misplaced or missing."""
    found: dict[int, Vote] = {}
    whole = not content[len(content) // RECORD_BYTES * RECORD_BYTES :].strip(b"\0")
    for place, start in enumerate(range(0, len(content) - RECORD_BYTES + 1, RECORD_BYTES)):
        record = content[start : start + RECORD_BYTES]
        read = _read(record)
        if read is None:
            whole = whole and not record.strip(b"\0")
        elif read[0] % RECORDS != place:
            whole = False
        else:
            found[read[0]] = read[1]
    count = max(found, default=-1) + 1
    return found, whole and all(number in found for number in range(max(0, count - RECORDS), count))


def _read(record: bytes) -> tuple[int, Vote] | None:
    body = record[: _BODY.size]
    if sha256(body).digest()[:_CHECK_BYTES] != record[_BODY.size :]:
        return None
    number, height, slot, root = _BODY.unpack(body)
    return number, Vote(height, slot, root)
