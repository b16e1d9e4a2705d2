"""What a replica keeps: the newest version of each key, in memory and in a log on its disk.

A record has a fixed size above a sector's, so that a crash can tear it, and a
check sum.  A record that never became durable ends in zeros, and was never
acknowledged; any other that can't be read means that something acknowledged may
be lost: the shelf is *damaged*, and says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple
from zlib import crc32

from alyslab.errors import DiskError
from alyslab.runtime.disk import SECTOR_BYTES

if TYPE_CHECKING:
    from alyslab.chaos.quorum.defects import Defects
    from alyslab.runtime import Node

LOG: Final = "log"
RECORD_BYTES: Final = 640
TAIL_BYTES: Final = RECORD_BYTES - SECTOR_BYTES
"""What is missing of a record when only its first sector arrived."""
RETRY_S: Final = 0.05
"""How long to wait before a disk that refused to read is asked again, in s."""
HEADER: Final = "header"


class Version(NamedTuple):
    """One version of a value; a greater one is newer."""

    number: int
    writer: str
    value: int


NOTHING: Final = Version(0, "", 0)


class Shelf:
    """The versions that one replica has.

    Parameters
    ----------
    node
        Whose disk.
    defects
        The bugs that are on.
    """

    def __init__(self, node: Node, defects: Defects) -> None:
        self._node = node
        self._defects = defects
        self._end = 0
        self.versions: dict[str, Version] = {}
        self.damaged = False
        """Whether something acknowledged may be missing."""

    async def open(self) -> None:
        """Read the log, or begin one; keeps asking a disk that refuses.  Sets :attr:`damaged`."""
        raw = await self._read()
        self._end = -(-len(raw) // RECORD_BYTES) * RECORD_BYTES
        records = [raw[at : at + RECORD_BYTES] for at in range(0, len(raw), RECORD_BYTES)]
        if not self._defects.checksum_ignored:
            records = [record for record in records if not _unfinished(record)]
        found = [_decoded(record, trusting=self._defects.checksum_ignored) for record in records]
        for entry in found:
            if entry is not None and entry[0] != HEADER:
                self._take(entry[0], entry[1])
        first_boot = self._node.incarnation == 0
        self.damaged = None in found or (not found and not first_boot)
        if self._defects.checksum_ignored:
            self.damaged = False
        if not found:
            while not await self._append(HEADER, NOTHING):
                await self._node.sleep(RETRY_S)

    async def put(self, key: str, version: Version) -> bool:
        """Keep a version, durably; returns whether it may be acknowledged."""
        old = self.versions.get(key, NOTHING)
        if version <= old and not self._defects.stale_overwrites:
            return True
        kept = await self._append(key, version)
        if kept:
            self._take(key, version, anyway=self._defects.stale_overwrites)
        return kept

    def get(self, key: str) -> Version:
        """Return the newest version of a key; :data:`NOTHING` if there is none."""
        return self.versions.get(key, NOTHING)

    def newer_than(self, others: Mapping[str, int]) -> dict[str, Version]:
        """Return what is newer here than the version numbers of another replica."""
        return {key: version for key, version in self.versions.items() if version.number > others.get(key, 0)}

    def _take(self, key: str, version: Version, *, anyway: bool = False) -> None:
        if anyway or version > self.versions.get(key, NOTHING):
            self.versions[key] = version

    async def _append(self, key: str, version: Version) -> bool:
        at, self._end = self._end, self._end + RECORD_BYTES
        try:
            await self._node.disk.write(LOG, _encoded(key, version), offset=at)
            if key == HEADER or not self._defects.acks_before_sync:
                await self._node.disk.sync(LOG)
        except DiskError:
            return bool(self._defects.disk_error_swallowed)
        return True

    async def _read(self) -> bytes:
        while LOG in self._node.disk.files():
            try:
                return await self._node.disk.read(LOG)
            except DiskError:
                await self._node.sleep(RETRY_S)
        return b""


def _encoded(key: str, version: Version) -> bytes:
    body = json.dumps([key, *version]).encode().ljust(RECORD_BYTES - 4)
    return crc32(body).to_bytes(4, "big") + body


def _unfinished(record: bytes) -> bool:
    """Return whether a record did not arrive, or only its first sectors."""
    return len(record) < RECORD_BYTES or record.endswith(bytes(TAIL_BYTES))


def _decoded(record: bytes, *, trusting: bool) -> tuple[str, Version] | None:
    """Return the key and version of a record; None if it is damaged."""
    if not trusting and crc32(record[4:]) != int.from_bytes(record[:4], "big"):
        return None
    try:
        # Only what a record begins with is looked at; the rest of it is filling.
        fields, _ = json.JSONDecoder().raw_decode(record[4:].decode(errors="replace"))
        key, number, writer, value = fields
        if type(key) is str and type(number) is int and type(writer) is str and type(value) is int:
            return key, Version(number, writer, value)
    except (ValueError, TypeError):
        pass
    return None
