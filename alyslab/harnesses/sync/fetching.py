"""Fetching: ranges asked for, taken in, statuses asked again meanwhile, until near enough to the goal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal

from alyslab.harnesses.sync.claims import Claims
from alyslab.harnesses.sync.contact import Contact
from alyslab.harnesses.sync.downloads import Downloads
from alyslab.harnesses.sync.intake import Intake
from alyslab.harnesses.sync.ledger import Ledger
from alyslab.harnesses.sync.policy import SyncPolicy
from alyslab.harnesses.sync.scores import PeerBook, Tell
from alyslab.runtime import Node

End = Literal["near", "done", "doubt", "early", "partition", "no_peers"]
"""Why fetching ended: near the goal; by a planted bug; the own chain or clock in doubt; nobody answers."""


class Fetching:
    """Fetches for one syncer, whose parts it is given."""

    def __init__(
        self,
        node: Node,
        ledger: Ledger,
        intake: Intake,
        contact: Contact,
        book: PeerBook,
        *,
        claims: Claims,
        policy: SyncPolicy,
        tell: Tell,
    ) -> None:
        self._node = node
        self._ledger = ledger
        self._intake = intake
        self._contact = contact
        self._book = book
        self._claims = claims
        self._policy = policy
        self._tell = tell

    async def run(self, goal: Callable[[], int], *, at_once: int, short_of: int) -> End:
        """Fetch and import until within ``short_of`` blocks of the goal, which may move."""
        downloads = Downloads(
            self._node,
            self._contact,
            self._book,
            self._policy,
            head=self._ledger.height,
            has=self._claims.having,
            tell=self._tell,
            at_once=at_once,
        )
        asked_ns = self._node.clock.time_ns()
        polling: asyncio.Task[int] | None = None
        try:
            while self._ledger.height < goal() - short_of:
                now_ns = self._node.clock.time_ns()
                due = now_ns - asked_ns > self._policy.status_interval_s * 1e9
                if due and (polling is None or polling.done()):
                    polling, asked_ns = self._node.spawn(self._claims.ask_all()), now_ns
                downloads.fill(self._ledger.height, goal())
                end = await self._step(downloads)
                if end is not None:
                    return end
            return "near" if self._claims.answered() else "no_peers"
        finally:
            downloads.close()
            if polling is not None:
                polling.cancel()

    async def _step(self, downloads: Downloads) -> End | None:
        """Take in what has come, or wait for news; return why to end, None to go on."""
        deliveries = downloads.take(self._ledger.height)
        if deliveries:
            outcome = await self._intake.take(deliveries, downloads)
            return outcome if outcome in ("done", "doubt", "early") else None
        if self._book.partitioned(self._claims.known):
            self._book.pardon(self._claims.known, "partition")
            return "partition"
        if not downloads.under_way and not self._claims.answered():
            return "no_peers"
        await downloads.news(self._policy.discover_interval_s)
        return None
