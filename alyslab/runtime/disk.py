"""A simulated disk: what was not synced may not survive.

A write is *pending* until its file is synced, and *durable* after.  Reads see
both.  When the node crashes, each pending write meets its own fate by the
disk's :class:`CrashFaults`: lost, torn (only its first sectors arrive),
misdirected (it arrives at another sector of the file, over what is there), or
after all kept.  While it serves it may fail by its :class:`DiskFaults`, and
what is durable may rot.

Source: the pending and durable states follow turmoil's file system; torn and
misdirected writes TigerBeetle's storage faults.
"""

from __future__ import annotations

import asyncio
import math
import random
from dataclasses import dataclass, replace
from typing import Literal

from alyslab.errors import BadInputError, DiskError, Problem
from alyslab.runtime import disk_faults
from alyslab.runtime.journal import Journal

SECTOR_BYTES = 512
"""What a disk writes at once or not at all."""

Fate = Literal["kept", "lost", "torn", "misdirected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashFaults:
    """What a crash does to a write that was not synced; the ratios' remainder is kept.

    The default is the strictest reading of the contract: all of it is lost.
    """

    lost_ratio: float = 1.0
    torn_ratio: float = 0.0
    misdirected_ratio: float = 0.0

    def __post_init__(self) -> None:
        ratios = (self.lost_ratio, self.torn_ratio, self.misdirected_ratio)
        if not all(0 <= ratio <= 1 for ratio in ratios) or sum(ratios) > 1 + 1e-9:
            raise BadInputError(
                Problem(
                    where="CrashFaults",
                    what="not ratios with a sum of at most 1",
                    value=ratios,
                    allowed="0 to 1 each",
                )
            )

    def draw(self, rng: random.Random) -> Fate:
        """Draw the fate of one write; consumes one number."""
        at = rng.random()
        if at < self.lost_ratio:
            return "lost"
        if at < self.lost_ratio + self.torn_ratio:
            return "torn"
        if at < self.lost_ratio + self.torn_ratio + self.misdirected_ratio:
            return "misdirected"
        return "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskLatency:
    """How long operations take, in virtual milliseconds; 0 does not even yield."""

    read_ms: float = 0.0
    write_ms: float = 0.0
    sync_ms: float = 0.0

    def __post_init__(self) -> None:
        delays = (self.read_ms, self.write_ms, self.sync_ms)
        if not all(0 <= delay < math.inf for delay in delays):
            raise BadInputError(
                Problem(where="DiskLatency", what="not delays", value=delays, allowed="0 or more ms each")
            )


@dataclass(frozen=True, slots=True)
class _Write:
    offset: int
    data: bytes


class Disk:
    """The disk of one node.

    Every write, sync and fate of a pending write is a row of the journal
    (``disk.write``, ``disk.sync``, ``disk.crash``), recorded when it takes
    effect.  What a fault refuses or damages is a row ``disk.fault``.
    """

    def __init__(self, owner: str, journal: Journal, rng: random.Random) -> None:
        self.latency = DiskLatency()
        self.crash_faults = CrashFaults()
        self.faults = disk_faults.NONE
        self._owner = owner
        self._rng = rng
        self._durable: dict[str, bytearray] = {}
        self._pending: dict[str, list[_Write]] = {}
        self._attached = True
        self._wrote = journal.recorder("disk.write", "file", "offset", "bytes")
        self._synced = journal.recorder("disk.sync", "file", "writes")
        self._crashed = journal.recorder("disk.crash", "file", "offset", "bytes", "fate")
        self._journal = journal

    async def write(self, file: str, data: bytes, *, offset: int | None = None) -> None:
        """Write at ``offset`` bytes (default: the end), pending until :meth:`sync`; a gap becomes zeros.

        Raises
        ------
        DiskError
            If the node is down, the offset is negative, the data is no bytes, or a fault refuses it.
        """
        if not isinstance(data, bytes | bytearray | memoryview):
            raise DiskError(f"{self._owner}: {file} takes bytes, not {type(data).__name__}")
        await self._take(self.latency.write_ms)
        at = len(self._view(file)) if offset is None else offset
        if at < 0:
            raise DiskError(f"{self._owner}: {file} can't be written at offset {at}")
        if self.faults is not disk_faults.NONE:
            self._meet_write(file, at + len(data))
        self._pending.setdefault(file, []).append(_Write(at, bytes(data)))
        self._wrote(self._owner, file, at, len(data))

    async def sync(self, file: str) -> None:
        """Make the file's pending writes durable; raises :class:`DiskError` if there is no such file."""
        await self._take(self.latency.sync_ms)
        if file not in self._durable and file not in self._pending:
            raise DiskError(f"{self._owner}: no file {file!r} to sync; there are {self.files()}")
        self._meet("sync", file, self.faults.sync_error_ratio)
        writes = self._pending.pop(file, [])
        content = self._durable.setdefault(file, bytearray())
        for write in writes:
            _apply(content, write)
        self._synced(self._owner, file, len(writes))

    async def read(self, file: str) -> bytes:
        """Return the file as the node sees it, pending writes included; raises :class:`DiskError` if none."""
        await self._take(self.latency.read_ms)
        if file not in self._durable and file not in self._pending:
            raise DiskError(f"{self._owner}: no file {file!r}; there are {self.files()}")
        self._meet("read", file, self.faults.read_error_ratio)
        return bytes(self._view(file))

    def files(self) -> tuple[str, ...]:
        """Return the names of the files, sorted."""
        return tuple(sorted({*self._durable, *self._pending}))

    def pending_writes(self, file: str) -> int:
        """Return how many writes of the file a crash could touch."""
        return len(self._pending.get(file, ()))

    @property
    def used_bytes(self) -> int:
        """What all files have together, pending writes included."""
        return sum(len(self._view(file)) for file in self.files())

    def rot(self, flips: int, rng: random.Random) -> int:
        """Flip bits of durable files, each drawn from ``rng``; returns how many, 0 if there is no file."""
        files = [file for file in sorted(self._durable) if self._durable[file]]
        for _ in range(flips if files else 0):
            file = rng.choice(files)
            bit = rng.randrange(8 * len(self._durable[file]))
            self._durable[file][bit // 8] ^= 1 << bit % 8
            self._journal.record("disk.fault", self._owner, what="rot", file=file, at=bit // 8)
        return flips if files else 0

    def wipe(self) -> None:
        """Lose everything, as when the machine comes back with a new disk."""
        for file in self.files():
            self._journal.record("disk.fault", self._owner, what="wiped", file=file, at=0)
        self._durable.clear()
        self._pending.clear()

    def crash(self) -> None:
        """Let each pending write meet its fate, by file and order, and serve nobody until :meth:`attach`."""
        for file in sorted(self._pending):
            content = self._durable.get(file, bytearray())
            for write in self._pending[file]:
                fate = self.crash_faults.draw(self._rng)
                survivor = self._survivor(write, fate, len(content))
                if survivor is not None:
                    _apply(content, survivor)
                    self._durable[file] = content
                self._crashed(self._owner, file, write.offset, len(write.data), fate)
        self._pending.clear()
        self._attached = False

    def attach(self) -> None:
        """Serve again, after a restart."""
        self._attached = True

    def _survivor(self, write: _Write, fate: Fate, length: int) -> _Write | None:
        if fate == "lost":
            return None
        if fate == "torn":
            sectors = self._rng.randrange(len(write.data) // SECTOR_BYTES + 1)
            return _Write(write.offset, write.data[: sectors * SECTOR_BYTES]) if sectors else None
        if fate == "misdirected":
            sectors = max(length, write.offset + len(write.data)) // SECTOR_BYTES + 1
            own = write.offset // SECTOR_BYTES
            elsewhere = [sector * SECTOR_BYTES for sector in range(sectors + 1) if sector != own]
            return _Write(self._rng.choice(elsewhere), write.data)
        return write

    def _view(self, file: str) -> bytearray:
        content = bytearray(self._durable.get(file, b""))
        for write in self._pending.get(file, ()):
            _apply(content, write)
        return content

    def _meet(self, what: str, file: str, ratio: float) -> None:
        """Fail with this chance; draws only where there is one."""
        if ratio and self._rng.random() < ratio:
            self._fail(what, file)

    def _meet_write(self, file: str, end: int) -> None:
        faults = self.faults
        known = file in self._durable or file in self._pending
        if faults.new_files is not None and not known:
            if faults.new_files == 0:
                self._fail("descriptors", file)
            self.faults = replace(faults, new_files=faults.new_files - 1)
        if faults.capacity_bytes is not None:
            grown = max(0, end - len(self._view(file)))
            if self.used_bytes + grown > faults.capacity_bytes:
                self._fail("full", file)
        self._meet("write", file, faults.write_error_ratio)

    def _fail(self, what: str, file: str) -> None:
        self._journal.record("disk.fault", self._owner, what=what, file=file, at=0)
        raise DiskError(f"{self._owner}: a fault of the disk ({what}) on {file!r}")

    async def _take(self, delay_ms: float) -> None:
        if delay_ms > 0:
            await asyncio.sleep(delay_ms / 1e3)
        if not self._attached:
            raise DiskError(f"{self._owner} is down; its disk serves nobody until it is restarted")


def _apply(content: bytearray, write: _Write) -> None:
    if len(content) < write.offset:
        content.extend(bytes(write.offset - len(content)))
    content[write.offset : write.offset + len(write.data)] = write.data
