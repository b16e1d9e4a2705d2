"""What a node holds its own chain against: checkpoints that peers name, and their block at its head."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from alyslab.harnesses.sync.contact import Contact
from alyslab.harnesses.sync.protocol import CHECKPOINT, Anchor
from alyslab.harnesses.sync.scores import PeerBook
from alyslab.harnesses.sync.store import ChainStore

ASKED_MOST = 3
"""Peers that are asked for their block at the own head's height."""


class Anchors:
    """The peers' checkpoints that the own chain has not come to yet.

    Parameters
    ----------
    contact, book
        Who asks, and where a false checkpoint is counted.
    """

    def __init__(self, contact: Contact, book: PeerBook) -> None:
        self._contact = contact
        self._book = book
        self._waiting: dict[str, Anchor] = {}

    async def ask(self, names: Sequence[str]) -> None:
        """Ask these peers for their latest checkpoint, in place of what they said before."""
        answers = await asyncio.gather(*(self._contact.anchor(name) for name in names))
        self._waiting = {name: a for name, a in zip(names, answers, strict=True) if a and a.height}

    def check(self, store: ChainStore) -> None:
        """Count a failure for each peer whose checkpoint contradicts a block that was validated here."""
        for name, anchor in sorted(self._waiting.items()):
            if anchor.height > store.height:
                continue
            del self._waiting[name]
            own = store.root(anchor.height), store.state_root(anchor.height)
            if own != (anchor.root, anchor.state_root):
                self._book.failed(name, CHECKPOINT, "false_checkpoint")

    async def on_their_chain(self, store: ChainStore, names: Sequence[str]) -> bool:
        """Return whether most of these peers that answer have the own head; True if none can tell."""
        height, head = store.height, store.head_root
        if height == 0 or not names:
            return True
        answers = await asyncio.gather(*(self._contact.block(name, height) for name in names[:ASKED_MOST]))
        same = [answer.block.root == head for answer in answers if answer]
        return 2 * sum(same) >= len(same)
