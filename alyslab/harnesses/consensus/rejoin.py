"""How a node that fell behind, or stands aside, comes back to the others.

A block on an unknown parent shows it.  The node asks the block's sender for
what it has above this node's finalised height.  A branch that is higher than
its own, or as high with a later slot at its tip, is taken: the chain goes back
to where they part, never below the finalised height, and imports it; every
block of it bears its own quorum.  A node that is far behind, or has just
booted, runs a whole sync.

V1 has only the sync: after an error it goes back to one below the head at the
start of the batch, and tries again at the next occasion.

Source: alys-system.md §1, "Fork choice/reorg"; §7, incidents 12, 14, 15 and 16.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Final

from alyslab.harnesses.consensus.gate import Gate, policy_of
from alyslab.harnesses.consensus.importing import after_import, roll_back
from alyslab.harnesses.consensus.intake import note_branch
from alyslab.harnesses.consensus.sites import BRANCH_NOT_FETCHED
from alyslab.harnesses.network.errors import NetworkError
from alyslab.harnesses.sync import protocol
from alyslab.harnesses.sync.errors import ProtocolError
from alyslab.harnesses.sync.syncer import Syncer
from alyslab.model.block import SignedBlock
from alyslab.model.chain import rollback_target
from alyslab.runtime.sites import site

if TYPE_CHECKING:
    from alyslab.harnesses.consensus.core import Core

RIVAL_BLOCKS_MOST: Final = 64
"""Blocks of a branch that are looked at; a node further behind runs a sync."""


class Rejoin:
    """Brings one node back; at most one attempt is going on.

    Parameters
    ----------
    core
        The node.
    after
        Called when an attempt has ended, so that what came meanwhile is looked at.
    """

    def __init__(self, core: Core, after: Callable[[], None]) -> None:
        self._core = core
        self._after = after
        self._syncer = Syncer(
            core.node,
            core.endpoint,
            core.ledger,
            policy=policy_of(core.settings),
            peers=lambda: core.peers,
            federation=core.around.authors,
        )
        core.rejoining = bool(core.peers)  # until it has caught up after its start
        if core.settings.production and core.peers:  # a federation of one waits for nobody
            core.gate = Gate(core, self._syncer)

    def notice(self, height: int, peer: str) -> None:
        """Look for what was missed, since ``peer`` has shown a block at this height; at once, in a task."""
        core = self._core
        if core.rejoining or core.defects.orphan_ignored:
            return
        core.rejoining = True
        if core.gate is not None:
            core.gate.shown = height
        core.spawn(self._attempt(height, peer), "rejoin")

    def again(self) -> None:
        """Sync again at a slot's begin, if the last one has failed and something depends on it."""
        core = self._core
        wanted = core.unsure or (core.gate is not None and not self._syncer.synced)
        if wanted and not core.rejoining and core.peers:
            core.rejoining = True
            core.spawn(self._run("again", self._sync()), "rejoin")

    async def watch(self) -> None:
        """Ask all peers now and then how far they are, for ever, and look if they are ahead: for the gate.

        One block more is what everybody is about to import.
        """
        core, syncer = self._core, self._syncer
        while True:
            await core.node.sleep(syncer.policy.status_interval_s)
            if core.rejoining:
                continue
            await syncer.claims.ask_all()
            target = syncer.claims.target()
            ahead = syncer.claims.having(target)
            if ahead and target > core.chain.height + 1:
                self.notice(target, ahead[0])

    async def boot(self) -> None:
        """Catch up after a start, before the first block is written; a node without peers is alone."""
        core = self._core
        if core.peers:
            await self._run("boot", self._sync())

    async def _attempt(self, height: int, peer: str) -> None:
        core = self._core
        far = height > core.chain.finalised_height + RIVAL_BLOCKS_MOST
        if core.settings.rivals and not far:
            await self._run("orphan", self._look_at(peer))
        else:
            await self._run("behind", self._sync())

    async def _run(self, why: str, attempt: Coroutine[Any, Any, bool]) -> None:
        core = self._core
        before = core.chain.height
        core.rows.rejoining(core.name, before, core.chain.finalised_height, why)
        try:
            done = await attempt
        finally:
            core.rejoining = False
            if core.gate is not None:
                core.gate.shown = 0
        core.plant()
        core.rows.rejoined(core.name, core.chain.height, before, done)
        after_import(core)
        self._after()

    async def _sync(self) -> bool:
        """Run a whole sync; after an error go back as V1 does, for the next attempt."""
        core = self._core
        start = core.chain.height
        self._syncer.stop()  # it may have ended before, and would not begin again
        done = await self._syncer.sync()
        core.unsure = core.unsure and not done
        if not done and core.chain.height > 0:
            await roll_back(core, rollback_target("sync_error", core.chain.height, start), "sync_error")
        return done

    async def _look_at(self, peer: str) -> bool:
        """Ask one peer for its branch and take it if it wins; return whether this node is up with it."""
        core = self._core
        blocks = await self._fetch(peer)
        if blocks is None:
            return False
        note_branch(core, blocks)
        chain = core.chain
        part = next((i for i, s in enumerate(blocks) if not _is_ours(core, s)), len(blocks))
        branch = blocks[part:]
        if not branch:
            return True
        tip, head = branch[-1].block, chain.head.block
        if (tip.height, tip.slot) <= (head.height, head.slot):
            return True
        return await self._take(branch, peer)

    async def _fetch(self, peer: str) -> list[SignedBlock] | None:
        core = self._core
        if site(BRANCH_NOT_FETCHED):
            return None
        start = 1 if core.defects.finality_ignored else core.chain.finalised_height + 1
        wanted = protocol.Range(start=start, count=RIVAL_BLOCKS_MOST)
        try:
            answer = await core.endpoint.request(
                peer, protocol.BLOCKS, protocol.write_range(wanted), timeout_s=core.settings.patience_s
            )
            return protocol.read_blocks(answer, wanted)
        except NetworkError:
            core.scores.offend(peer, "unwanted", "no_answer")  # it made this node ask, and then fell silent
            return None
        except ProtocolError as error:
            core.scores.offend(peer, "malformed", error.rule)
            return None

    async def _take(self, branch: Sequence[SignedBlock], peer: str) -> bool:
        """Go back to where the branch parts from the chain and import it; on a bad block return to before."""
        core = self._core
        fork = branch[0].block.height - 1
        fault = _fault_of_branch(core, branch)
        if fault is not None:
            core.rejected("branch", fault, fork + 1, branch[-1].block.root.hex(), peer)
            core.scores.offend(peer, "invalid", fault)
            return False
        left = [record.signed for record in core.chain.records[fork + 1 :]]
        await roll_back(core, fork, "rival")
        imported = await core.ledger.import_batch(branch)
        if imported.error is None:
            return True
        core.rejected("branch", imported.error.rule, imported.error.height, "", peer)
        core.scores.offend(peer, "invalid", imported.error.rule)
        if imported.count < len(left):
            await roll_back(core, fork, "rival_invalid")
            await core.ledger.import_batch(left)
        return False


def _fault_of_branch(core: Core, branch: Sequence[SignedBlock]) -> str | None:
    """Return why the chain must not go back for this branch, before it does; None if it may.

    It parts from the chain at or above the finalised height, and every block of it is certified.
    """
    chain = core.chain
    fork = branch[0].block.height - 1
    if fork > chain.height or chain.records[fork].root != branch[0].block.parent_root:
        return "parent_known"
    for signed in () if core.defects.rival_taken_on_trust else branch:
        signers, height = signed.signature.signers, signed.block.height
        term = core.term(height)
        if len(signers) != term.members or signed.signature.count < core.quorum(height):
            return "quorum"
        keys = [key for key, bit in zip(term.keys, signers, strict=True) if bit]
        if not core.scheme.verify(keys, signed.block.root, signed.signature.point):
            return "signature"
    return None


def _is_ours(core: Core, signed: SignedBlock) -> bool:
    """Return whether the block stands in this node's chain, whoever has signed it here."""
    return core.chain.height_of(signed.block.root) is not None
