"""Checkpoints: the state at a height, in a directory of the node's disk, verified before it is trusted.

A checkpoint is written as two files, the state first and the manifest after
it, each synced.  A crash between the two leaves a directory without a good
manifest, which is refused by name; the one before is as it was.  A fixed
number of directories is used in turn, so that the disk does not fill up.

Source: alys-system.md §3 (every 1000 or every 100 blocks, keep 10; a missing
block of a checkpoint means to begin 100 earlier).
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from alyslab.errors import DiskError
from alyslab.harnesses.sync.errors import CheckpointError
from alyslab.harnesses.sync.manifest import VERSION, Checkpoint, read_manifest, write_manifest
from alyslab.harnesses.sync.store import ChainStore, Tell, genesis_root
from alyslab.model.chain import Chain
from alyslab.model.encoding import Many, Record, Uint, fixed, pack, unpack
from alyslab.model.errors import EncodingError
from alyslab.model.spec import Spec
from alyslab.model.state import recomputed_root
from alyslab.runtime.disk import Disk
from alyslab.runtime.sites import planted, register_planted, register_site, site

EARLIER_BLOCKS: Final = 100
"""How far before a checkpoint to begin when its block is missing.  Source: §3."""
WRONG_HEIGHT: Final = register_planted(
    "sync.checkpoint_wrong_height", "a checkpoint says that it is of the height after its own"
)
LEFT_OUT: Final = register_planted(
    "sync.checkpoint_left_out", "every other checkpoint that is due is not made"
)
NOT_VERIFIED: Final = register_planted(
    "sync.checkpoint_not_verified", "a checkpoint is recovered from without a look at what it says"
)
LATE_MANIFEST: Final = register_site(
    "sync.late_manifest", "a while passes between a checkpoint's state and its manifest"
)
LATE_MANIFEST_S: Final = 0.3


@dataclass(frozen=True, slots=True)
class _Account:
    address: bytes
    nonce: int
    balance_wei: int


_STATE: Final = Many(Record(_Account, address=fixed(20), nonce=Uint(), balance_wei=Uint(256)), 1 << 24)


class Checkpoints:
    """The checkpoints of one node.

    Parameters
    ----------
    disk, spec
        Where they are, and of which chain they must be.
    interval
        Blocks from one to the next; 0 for none.
    keep
        How many are kept.
    tell
        Told of each that is created, refused or recovered from.
    """

    def __init__(
        self, disk: Disk, spec: Spec, *, interval: int = 1_000, keep: int = 10, tell: Tell | None = None
    ) -> None:
        self._disk = disk
        self._genesis = genesis_root(spec)
        self.interval = interval
        self.keep = keep
        self._tell = tell

    def due(self, height: int) -> bool:
        """Return whether a chain that has come to this height is to be checkpointed."""
        if self.interval <= 0 or height <= 0 or height % self.interval:
            return False
        return not planted(LEFT_OUT) or height // self.interval % 2 == 0

    async def create(self, chain: Chain) -> Checkpoint | None:
        """Write the chain's head and state, durable when this returns.

        None where they contradict each other, and where the disk refuses: a
        node can do without a checkpoint.
        """
        if chain.state.root != chain.head.block.payload.state_root:
            self._refused(
                self.directory(chain.height), CheckpointError("state_root_differs", height=chain.height)
            )
            return None
        state = pack([[address, nonce, _wei(balance)] for address, (nonce, balance) in chain.state])
        height = chain.height
        checkpoint = Checkpoint(
            version=VERSION,
            genesis=self._genesis,
            height=height + 1 if planted(WRONG_HEIGHT) else height,
            root=chain.head_root,
            state_root=chain.state.root,
            pow_height=chain.pow.height,
            finalised_height=chain.pow.finalised_height,
            state_bytes=len(state),
            state_checksum=zlib.crc32(state),
        )
        where = self.directory(height)
        try:
            await self._write(f"{where}/state", state)
            if site(LATE_MANIFEST):
                await asyncio.sleep(LATE_MANIFEST_S)
            await self._write(f"{where}/manifest", write_manifest(checkpoint))
        except DiskError as error:
            self._refused(where, CheckpointError("not_written", height=height, reason=str(error)))
            return None
        self._say("created", checkpoint, directory=where, bytes=len(state))
        return checkpoint

    async def latest_good(self, store: ChainStore) -> Checkpoint | None:
        """Return the highest checkpoint that can be trusted, None if there is none; refusals are told."""
        found: list[Checkpoint] = []
        for where in self._directories():
            try:
                checkpoint = await self.read(where)
                if not planted(NOT_VERIFIED):
                    await self.verify(where, checkpoint, store)
            except CheckpointError as error:
                self._refused(where, error)
                continue
            found.append(checkpoint)
        return max(found, key=lambda one: one.height, default=None)

    async def read(self, where: str) -> Checkpoint:
        """Return what the directory's manifest says.

        Raises
        ------
        CheckpointError
            If the manifest is missing or cut off, of another version, of
            another chain, or fails its checksum.
        """
        name = f"{where}/manifest"
        if name not in self._disk.files():
            raise CheckpointError("half_written", directory=where, missing="manifest")
        return read_manifest(await self._disk.read(name), where, self._genesis)

    async def verify(self, where: str, checkpoint: Checkpoint, store: ChainStore) -> None:
        """Hold the state's file against the manifest, and both against the block in the store.

        Raises
        ------
        CheckpointError
            ``state_damaged``, ``state_root_differs``, ``block_differs``; not
            when the block is missing, which is for :func:`resume_height`.
        """
        name = f"{where}/state"
        data = (await self._disk.read(name))[: checkpoint.state_bytes] if name in self._disk.files() else b""
        if len(data) < checkpoint.state_bytes or zlib.crc32(data) != checkpoint.state_checksum:
            raise CheckpointError("state_damaged", directory=where, height=checkpoint.height, bytes=len(data))
        if _root_of(data, where) != checkpoint.state_root:
            raise CheckpointError("state_root_differs", directory=where, height=checkpoint.height)
        height = checkpoint.height
        if height <= store.height and (store.root(height), store.state_root(height)) != (
            checkpoint.root,
            checkpoint.state_root,
        ):
            raise CheckpointError("block_differs", directory=where, height=height, root=checkpoint.root)

    def recovered(self, checkpoint: Checkpoint, height: int) -> None:
        """Tell that the chain went back to this checkpoint, or to ``height`` where its block is missing."""
        self._say("recovered", checkpoint, resumed=height)

    def directory(self, height: int) -> str:
        """Return where a checkpoint of this height is kept."""
        return f"checkpoint/{height // max(1, self.interval) % self.keep}"

    async def _write(self, file: str, data: bytes) -> None:
        await self._disk.write(file, data, offset=0)
        await self._disk.sync(file)

    def _directories(self) -> Iterator[str]:
        seen = {file.rsplit("/", 1)[0] for file in self._disk.files() if file.startswith("checkpoint/")}
        yield from sorted(seen)

    def _refused(self, where: str, error: CheckpointError) -> None:
        if self._tell is not None:
            height = error.values.get("height", -1)
            self._tell("sync.checkpoint_refused", {"directory": where, "rule": error.rule, "height": height})

    def _say(self, action: str, checkpoint: Checkpoint, **fields: int | str) -> None:
        if self._tell is not None:
            what = {
                "height": checkpoint.height,
                "root": checkpoint.root.hex(),
                "state_root": checkpoint.state_root.hex(),
                "pow_height": checkpoint.pow_height,
            }
            self._tell(f"sync.checkpoint_{action}", {**what, **fields})


def manifests(disk: Disk) -> int:
    """Return how many checkpoints on a disk have a manifest, which is written last."""
    return sum(file.startswith("checkpoint/") and file.endswith("/manifest") for file in disk.files())


def resume_height(checkpoint: Checkpoint | None, store_height: int) -> int:
    """Return the height to go on from: the checkpoint's, 100 earlier if its block is missing, else 0."""
    if checkpoint is None:
        return 0
    if checkpoint.height <= store_height:
        return checkpoint.height
    return min(store_height, max(0, checkpoint.height - EARLIER_BLOCKS))


def _root_of(data: bytes, where: str) -> bytes:
    try:
        rows = _STATE.unpack(unpack(data, "state"), "state")
    except EncodingError as error:
        raise CheckpointError("state_unreadable", directory=where, reason=str(error)) from None
    accounts = {row.address: (row.nonce, row.balance_wei) for row in rows}
    return recomputed_root(accounts, {row.address: place for place, row in enumerate(rows)})


def _wei(amount: int) -> bytes:
    return amount.to_bytes((amount.bit_length() + 7) // 8, "big")
