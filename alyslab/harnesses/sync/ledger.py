"""A model chain and its store, moved together: what is told of the chain is durable.

A rollback, a batch from the syncer and a block from gossip take turns.  Rows of
the chain's trace are held back until the store has synced, so that a journal
never tells of a block that a crash can take away; a finalised height that was
told once is not told again when a node repeats part of its history.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from alyslab.harnesses.sync.checkpoints import Checkpoints, resume_height
from alyslab.harnesses.sync.eras import Era, Eras
from alyslab.harnesses.sync.holding import HeldTrace
from alyslab.harnesses.sync.manifest import Checkpoint
from alyslab.harnesses.sync.store import ChainStore, Tell
from alyslab.model.aura import slot_start_ms
from alyslab.model.bitcoin import BitcoinView
from alyslab.model.block import SignedBlock
from alyslab.model.chain import Chain
from alyslab.model.errors import InvalidBlockError
from alyslab.model.scheme import SignatureScheme
from alyslab.model.spec import Spec
from alyslab.runtime import Node
from alyslab.runtime.sites import planted, register_planted, register_site, site

ROOT_NOT_COMPARED: Final = register_planted(
    "sync.state_root_not_compared", "the state root of a synced block is taken on trust"
)
STATE_KEPT: Final = register_planted(
    "sync.recovery_keeps_state", "a recovery goes back in the chain and keeps the state that was in doubt"
)
SMALL_COMMIT: Final = register_site("sync.small_commit", "a batch is committed in several pieces")


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a batch."""

    count: int
    """Blocks that were imported and are durable."""
    error: InvalidBlockError | None
    """Why the next one was refused; None if there was none."""


