"""What every gossiping peer does, whatever the protocol: produce in its slots, take each block once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, Final

from alyslab.harnesses.network.endpoint import Message
from alyslab.harnesses.network.errors import NoAnswerError
from alyslab.harnesses.network.gossip.defects import (
    DEFECT_RATIO,
    EARLY_SEND,
    FORGET_RELAY,
    FORGET_SEEN,
    SKIP_SLOT,
)
from alyslab.harnesses.network.gossip.schedule import Schedule
from alyslab.harnesses.network.gossip.wire import (
    BLOCK,
    ids_size,
    read_body,
    write_body,
    write_ids,
)
from alyslab.runtime.sites import planted

if TYPE_CHECKING:
    from alyslab.harnesses.network.network import Network
    from alyslab.runtime import Node, Runtime

EARLY_S: Final = 0.5
"""How long before its slot an author sends under the planted bug ``gossip.early_send``."""


class Gossiper:
    """One peer while its node is up; what it has seen is gone after a crash.

    Parameters
    ----------
    node
        Clock and tasks of this peer.
    index
        Number of the peer; the first ``schedule.authorities`` peers are authorities.
    links
        Whom it connects to again after a restart.

    Rows of the journal: ``gossip.produced``, ``gossip.received`` for each block
    that comes, ``gossip.refused`` for bytes that mean nothing here.
    """

    def __init__(
        self,
        node: Node,
        *,
        index: int,
        links: Iterable[str],
        network: Network,
        schedule: Schedule,
        runtime: Runtime,
    ) -> None:
        self.node = node
        self.name = node.name
        self.endpoint = network.endpoint(node)
        self.schedule = schedule
        self.random = runtime.random(f"gossip.peer:{node.name}")
        self.seen: dict[int, int] = {}
        """The blocks that it has, and the links that each crossed to get here."""
        self._index = index
        self._links = tuple(links)
        self._forgot: set[int] = set()
        self._defects = runtime.random(f"gossip.defects:{node.name}")
        record = runtime.journal.recorder
        self._produced = record("gossip.produced", "block", "slot", "bytes")
        self._received: Callable[..., None] = record(
            "gossip.received", "block", "sender", "hops", "bytes", "sent_ns", "left_ns", "duplicate"
        )
        self._refused = record("gossip.refused", "sender", "topic", "bytes")

    # --- what a protocol fills in --------------------------------------------------------------

    def handlers(self) -> dict[str, Callable[[Message], None]]:
        """Return what handles each topic."""
        return {BLOCK: self.take_body}

    def announce(self, block: int, hops: int, source: str | None) -> None:
        """Tell others of a block that is new here; ``source`` is whom it came from, None at its author."""
        raise NotImplementedError

    # --- what protocols use --------------------------------------------------------------------

    async def run(self) -> None:
        """Take part until the node goes down."""
        for topic, handler in self.handlers().items():
            self.endpoint.on_message(handler, topic=topic)
        self.endpoint.on_message(self.refuse)
        if self.node.incarnation:
            for peer in self._links:
                self.node.spawn(self._reconnect(peer), name=f"{self.name} dials {peer}")
        if self._index < self.schedule.authorities:
            await self._produce()

    def take_body(self, message: Message) -> None:
        """Take a block; pass it on if it is new."""
        read = read_body(message.payload)
        if read is None:
            self.refuse(message)
            return
        block, hops = read
        duplicate = block in self.seen and not self._forgets(block)
        self._received(
            self.name,
            block,
            message.sender,
            hops,
            message.size_bytes,
            message.sent_ns,
            message.left_ns,
            duplicate,
        )
        if not duplicate:
            self._have(block, hops, message.sender)

    def refuse(self, message: Message) -> None:
        """Say in the journal that a message meant nothing; whoever sent it may send anything."""
        self._refused(self.name, message.sender, message.topic, message.size_bytes)

    def send_body(self, receiver: str, block: int, size_bytes: int | None = None) -> None:
        """Send a block that this peer has."""
        size = self.schedule.block_bytes if size_bytes is None else size_bytes
        payload = write_body(block, self.seen[block] + 1)
        self.endpoint.send(receiver, BLOCK, payload, size_bytes=max(size, len(payload)))

    def send_ids(self, receiver: str, topic: str, blocks: tuple[int, ...]) -> None:
        """Send the numbers of blocks."""
        self.endpoint.send(receiver, topic, write_ids(blocks), size_bytes=ids_size(blocks))

    # --- helpers -------------------------------------------------------------------------------

    def _have(self, block: int, hops: int, source: str | None) -> None:
        self.seen[block] = hops
        if not (planted(FORGET_RELAY) and self._defect()):
            self.announce(block, hops, source)

    async def _produce(self) -> None:
        clock, schedule = self.node.clock, self.schedule
        while (slot := schedule.next_slot(self._index, clock.time_ns())) is not None:
            wait_s = (slot * schedule.slot_ns - clock.time_ns()) / 1e9
            block = slot - schedule.first_slot + 1
            early = planted(EARLY_SEND) and wait_s > EARLY_S and self._defect()
            if early:
                await self.node.sleep(wait_s - EARLY_S)
                self._have(block, 0, None)
                wait_s = EARLY_S
            await self.node.sleep(wait_s)
            if planted(SKIP_SLOT) and self._defect():
                continue
            self._produced(self.name, block, slot, schedule.block_bytes)
            if not early:
                self._have(block, 0, None)

    async def _reconnect(self, peer: str) -> None:
        with suppress(NoAnswerError):
            await self.endpoint.connect(peer)

    def _forgets(self, block: int) -> bool:
        """Forget a block at most once, or two forgetful peers would send it to and fro for ever."""
        if not planted(FORGET_SEEN) or block in self._forgot or not self._defect():
            return False
        self._forgot.add(block)
        return True

    def _defect(self) -> bool:
        return self._defects.random() < DEFECT_RATIO


class Asking:
    """Blocks that a peer has asked for, and whom else it can ask.

    Each open question keeps the network from being quiet, and ends with the
    block, or when everybody who announced it was asked in vain.
    """

    def __init__(self, gossiper: Gossiper, ask: Callable[[str, int], None], timeout_s: float) -> None:
        self._gossiper = gossiper
        self._ask = ask
        self._timeout_s = timeout_s
        self._announcers: dict[int, dict[str, bool]] = {}
        """For each block that is asked for, who has announced it, and whether it was asked."""
        self._open: dict[int, tuple[asyncio.Task[Any], ExitStack]] = {}

    def announced(self, block: int, announcer: str) -> bool:
        """Note who has a block; returns whether this began a question.

        Each announcer is asked once, however often it says so: one that has nothing must not be
        able to keep a peer from asking the others.
        """
        if block in self._open:
            self._announcers[block].setdefault(announcer, False)
            return False
        self._announcers[block] = {announcer: False}
        work = ExitStack()
        work.enter_context(self._gossiper.endpoint.working())
        self._open[block] = self._gossiper.node.spawn(self._until_here(block)), work
        return True

    def has_come(self, block: int) -> None:
        """End the question for a block."""
        if block in self._open:
            task, work = self._open.pop(block)
            task.cancel()
            work.close()

    async def _until_here(self, block: int) -> None:
        announcers = self._announcers[block]
        while (announcer := next((one for one, asked in announcers.items() if not asked), None)) is not None:
            announcers[announcer] = True
            self._ask(announcer, block)
            await self._gossiper.node.sleep(self._timeout_s)
        _, work = self._open.pop(block)
        work.close()
