"""Inventory and request: a peer says what it has, and sends a block to whoever asks.

Every block crosses as many links as there are peers without it, once each; only
the announcements are flooded.  Source: Bitcoin's ``inv``, ``getdata`` and
``block``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from alyslab.harnesses.network.endpoint import Message
from alyslab.harnesses.network.gossip.defects import ASKS_ALL
from alyslab.harnesses.network.gossip.gossiper import Asking, Gossiper
from alyslab.harnesses.network.gossip.wire import (
    GET,
    HAVE,
    read_ids,
)
from alyslab.runtime.sites import planted

ASK_TIMEOUT_S: Final = 60.0
"""How long a peer waits for a block before it asks another one, in s.

Bitcoin Core allows a block half a block interval; a minute, its limit for a transaction
(GETDATA_TX_INTERVAL), is the nearest of its constants that fits slots of seconds.
"""


class Inventory(Gossiper):
    """A peer that announces, asks and answers."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.asking = Asking(self, self.ask, ASK_TIMEOUT_S)

    def handlers(self) -> dict[str, Callable[[Message], None]]:
        """Return what handles each topic."""
        return {**super().handlers(), HAVE: self._told, GET: self._asked}

    def announce(self, block: int, hops: int, source: str | None) -> None:  # noqa: ARG002 - read from seen
        """Say that the block is here."""
        self.asking.has_come(block)
        for peer in self.endpoint.peers():
            if peer != source:
                self.send_ids(peer, HAVE, (block,))

    def ask(self, peer: str, block: int) -> None:
        """Ask for a block."""
        self.send_ids(peer, GET, (block,))

    def serve(self, peer: str, block: int) -> None:
        """Answer with a block that is here."""
        self.send_body(peer, block)

    def _told(self, message: Message) -> None:
        blocks = read_ids(message.payload)
        if blocks is None:
            self.refuse(message)
            return
        for block in blocks:
            if block in self.seen:
                continue
            if not self.asking.announced(block, message.sender) and planted(ASKS_ALL):
                self.ask(message.sender, block)

    def _asked(self, message: Message) -> None:
        blocks = read_ids(message.payload)
        if blocks is None:
            self.refuse(message)
            return
        for block in blocks:
            if block in self.seen:  # nothing can be said about another one
                self.serve(message.sender, block)