class Ledger:
    """One node's chain with its store and checkpoints; made by :meth:`open`.

    Parameters
    ----------
    node
        Whose disk and time it is.
    spec, scheme, bitcoin, validator
        As for :class:`~alyslab.model.chain.Chain`.
    now_ms
        Tells the Unix time in ms by the node's own clock.
    trace
        Told of every event of chain, store and checkpoints.
    eras
        Later specs by height, ascending.
    checkpoint_interval, checkpoints_kept
        As for :class:`~alyslab.harnesses.sync.checkpoints.Checkpoints`.
    import_ms
        Virtual time that the import of a block takes.
    per_block
        Whether the trace is told of every block, or of the store and checkpoints only.
    told_height
        The trace was told of blocks up to this height in an earlier life;
        those above it that the disk kept all the same it is told of when
        :meth:`tell` is called.  None: it was told of all.
    """

    def __init__(
        self,
        node: Node,
        spec: Spec,
        scheme: SignatureScheme,
        bitcoin: BitcoinView,
        *,
        now_ms: Callable[[], int],
        validator: bool = True,
        trace: Tell | None = None,
        eras: Sequence[Era] = (),
        checkpoint_interval: int = 1_000,
        checkpoints_kept: int = 10,
        import_ms: float = 0.0,
        per_block: bool = True,
        told_height: int | None = None,
    ) -> None:
        self.node = node
        self.spec = spec
        self.scheme = scheme
        self.bitcoin = bitcoin
        self.now_ms = now_ms
        self.validator = validator
        self._eras = Eras(spec, eras)
        self.import_ms = import_ms
        self._per_block = per_block
        self._trace = trace
        self._told_height = told_height
        self._held = HeldTrace(trace)
        self._lock = asyncio.Lock()
        self.checkpoints = Checkpoints(
            node.disk, spec, interval=checkpoint_interval, keep=checkpoints_kept, tell=trace
        )
        self.chain: Chain
        self.store: ChainStore

    @classmethod
    async def open(
        cls, node: Node, spec: Spec, scheme: SignatureScheme, bitcoin: BitcoinView, **options: Any
    ) -> Ledger:
        """Return the ledger that the node's disk holds, or a new one; raises as :meth:`ChainStore.open`."""
        ledger = cls(node, spec, scheme, bitcoin, **options)
        ledger.store = await ChainStore.open(node.disk, spec, tell=ledger._trace)
        await ledger._rebuild()
        await ledger._checkpoint()  # a crash may have come between a commit and its checkpoint
        return ledger

    @property
    def height(self) -> int:
        """Height of the head."""
        return self.chain.height

    @property
    def state_root(self) -> bytes:
        """Root of the state at the head, as the chain computes it."""
        return self.chain.state.root

    @property
    def sound(self) -> bool:
        """Whether the state in memory is the one that the head bears."""
        return self.state_root == self.chain.head.block.payload.state_root or planted(ROOT_NOT_COMPARED)

    async def import_block(self, signed: SignedBlock) -> bytes:
        """Make the block the head, durably, and return its root; raises :class:`InvalidBlockError`."""
        async with self._lock:
            before = self.chain.height
            self.chain.spec = self._eras.spec(signed.block.height)
            try:
                root = self.chain.import_block(signed, self.now_ms())
            finally:
                await self._keep(before)
            return root

    async def import_batch(self, blocks: Sequence[SignedBlock]) -> Imported:
        """Import blocks in order, signatures checked in batches; those not above the head are passed over.

        What was imported before a refusal is kept.
        """
        async with self._lock:
            before = first = self.chain.height
            error = None
            new = [signed for signed in blocks if signed.block.height > before]
            for part in self._eras.parts(new, self._ends):
                self.chain.spec = self._eras.spec(part[0].block.height)
                try:
                    self.chain.import_batch(part, self.now_ms())
                except InvalidBlockError as refused:
                    error = refused
                if self.import_ms and self.chain.height > before:
                    await self.node.sleep((self.chain.height - before) * self.import_ms / 1_000)
                await self._keep(before)
                before = self.chain.height
                if error is not None:
                    break
            return Imported(self.chain.height - first, error)

    async def rollback(self, height: int) -> None:
        """Take blocks back, durably; raises :class:`ChainError` as the chain does."""
        async with self._lock:
            self.chain.rollback(height)
            await self.store.truncate(height, self.chain.pow)
            self._held.release()

    async def recover(self) -> Checkpoint | None:
        """Forget the chain in memory and go back to the latest good checkpoint; return it, None if none is.

        Without one the chain begins again at the genesis.
        """
        async with self._lock:
            checkpoint = await self.checkpoints.latest_good(self.store)
            height = resume_height(checkpoint, self.store.height)
            pow = self.chain.records[height + 1].pow_before if height < self.chain.height else self.chain.pow
            await self.store.truncate(height, pow)
            doubted = self.chain.state
            await self._rebuild()
            if planted(STATE_KEPT):
                self.chain.state = doubted
            if checkpoint is not None:
                self.checkpoints.recovered(checkpoint, height)
            return checkpoint

    def tell(self) -> None:
        """Tell the trace of what it was not told before the node started again."""
        self._held.release()

    # --- helpers -------------------------------------------------------------------------------

    async def _rebuild(self) -> None:
        """Make the chain anew from the store; what was told before is not told again."""
        waived = frozenset(("state_root",)) if planted(ROOT_NOT_COMPARED) else frozenset[str]()
        self.chain = chain = Chain(
            self.spec, self.scheme, self.bitcoin, validator=self.validator, waived=waived
        )
        for signed in self.store.blocks:
            chain.spec = self._eras.spec(signed.block.height)
            if self._told_height is not None and chain.height == self._told_height:
                self._held.finalised(chain.finalised_height)
                chain.trace = self._held.hear
            try:
                chain.import_unsigned(signed, slot_start_ms(chain.spec, signed.block.slot))
            except InvalidBlockError:
                await self.store.truncate(chain.height, chain.pow)
                break
        chain.pow = self.store.pow
        if chain.trace is None:
            self._held.finalised(chain.finalised_height)
        self._told_height = None
        chain.trace = self._held.hear if self._trace is not None and self._per_block else None
        if self.import_ms:
            await self.node.sleep(chain.height * self.import_ms / 1_000)

    async def _keep(self, before: int) -> None:
        """Make what was imported since ``before`` durable, then tell of it."""
        new = self.chain.records[before + 1 :]
        if new:
            await self.store.append([r.signed for r in new], [r.root for r in new], self.chain.pow)
        self._held.release()
        if new:
            await self._checkpoint()

    def _ends(self, height: int) -> bool:
        """Return whether a batch ends with this height, since its state is wanted for a checkpoint."""
        return self.checkpoints.due(height) or site(SMALL_COMMIT)

    async def _checkpoint(self) -> None:
        if self.checkpoints.due(self.chain.height):
            await self.checkpoints.create(self.chain)
