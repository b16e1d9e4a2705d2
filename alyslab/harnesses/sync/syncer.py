"""V2's sync: find peers, learn what they have, fetch it from several at once, validate it, keep up.

The machine goes through the states of :mod:`~alyslab.harnesses.sync.states`;
each has a method that returns the next one with the reason.  What it does is
in the journal: ``sync.state``, ``sync.range``, ``sync.request``, ``sync.answered``,
``sync.result``, ``sync.imported``, ``sync.refused``, ``sync.blacklisted``,
``sync.pardoned``, ``sync.done``, ``sync.production``.

It ends in ``synced`` only when more than half of the known peers have just
answered, none of them is higher, and they name the same root at that height.

Source: alys-system.md §3; where documents are silent the policy's fields say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from alyslab.harnesses.network.endpoint import Endpoint
from alyslab.harnesses.sync.anchors import Anchors
from alyslab.harnesses.sync.claims import Claims
from alyslab.harnesses.sync.contact import Contact
from alyslab.harnesses.sync.fetching import Fetching
from alyslab.harnesses.sync.intake import Intake
from alyslab.harnesses.sync.ledger import Ledger
from alyslab.harnesses.sync.machine import Machine
from alyslab.harnesses.sync.policy import SyncPolicy
from alyslab.harnesses.sync.producing import Producing
from alyslab.harnesses.sync.restarts import Restarts
from alyslab.harnesses.sync.scores import PeerBook
from alyslab.harnesses.sync.states import Next, SyncState
from alyslab.harnesses.sync.watching import Watching
from alyslab.model.chain import rollback_target
from alyslab.model.errors import ChainError
from alyslab.runtime import Node, require_current
from alyslab.runtime.sites import planted, register_planted

ONE_TOO_FEW: Final = register_planted("sync.range_one_too_few", "ranges end one block before the target")


class Syncer:
    """The sync of one node.

    Parameters
    ----------
    node, endpoint
        Who syncs, and its end of the network.
    ledger
        Where blocks are validated and kept.
    policy
        Its numbers.
    peers
        Names of the peers to know, connected or not; default: those that the
        endpoint is connected to.
    federation
        Which of them are members.
    """

    def __init__(
        self,
        node: Node,
        endpoint: Endpoint,
        ledger: Ledger,
        *,
        policy: SyncPolicy | None = None,
        peers: Callable[[], Iterable[str]] | None = None,
        federation: Iterable[str] = (),
    ) -> None:
        self.node = node
        self.ledger = ledger
        self.policy = policy = policy or SyncPolicy()
        self.recoveries = 0
        runtime, tell = require_current(), self._tell
        self._record = runtime.journal.record
        self.book = book = PeerBook(policy, lambda: runtime.now_ns, tell, federation)
        contact = Contact(node, endpoint, book, policy, tell)
        genesis = ledger.store.root(0)
        self.claims = claims = Claims(contact, book, peers or endpoint.peers, genesis, node.clock.time_ns)
        self._anchors = Anchors(contact, book)
        intake = Intake(
            ledger,
            self._anchors,
            book,
            witnesses_needed=lambda refused: claims.witnesses_needed(refused, policy.suspicious_peers),
            tell=tell,
        )
        self._fetching = Fetching(
            node, ledger, intake, contact, book, claims=claims, policy=policy, tell=tell
        )
        self._machine = Machine(ledger, claims, tell)
        self._producing = Producing(node, ledger, self._machine, claims, book, policy=policy, tell=tell)
        self._watching = Watching(node, ledger, claims, policy)
        self._done_early = False
        self._tell(
            "sync.policy",
            batch_most=policy.batch_most,
            blacklist=policy.blacklist_failures,
            checkpoints=policy.checkpoint_interval,
        )

    @property
    def synced(self) -> bool:
        """Whether it holds itself to be synced."""
        return self.state is SyncState.SYNCED

    @property
    def state(self) -> SyncState:
        """What it is doing."""
        return self._machine.state

    def can_produce(self, *, federation_healthy: bool = True, governance_error_ratio: float = 0.0) -> bool:
        """Return whether the policy's rule lets this node produce a block now; what others know is given."""
        return self._producing.allowed(
            federation_healthy=federation_healthy, governance_error_ratio=governance_error_ratio
        )

    async def sync(self) -> bool:
        """Sync until synced (True) or failed (False)."""
        steps = {
            SyncState.DISCOVERING: self._discover,
            SyncState.HEADERS: self._headers,
            SyncState.BLOCKS: self._blocks,
            SyncState.CATCHING_UP: self._catch_up,
        }
        if self.state in (SyncState.IDLE, SyncState.FAILED):
            self._enter(SyncState.DISCOVERING, "started")
        while self.state in steps:
            self._enter(*await steps[self.state]())
        return self.state is SyncState.SYNCED

    async def run(self) -> None:
        """Sync, then keep up with the peers, for ever; a sync that failed is started again after a while."""
        restarts = Restarts()
        while True:
            while await self.sync():
                self._enter(*await self._watching.run())
            self.recoveries = 0
            await self.node.sleep(restarts.wait_s(self.node.clock.time_ns() / 1e9))

    def stop(self) -> None:
        """Go back to idle; whoever awaits :meth:`sync` is cancelled by its owner."""
        if self.state is not SyncState.IDLE:
            self._enter(SyncState.IDLE, "stopped")

    # --- states --------------------------------------------------------------------------------

    async def _discover(self) -> Next:
        policy = self.policy
        for _ in range(policy.discover_tries):
            await self.claims.ask_all()
            if len(self.claims.answered()) >= policy.peers_least:
                return SyncState.HEADERS, "peers_answered"
            await self.node.sleep(policy.discover_interval_s)
        return SyncState.FAILED, "no_peers"

    async def _headers(self) -> Next:
        """Ask for checkpoints, and whether the own head is on the peers' chain; if not, take it back."""
        store = self.ledger.store
        await self._anchors.ask(self.claims.answered()[: self.policy.downloads])
        self._anchors.check(store)
        if not await self._anchors.on_their_chain(store, self.claims.having(store.height)):
            head = self.ledger.height
            try:
                await self.ledger.rollback(rollback_target("sync_error", head, head))
            except ChainError:
                return SyncState.FAILED, "peers_on_another_chain"
            return SyncState.DISCOVERING, "rolled_back"
        behind = self.claims.target() - self.ledger.height
        far = behind > self.policy.close_blocks
        return (SyncState.BLOCKS, "behind") if far else (SyncState.CATCHING_UP, "near")

    async def _blocks(self) -> Next:
        outcome = await self._fetch(self.policy.downloads, self.policy.close_blocks)
        return (SyncState.CATCHING_UP, "near") if outcome is None else outcome

    async def _catch_up(self) -> Next:
        """Fetch what is left, then make sure with all peers that nothing is."""
        while not self._done_early:
            before = self.ledger.height
            outcome = await self._fetch(1, 0)
            if outcome is not None:
                return outcome
            answered = await self.claims.ask_all()
            if 2 * answered <= len(self.claims.known):
                await self.node.sleep(self.policy.discover_interval_s)
                return SyncState.DISCOVERING, "too_few_answers"
            behind = self.claims.target() - self.ledger.height
            if behind > self.policy.close_blocks:
                return SyncState.BLOCKS, "target_moved"
            if behind <= 0:
                return await self._confirm()
            if self.ledger.height == before:  # else at once, or over slow lines the source is never reached
                await self.node.sleep(self.policy.discover_interval_s)
        self._done_early = False
        return SyncState.SYNCED, "short_reply"

    async def _confirm(self) -> Next:
        """Hold the own head against the peers', and the own state against the head."""
        same, other = self.claims.agreed(self.ledger.height, self.ledger.store.head_root)
        if other > same:
            return SyncState.DISCOVERING, "roots_differ"
        if not self.ledger.sound:
            return await self._recover()
        return SyncState.SYNCED, "at_the_target"

    # --- helpers -------------------------------------------------------------------------------

    async def _fetch(self, at_once: int, short_of: int) -> Next | None:
        """Fetch until within ``short_of`` blocks of the goal; return where to go if that fails."""
        match await self._fetching.run(self._goal, at_once=at_once, short_of=short_of):
            case "near":
                return None
            case "done":
                self._done_early = True
                near = self.state is SyncState.CATCHING_UP
                return (SyncState.SYNCED if near else SyncState.CATCHING_UP), "short_reply"
            case "doubt":
                return await self._recover()
            case "early":  # going back would help nothing: the clock has to come to the slot
                await self.node.sleep(self.policy.discover_interval_s)
                return SyncState.DISCOVERING, "own_clock_behind"
            case end:
                return SyncState.DISCOVERING, end

    async def _recover(self) -> Next:
        """Go back to a checkpoint, the own chain being in doubt; too often is a failure."""
        self.recoveries += 1
        if self.recoveries > self.policy.recoveries_most:
            return SyncState.FAILED, "too_many_recoveries"
        await self.ledger.recover()
        return SyncState.DISCOVERING, "recovered"

    def _goal(self) -> int:
        return self.claims.target() - planted(ONE_TOO_FEW)

    def _enter(self, state: SyncState, reason: str) -> None:
        self._machine.enter(state, reason)
        if state is SyncState.SYNCED:
            self.recoveries = 0

    def _tell(self, kind: str, **fields: Any) -> None:
        self._record(kind, self.node.name, **fields)
