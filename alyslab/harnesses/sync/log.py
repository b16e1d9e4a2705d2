"""A chain's log on the disk: opened, repaired, appended to; what it says of the chain is the store's matter.

What stands behind the last good commit is copied to a file of its own before
anything is written over it.  A header that is damaged is written anew, since
every commit proves itself; one that names another version or another genesis
is refused, and nothing is touched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from alyslab.errors import DiskError
from alyslab.harnesses.sync import records
from alyslab.harnesses.sync.errors import StoreError
from alyslab.harnesses.sync.records import Commit, Kind
from alyslab.runtime.disk import Disk
from alyslab.runtime.sites import planted, register_planted, register_site, site

LOG: Final = "chain/log"
LOST: Final = "chain/lost/"
"""Where what a repair takes out of the log is kept, by number."""
NOT_SYNCED: Final = register_planted(
    "sync.store_not_synced", "blocks are written to the disk and not synced before the chain goes on"
)
LATE_SYNC: Final = register_site(
    "sync.late_sync", "a while passes between a write of the chain's log and its sync"
)
LATE_SYNC_S: Final = 0.3
OPEN_FAILS: Final = register_site("sync.open_fails", "the disk refuses to read the chain's log at a start")
Cause = Literal["new", "clean", "uncommitted", "damaged"]
Take = Callable[[Commit, Sequence[bytes]], bool]
"""Makes a commit with its blocks the head; False if it contradicts them, and the log ends before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What opening the log found."""

    height: int
    """Height of the last good commit."""
    cause: Cause
    """``uncommitted``: good blocks without a commit at the end; ``damaged``: bytes that are no record."""
    lost_bytes: int
    """Bytes behind the last good commit."""
    kept_as: str
    """File that they, or with a damaged header the whole log, were copied to; empty if there were none."""


class ChainLog:
    """The log of one node.

    Parameters
    ----------
    disk
        Where it is.
    genesis_root
        Root of the genesis block that its header must name.
    """

    def __init__(self, disk: Disk, genesis_root: bytes) -> None:
        self._disk = disk
        self._genesis_root = genesis_root
        self._checksum = 0
        self.size_bytes = 0
        """Bytes that count."""

    async def open(self, take: Take, *, repair: bool = True) -> tuple[Cause, int, str]:
        """Read the log, or begin a new one; return what was found, the bytes lost, and their copy.

        Raises
        ------
        StoreError
            For a log of another version or another spec, and without
            ``repair`` for one that is damaged.  The disk is as it was then.
        DiskError
            If the disk fails.
        """
        if site(OPEN_FAILS):
            raise DiskError(f"{LOG} can't be read at this moment")
        log = await self._disk.read(LOG) if LOG in self._disk.files() else b""
        if not log.strip(b"\0"):
            await self._begin()
            return "new", 0, ""
        whole = self._header_is_whole(log, repair)
        sessions, readable = self._replay(log, take)
        lost = log[self.size_bytes :].rstrip(b"\0")
        if (lost or not whole) and not repair:
            raise StoreError("damaged", offset=self.size_bytes if whole else 0, bytes=len(lost))
        kept_as = await self._keep(lost if whole else log) if lost or not whole else ""
        if not whole:
            await self._disk.write(LOG, records.header(self._genesis_root), offset=0)
        await self._write(self._framed([(Kind.SESSION, records.session(sessions))]), over=len(lost))
        cause: Cause = (
            "damaged" if not whole else "clean" if not lost else "uncommitted" if readable else "damaged"
        )
        return cause, len(lost), kept_as

    async def append(self, content: Sequence[tuple[Kind, bytes]]) -> int:
        """Write records and sync them; return their bytes.  If the disk fails the log ends where it did."""
        data = self._framed(content)
        await self._write(data)
        return len(data[0])

    # --- helpers -------------------------------------------------------------------------------

    async def _begin(self) -> None:
        head = records.header(self._genesis_root)
        data, checksum = self._framed([(Kind.SESSION, records.session(0))])
        await self._write((head + data, checksum))

    async def _keep(self, lost: bytes) -> str:
        number = sum(file.startswith(LOST) for file in self._disk.files())
        kept_as = f"{LOST}{number}"
        await self._disk.write(kept_as, lost, offset=0)
        await self._disk.sync(kept_as)
        return kept_as

    def _header_is_whole(self, log: bytes, repair: bool) -> bool:
        found = records.read_header(log)
        if found is None:
            if len(log) < records.HEADER_BYTES and not repair:
                raise StoreError("header_cut_off", bytes=len(log), expected=records.HEADER_BYTES)
            return False
        version, genesis_root = found
        if version != records.VERSION:
            raise StoreError("unknown_version", version=version, known=records.VERSION)
        if genesis_root != self._genesis_root:
            raise StoreError("other_spec", genesis=genesis_root, expected=self._genesis_root)
        return True

    def _replay(self, log: bytes, take: Take) -> tuple[int, bool]:
        """Take records up to the last good commit; return the next session, and whether all is readable."""
        self.size_bytes = read_to = records.HEADER_BYTES
        sessions, frames = 0, list[bytes]()
        for record in records.read(log, self.size_bytes, 0):
            read_to = record.end
            if record.kind is Kind.BLOCK:
                frames.append(record.content)
                continue
            if record.kind is Kind.SESSION:
                sessions += 1
            else:
                commit = Commit.unpack(record.content)
                if commit is None or not take(commit, frames):
                    break
            frames = []
            self.size_bytes, self._checksum = record.end, record.checksum
        return sessions, read_to >= len(log.rstrip(b"\0"))

    def _framed(self, content: Sequence[tuple[Kind, bytes]]) -> tuple[bytes, int]:
        """Return the records' bytes, and the checksum to go on from."""
        pieces, checksum = [], self._checksum
        for kind, part in content:
            piece, checksum = records.frame(kind, part, checksum)
            pieces.append(piece)
        return b"".join(pieces), checksum

    async def _write(self, framed: tuple[bytes, int], *, over: int = 0) -> None:
        """Write at the log's end, zeros over what is left of ``over`` bytes, and sync."""
        data, checksum = framed
        await self._disk.write(LOG, data.ljust(over, b"\0"), offset=self.size_bytes)
        if site(LATE_SYNC):
            await asyncio.sleep(LATE_SYNC_S)
        if not planted(NOT_SYNCED):
            await self._disk.sync(LOG)
        self.size_bytes += len(data)
        self._checksum = checksum
