"""A node's chain on its disk: append-only, atomic by batch, recoverable after any crash.

Blocks are appended as records and count once a commit record with the head and
the pointer to the latest proof of work follows them: all of it is one write,
which is synced before the call returns.  Opening reads the log up to the last
good commit.

The real node commits head, latest proof of work and block in one LevelDB
batch.  Source: alys-system.md §1, "Storage" and "process_block order".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from alyslab.harnesses.sync import codec
from alyslab.harnesses.sync.errors import StoreError
from alyslab.harnesses.sync.log import ChainLog, Recovery
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

FORGETS_POINTER: Final = register_planted(
    "sync.recovery_forgets_pointer", "a store that recovers loses the pointer to the latest proof of work"
)
Tell = Callable[[str, Mapping[str, Any]], None]
"""Told of every event, by kind and fields."""


class ChainStore:
    """The blocks of one node, in memory and on its disk; made by :meth:`open`."""

    def __init__(self, disk: Disk, spec: Spec, tell: Tell | None) -> None:
        self._tell = tell
        genesis = genesis_root(spec)
        self._log = ChainLog(disk, genesis)
        self._frames: list[bytes] = []
        self._roots: list[bytes] = [genesis]
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
            it, or the header is damaged; they are copied to a file of their
            own first.

        Raises
        ------
        StoreError
            For a log of another version or another spec, and without
            ``repair`` for one that is damaged or cut off within its header.
            The disk is as it was then.
        DiskError
            If the disk fails.
        """
        store = cls(disk, spec, tell)
        cause, lost_bytes, kept_as = await store._log.open(store._take, repair=repair)
        if planted(FORGETS_POINTER):
            store.pow = PowPointer(height=0, bits=store.pow.bits, finalised_height=0)
        store.recovery = Recovery(height=store.height, cause=cause, lost_bytes=lost_bytes, kept_as=kept_as)
        if cause == "new":
            store._say("store.begun", Commit(0, store.head_root, store.pow), end=store.size_bytes)
        else:
            head = Commit(store.height, store.head_root, store.pow)
            store._say("store.recovered", head, cause=cause, lost_bytes=lost_bytes, end=store.size_bytes)
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
        return self._log.size_bytes

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
        DiskError
            If the disk fails; the store is as it was then.
        """
        height, parent = self.height, self.head_root
        for number, (signed, root) in enumerate(zip(blocks, roots, strict=True), start=height + 1):
            if signed.block.height != number or signed.block.parent_root != parent:
                raise StoreError("not_on_the_head", height=signed.block.height, expected=number)
            parent = root
        frames = [codec.encode(signed) for signed in blocks]
        await self._write(
            [(Kind.BLOCK, frame) for frame in frames], Commit(height + len(blocks), parent, pow)
        )
        self.blocks += blocks
        self._roots += roots
        self._frames += frames

    async def truncate(self, height: int, pow: PowPointer) -> None:
        """Take blocks back, durably; raises as :meth:`append`, for a height above the head or below 0."""
        if not 0 <= height <= self.height:
            raise StoreError("truncate_out_of_range", height=height, head=self.height)
        if self._tell is not None:
            self._tell("store.truncate", {"height": height})
        await self._write([], Commit(height, self._roots[height], pow))
        self._cut(height)

    # --- helpers -------------------------------------------------------------------------------

    def _cut(self, height: int) -> None:
        del self.blocks[height:], self._frames[height:], self._roots[height + 1 :]

    async def _write(self, content: list[tuple[Kind, bytes]], commit: Commit) -> None:
        size = await self._log.append([*content, (Kind.COMMIT, commit.pack())])
        self.pow = commit.pow
        self._say("store.commit", commit, blocks=len(content), bytes=size, end=self.size_bytes)

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
