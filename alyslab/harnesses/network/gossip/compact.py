"""Compact blocks: a block is sent with short ids in the place of transactions that the receiver should have.

Where it lacks some, it asks for them, which costs a round trip and their bytes.
Which peers take part, and how often they lack something, is as SimBlock
measured it.

Source: BIP 152; SimBlock, commit 5fc7f9f, SimulationConfiguration.java (CBR_*, CHURN_NODE_RATE,
COMPACT_BLOCK_SIZE) and Node.java.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from alyslab.harnesses.network.endpoint import Message
from alyslab.harnesses.network.gossip.defects import ALWAYS_WHOLE
from alyslab.harnesses.network.gossip.inventory import Inventory
from alyslab.harnesses.network.gossip.wire import (
    COMPACT,
    GET,
    ID_BYTES,
    MISSING,
    read_body,
    read_ids,
    write_body,
    write_ids,
)
from alyslab.runtime.sites import planted

COMPACT_BYTES: Final = 18_000
"""Size of a compact block, in bytes."""
COMPACT_RATIO: Final = 0.964
"""Share of peers that use compact blocks."""
CHURN_RATIO: Final = 0.976
"""Share of peers that come and go; the others stay."""
FAILURE_RATIO_CHURN: Final = 0.27
"""How often a peer that comes and goes lacks a transaction."""
FAILURE_RATIO_CONTROL: Final = 0.13
"""How often a peer that stays does."""
MISSING_RATIO: Final = 0.5
"""Share of the block that is missing then: our own assumption, the middle of what is possible.

SimBlock draws from lists of measured shares, which are not repeated here.
"""


class Compact(Inventory):
    """A peer that asks for compact blocks, and answers with them, if it is one of those that do.

    Further rows of the journal: ``gossip.compact_peer`` (``compact``, ``churn``)
    once, ``gossip.rebuilt`` (``block``, ``sender``, ``whole``) for each compact
    block that comes.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._compact = self.random.random() < COMPACT_RATIO
        self._churn = self.random.random() < CHURN_RATIO
        record = options["runtime"].journal.recorder
        record("gossip.compact_peer", "compact", "churn")(self.name, self._compact, self._churn)
        self._rebuilt = record("gossip.rebuilt", "block", "sender", "whole")
        self._wants_compact: dict[str, bool] = {}

    def handlers(self) -> dict[str, Callable[[Message], None]]:
        """Return what handles each topic."""
        return {**super().handlers(), COMPACT: self._take_compact, MISSING: self._asked_missing}

    def ask(self, peer: str, block: int) -> None:
        """Ask for a block, the larger message saying that a compact one will do."""
        payload = write_ids((block, block) if self._compact else (block,))
        self.endpoint.send(peer, GET, payload, size_bytes=ID_BYTES)

    def _asked(self, message: Message) -> None:
        blocks = read_ids(message.payload)
        if blocks is None:
            self.refuse(message)
        elif blocks[0] in self.seen:
            if len(blocks) > 1 and self._compact:
                body = write_body(blocks[0], self.seen[blocks[0]] + 1)
                self.endpoint.send(message.sender, COMPACT, body, size_bytes=self._compact_bytes())
            else:
                self.serve(message.sender, blocks[0])

    def _take_compact(self, message: Message) -> None:
        read = read_body(message.payload)
        if read is None:
            self.refuse(message)
            return
        failure_ratio = FAILURE_RATIO_CHURN if self._churn else FAILURE_RATIO_CONTROL
        whole = self.random.random() >= failure_ratio or planted(ALWAYS_WHOLE)
        self._rebuilt(self.name, read[0], message.sender, whole)
        if whole:
            self.take_body(message)
        else:
            self.send_ids(message.sender, MISSING, (read[0],))

    def _asked_missing(self, message: Message) -> None:
        blocks = read_ids(message.payload)
        if blocks is None:
            self.refuse(message)
        elif blocks[0] in self.seen:
            size = max(1, round(MISSING_RATIO * self.schedule.block_bytes))
            self.send_body(message.sender, blocks[0], size_bytes=size)

    def _compact_bytes(self) -> int:
        """Return the size of a compact block: never more than the block itself."""
        return min(COMPACT_BYTES, self.schedule.block_bytes) if self.schedule.block_bytes > 6 else 6
