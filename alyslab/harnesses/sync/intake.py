"""What becomes of blocks that were delivered: validated, kept, and counted for or against their peer.

When the blocks of several peers are refused at one height, the fault is more
likely the own chain's: V1 blames the peers, and rolls back.
Source: alys-system.md §7, incidents 12 and 16, "Sync wedge".
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Literal

from alyslab.harnesses.sync.anchors import Anchors
from alyslab.harnesses.sync.contact import Delivery
from alyslab.harnesses.sync.downloads import Downloads
from alyslab.harnesses.sync.ledger import Ledger
from alyslab.harnesses.sync.protocol import BLOCKS
from alyslab.harnesses.sync.scores import REFUSED, PeerBook, Tell
from alyslab.runtime.sites import planted, register_planted

SHORT_IS_DONE: Final = register_planted(
    "sync.short_reply_is_done", "an answer with fewer blocks than asked for ends the sync as done"
)
ERROR_WEDGES: Final = register_planted(
    "sync.import_error_wedges", "a block that is refused leaves the sync in progress for ever"
)
NOT_COUNTED: Final = register_planted(
    "sync.refusal_not_counted", "a block that is refused does not count against the peer that sent it"
)
CLOCK_RULE: Final = "slot_not_in_future"
"""The one rule that holds a block against this node's clock, not against its chain."""
Outcome = Literal["kept", "refused", "done", "doubt", "early"]
"""``done`` only under the planted bug; ``doubt``: the own chain is suspect; ``early``: the own clock is."""


class Intake:
    """Takes deliveries into a ledger.

    Parameters
    ----------
    ledger, anchors, book
        Where blocks go, what they are held against, whom they count for.
    witnesses_needed
        Returns how many peers must be refused at one height before the own
        chain is doubted, given those that were.
    tell
        Records a row of the journal.
    """

    def __init__(
        self,
        ledger: Ledger,
        anchors: Anchors,
        book: PeerBook,
        *,
        witnesses_needed: Callable[[Sequence[str]], int],
        tell: Tell,
    ) -> None:
        self._ledger = ledger
        self._anchors = anchors
        self._book = book
        self._witnesses_needed = witnesses_needed
        self._tell = tell
        self._refused: dict[int, list[str]] = {}

    async def take(self, deliveries: Sequence[Delivery], downloads: Downloads) -> Outcome:
        """Validate and keep deliveries that go on from one another; what was refused is asked for again."""
        before = self._ledger.height
        imported = await self._ledger.import_batch([block for one in deliveries for block in one.blocks])
        height = self._ledger.height
        self._anchors.check(self._ledger.store)
        refused: Delivery | None = None
        for delivery in deliveries:
            last = delivery.blocks[-1].block.height
            self._tell_imported(delivery, min(last, height) - before, min(last, height))
            before = max(before, min(last, height))
            if last <= height:
                self._count(delivery)
            elif refused is None:
                refused = delivery
            else:
                downloads.put_back(delivery)
        if imported.error is None or refused is None:
            short = any(len(one.blocks) < one.wanted.count for one in deliveries)
            return "done" if short and planted(SHORT_IS_DONE) else "kept"
        return await self._refuse(refused, imported.error.rule, downloads)

    async def _refuse(self, delivery: Delivery, rule: str, downloads: Downloads) -> Outcome:
        """Count a block that broke a rule, and get it elsewhere."""
        height, peer = self._ledger.height, delivery.peer
        self._tell("sync.refused", peer=peer, height=height + 1, rule=rule)
        if planted(ERROR_WEDGES):
            await asyncio.Event().wait()
        if not planted(NOT_COUNTED):
            self._book.failed(peer, BLOCKS, REFUSED)
        refused = self._refused.setdefault(height + 1, [])
        if peer not in refused:
            refused.append(peer)
        if len(refused) >= self._witnesses_needed(refused):
            self._book.excuse(refused)
            self._refused.clear()
            return "early" if rule == CLOCK_RULE else "doubt"
        downloads.again(height + 1, delivery.blocks[-1].block.height, peer)
        return "refused"

    def _tell_imported(self, delivery: Delivery, count: int, height: int) -> None:
        if count > 0:
            root = self._ledger.store.root(height).hex()
            self._tell("sync.imported", peer=delivery.peer, count=count, height=height, root=root)

    def _count(self, delivery: Delivery) -> None:
        self._book.succeeded(
            delivery.peer,
            BLOCKS,
            took_ns=delivery.took_ns,
            size_bytes=delivery.size_bytes,
            blocks=len(delivery.blocks),
        )
