"""A node's chain on its disk: append-only, atomic by batch, recoverable after any crash.

Blocks are appended as records and count once a commit record with the head and
the pointer to the latest proof of work follows them: all of it is one write,
which is synced before the call returns.  Opening reads the log up to the last
good commit.  What stands behind it is kept in another file, not thrown away.

The real node commits head, latest proof of work and block in one LevelDB
batch.  Source: alys-system.md §1, "Storage" and "process_block order".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

from alyslab.harnesses.sync import codec, records
from alyslab.harnesses.sync.errors import StoreError
from alyslab.harnesses.sync.records import Commit, Kind
from alyslab.model.block import SignedBlock
from alyslab.model.errors import EncodingError
from alyslab.model.execution import BRIDGE
from alyslab.model.finality import PowPointer
from alyslab.model.genesis import genesis_block
from alyslab.model.spec import Spec
from alyslab.model.state import State
from alyslab.runtime.disk import Disk
from alyslab.runtime.sites import planted, register_planted

LOG: Final = "chain/log"
FORGETS_POINTER: Final = register_planted(
    "sync.recovery_forgets_pointer", "a store that recovers loses the pointer to the latest proof of work"
)

NOT_SYNCED: Final = register_planted(
    "sync.store_not_synced", "blocks are written to the disk and not synced before the chain goes on"
)

Tell = Callable[[str, Mapping[str, Any]], None]
"""Told of every event, by kind and fields."""
Cause = Literal["new", "clean", "uncommitted", "damaged"]


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
    """File that they were copied to; empty where there were none."""


class ChainStore:
    """The blocks of one node, in memory and on its disk; made by :meth:`open`."""

    def __init__(self, disk: Disk, spec: Spec, tell: Tell | None) -> None:
        self._disk = disk
        self._tell = tell
        self._genesis_root = genesis_root(spec)
        self._frames: list[bytes] = []
        self._roots: list[bytes] = [self._genesis_root]
        self._end = 0
        self._checksum = 0
        self.pow = first_pointer(spec)
        self.blocks: list[SignedBlock] = []
        """Every block from height 1 on."""
        self.recovery = Recovery(height=0, cause="new", lost_bytes=0, kept_as="")

    @classmethod
    async def open(
        cls, disk: Disk, spec: Spec, *, repair: bool = True, tell: Tell | None = None
    ) -> ChainStore:
        """Read what the disk has, or begin a new log.

        Parameters
        ----------
        repair
            Whether to go on from the last good commit when bytes stand behind
            it; they are copied to a file of their own first.

        Raises
        ------
        StoreError
            For a log of another version or another spec, one cut off within
            its header, and without ``repair`` for one that is damaged.  The
            disk is as it was then.
        """
        store = cls(disk, spec, tell)
        log = await disk.read(LOG) if LOG in disk.files() else b""
        if log.strip(b"\0"):
            await store._recover(log, repair)
        else:
            await store._begin()
        return store

    @property
    def height(self) -> int:
        """Height of the head; 0 is the genesis, which is not stored."""
        return len(self.blocks)

    @property
    def head_root(self) -> bytes:
        """Root of the head."""
        return self._roots[-1]

    @property
    def size_bytes(self) -> int:
        """Bytes of the log that count."""
        return self._end

    def root(self, height: int) -> bytes:
        """Return the root of the block at ``height``; 0 is the genesis."""
        return self._roots[height]

    def state_root(self, height: int) -> bytes:
        """Return the state root that the block at ``height``, from 1 on, bears."""
        return self.blocks[height - 1].block.payload.state_root

    def frames(self, start: int, count: int) -> list[bytes]:
        """Return the canonical bytes of up to ``count`` blocks from height ``start``, 1 or more, on."""
        return self._frames[start - 1 : start - 1 + count]

    async def append(self, blocks: Sequence[SignedBlock], roots: Sequence[bytes], pow: PowPointer) -> None:
        """Make validated blocks durable as the new head, all or none of them.

        Raises
        ------
        StoreError
            If they do not stand on the head; nothing is written then.
        """
        height, parent = self.height, self.head_root
        for number, (signed, root) in enumerate(zip(blocks, roots, strict=True), start=height + 1):
            if signed.block.height != number or signed.block.parent_root != parent:
                raise StoreError("not_on_the_head", height=signed.block.height, expected=number)
            parent = root
        frames = [codec.encode(signed) for signed in blocks]
        self.blocks += blocks
        self._roots += roots
        self._frames += frames
        self.pow = pow
        await self._write([(Kind.BLOCK, frame) for frame in frames], len(blocks))

    async def truncate(self, height: int, pow: PowPointer) -> None:
        """Take blocks back, durably; raises :class:`StoreError` for a height above the head or below 0."""
        if not 0 <= height <= self.height:
            raise StoreError("truncate_out_of_range", height=height, head=self.height)
        if self._tell is not None:
            self._tell("store.truncate", {"height": height})
        self._cut(height)
        self.pow = pow
        await self._write([], 0)

    # --- helpers -------------------------------------------------------------------------------

    def _cut(self, height: int) -> None:
        del self.blocks[height:], self._frames[height:], self._roots[height + 1 :]

    async def _write(self, content: list[tuple[Kind, bytes]], blocks: int) -> None:
        commit = Commit(self.height, self.head_root, self.pow)
        data = self._framed([*content, (Kind.COMMIT, commit.pack())])
        at, self._end = self._end, self._end + len(data)
        await self._disk.write(LOG, data, offset=at)
        if not planted(NOT_SYNCED):
            await self._disk.sync(LOG)
        self._say("store.commit", commit, blocks=blocks, bytes=len(data))

    def _framed(self, content: Sequence[tuple[Kind, bytes]]) -> bytes:
        pieces = []
        for kind, part in content:
            piece, self._checksum = records.frame(kind, part, self._checksum)
            pieces.append(piece)
        return b"".join(pieces)

    async def _begin(self) -> None:
        header = records.HEADER.pack(records.MAGIC, records.VERSION, self._genesis_root)
        data = header + self._framed([(Kind.SESSION, records.session(0))])
        self._end = len(data)
        await self._disk.write(LOG, data, offset=0)
        await self._disk.sync(LOG)

    async def _recover(self, log: bytes, repair: bool) -> None:
        self._check_header(log)
        sessions, readable = self._replay(log)
        lost = log[self._end :].rstrip(b"\0")
        cause: Cause = "clean" if not lost else "uncommitted" if readable else "damaged"
        if lost and not repair:
            raise StoreError("damaged", offset=self._end, bytes=len(lost), height=self.height)
        kept_as = f"chain/lost/{sessions}" if lost else ""
        if lost:
            await self._disk.write(kept_as, lost, offset=0)
            await self._disk.sync(kept_as)
        self.recovery = Recovery(height=self.height, cause=cause, lost_bytes=len(lost), kept_as=kept_as)
        commit = Commit(self.height, self.head_root, self.pow)
        self._say("store.recovered", commit, cause=cause, lost_bytes=len(lost))
        data = self._framed([(Kind.SESSION, records.session(sessions))])
        await self._disk.write(LOG, data, offset=self._end)
        await self._disk.sync(LOG)
        self._end += len(data)

    def _check_header(self, log: bytes) -> None:
        if len(log) < records.HEADER.size:
            raise StoreError("header_cut_off", bytes=len(log), expected=records.HEADER.size)
        magic, version, root = records.HEADER.unpack_from(log)
        if magic != records.MAGIC or version != records.VERSION:
            raise StoreError("unknown_version", magic=magic, version=version, known=records.VERSION)
        if root != self._genesis_root:
            raise StoreError("other_spec", genesis=root, expected=self._genesis_root)

    def _replay(self, log: bytes) -> tuple[int, bool]:
        """Take records up to the last good commit; return the next session, and whether all is readable."""
        self._end = records.HEADER.size
        sessions, frames, read_to = 0, list[bytes](), self._end
        for record in records.read(log, self._end, 0):
            read_to = record.end
            if record.kind is Kind.BLOCK:
                frames.append(record.content)
                continue
            if record.kind is Kind.SESSION:
                sessions, frames = sessions + 1, []
            else:
                commit = Commit.unpack(record.content)
                if commit is None or not self._take(commit, frames):
                    break
                frames = []
            self._end, self._checksum = record.end, record.checksum
        if planted(FORGETS_POINTER):
            self.pow = PowPointer(height=0, bits=self.pow.bits, finalised_height=0)
        return sessions, read_to >= len(log.rstrip(b"\0"))

    def _take(self, commit: Commit, frames: Sequence[bytes]) -> bool:
        """Make a commit of the log the head; return False if it contradicts its own blocks."""
        try:
            blocks = [codec.decode(frame) for frame in frames]
        except EncodingError:
            return False
        roots = [signed.block.root for signed in blocks]
        height = self.height + len(blocks)
        expected = roots[-1] if roots else self._roots[min(commit.height, self.height)]
        if commit.root != expected or (commit.height != height if blocks else commit.height > height):
            return False
        self.blocks += blocks
        self._frames += frames
        self._roots += roots
        self._cut(commit.height)
        self.pow = commit.pow
        return True

    def _say(self, kind: str, commit: Commit, **fields: Any) -> None:
        if self._tell is not None:
            head = {"height": commit.height, "root": commit.root.hex(), "pow_height": commit.pow.height}
            self._tell(kind, {**head, **fields})


@lru_cache(maxsize=32)
def genesis_root(spec: Spec) -> bytes:
    """Return the root of the spec's genesis block, which stands for the chain."""
    return genesis_block(spec, State({BRIDGE: (0, 0)})).root


def first_pointer(spec: Spec) -> PowPointer:
    """Return the pointer to the latest proof of work before there is one."""
    return PowPointer(height=0, bits=spec.bits, finalised_height=0)
