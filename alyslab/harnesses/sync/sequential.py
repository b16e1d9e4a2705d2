"""V1's sync: 1024 blocks from the next peer in the list, until an answer is shorter.

A short answer is all that ends it, whatever the reason; no status is ever
asked.  That is V1's rule and its incident ("One-block sync"): it declares
itself synced when a responder dies after one block.

Source: alys-system.md §1, "Sync": fixed 1024 from head+1, sequential; peers in
set order, 3 tries each, back-off 1 s doubling (cap 30 s), breaker after 3
failures for 60 s; request time-out 15 s.  §7, "Sync wedge", "One-block sync".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, Literal

from alyslab.harnesses.network.endpoint import Endpoint
from alyslab.harnesses.sync.contact import Contact, Delivery
from alyslab.harnesses.sync.ledger import Ledger
from alyslab.harnesses.sync.policy import SyncPolicy
from alyslab.harnesses.sync.protocol import BLOCKS, RANGE_BLOCKS_MOST, Range
from alyslab.harnesses.sync.scores import REFUSED, PeerBook
from alyslab.model.chain import rollback_target
from alyslab.runtime import Node, require_current

TRIES: Final = 3
BACKOFF_FIRST_S: Final = 1.0
BACKOFF_MOST_S: Final = 30.0
BREAKER_FAILURES: Final = 3
BREAKER_S: Final = 60.0
REQUEST_TIMEOUT_S: Final = 15.0
IDLE_S: Final = 5.0
"""Until the next attempt after a failed one: the reconnect tick.  Source: §1, "Gossip"."""

State = Literal["idle", "in_progress", "synced"]


class SequentialSyncer:
    """V1's sync of one node; arguments as for :class:`~alyslab.harnesses.sync.syncer.Syncer`."""

    def __init__(
        self,
        node: Node,
        endpoint: Endpoint,
        ledger: Ledger,
        *,
        policy: SyncPolicy | None = None,
        peers: Callable[[], Iterable[str]] | None = None,
    ) -> None:
        self.node = node
        self.ledger = ledger
        self.policy = policy or SyncPolicy()
        self.state: State = "idle"
        runtime = require_current()
        self._record = runtime.journal.record
        self._peers = peers or endpoint.peers
        self.book = PeerBook(self.policy, lambda: runtime.now_ns, self._tell)
        self._contact = Contact(
            node, endpoint, self.book, self.policy, self._tell, request_timeout_s=REQUEST_TIMEOUT_S
        )
        self._failures = 0
        self._open_until_ns = 0

    @property
    def synced(self) -> bool:
        """Whether it holds itself to be synced."""
        return self.state == "synced"

    @property
    def target(self) -> int:
        """The own height: V1 knows of no other."""
        return self.ledger.height

    def can_produce(self) -> bool:
        """Return whether V1 produces now: whenever it holds itself to be synced."""
        allowed = self.state == "synced"
        self._tell(
            "sync.production",
            allowed=allowed,
            state=self.state,
            height=self.ledger.height,
            target=self.target,
        )
        return allowed

    async def sync(self) -> bool:
        """Fetch until an answer is short; False if no peer answered."""
        self._enter("in_progress")
        while True:
            wanted = Range(start=self.ledger.height + 1, count=RANGE_BLOCKS_MOST)
            delivery = await self._ask(wanted)
            if delivery is None:
                return False
            before = self.ledger.height
            imported = await self.ledger.import_batch(delivery.blocks)
            self._tell_imported(delivery.peer, imported.count)
            if imported.error is not None:
                self._tell("sync.refused", peer=delivery.peer, height=before + 1, rule=imported.error.rule)
                self.book.failed(delivery.peer, BLOCKS, REFUSED)
                target = rollback_target("sync_error", self.ledger.height, before)
                await self.ledger.rollback(max(target, self.ledger.chain.finalised_height))
                return False
            if len(delivery.blocks) < RANGE_BLOCKS_MOST:
                self._enter("synced")
                return True

    async def run(self) -> None:
        """Sync, and again after each failure, for ever."""
        while True:
            if self.state != "synced":
                await self.sync()
            await self.node.sleep(IDLE_S)

    async def _ask(self, wanted: Range) -> Delivery | None:
        """Try each peer in turn, three times; an empty answer is short, not a failure."""
        for name in sorted(self._peers()):
            wait_s = BACKOFF_FIRST_S
            for _ in range(TRIES):
                now_ns = self.node.clock.time_ns()
                if now_ns < self._open_until_ns:
                    await self.node.sleep((self._open_until_ns - now_ns) / 1e9)
                self._tell("sync.request", peer=name, start=wanted.start, count=wanted.count)
                delivery = await self._contact.blocks(name, wanted, empty_is_failure=False)
                if delivery is not None:
                    self._failures = 0
                    took, size = delivery.took_ns, delivery.size_bytes
                    self.book.succeeded(
                        name, BLOCKS, took_ns=took, size_bytes=size, blocks=len(delivery.blocks)
                    )
                    return delivery
                self._failures += 1
                if self._failures >= BREAKER_FAILURES:
                    self._open_until_ns = self.node.clock.time_ns() + round(BREAKER_S * 1e9)
                    self._failures = 0
                await self.node.sleep(wait_s)
                wait_s = min(2 * wait_s, BACKOFF_MOST_S)
        return None

    def _tell_imported(self, peer: str, count: int) -> None:
        if count:
            store = self.ledger.store
            self._tell(
                "sync.imported",
                peer=peer,
                count=count,
                height=store.height,
                root=store.head_root.hex(),
            )

    def _enter(self, state: State) -> None:
        previous, self.state = self.state, state
        height = self.ledger.height
        self._tell("sync.state", state=state, previous=previous, reason="", height=height, target=height)
        if state == "synced":
            root, state_root = self.ledger.store.head_root.hex(), self.ledger.state_root.hex()
            self._tell("sync.done", height=height, root=root, state_root=state_root, answered=1, known=1)

    def _tell(self, kind: str, **fields: Any) -> None:
        self._record(kind, self.node.name, **fields)
