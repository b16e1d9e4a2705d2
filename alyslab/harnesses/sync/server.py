"""Answers peers that ask for status, blocks and checkpoints, from whatever holds blocks.

A request that is none is answered with an error code and never raises: the
death of V1's responder at one bad response was an incident.
Source: alys-system.md §7, incident 4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from alyslab.harnesses.network.endpoint import Endpoint, Message
from alyslab.harnesses.network.errors import NetworkError
from alyslab.harnesses.sync import protocol
from alyslab.harnesses.sync.errors import ProtocolError
from alyslab.harnesses.sync.protocol import Anchor, Range, Status
from alyslab.model.finality import PowPointer
from alyslab.runtime.sites import register_site, site

SHORT: Final = register_site(
    "sync.short_answer", "a peer answers with the first half of the blocks that it has"
)
LATE: Final = register_site("sync.late_answer", "a peer takes seconds for an answer")
LATE_S: Final = 3.0
UNANSWERED: Final = register_site("sync.unanswered", "a peer forgets a request for blocks")


class BlockSource(Protocol):
    """Where a server's blocks come from: a :class:`ChainStore`, or a history in memory."""

    @property
    def height(self) -> int:
        """Height of its head."""
        ...

    @property
    def pow(self) -> PowPointer:
        """Pointer to its latest proof of work."""
        ...

    def root(self, height: int) -> bytes:
        """Return the root of its block at this height; 0 is the genesis."""
        ...

    def state_root(self, height: int) -> bytes:
        """Return the state root of its block at this height, from 1 on."""
        ...

    def frames(self, start: int, count: int) -> list[bytes]:
        """Return the canonical bytes of up to ``count`` blocks from height ``start``, 1 or more, on."""
        ...


class SyncServer:
    """Serves one node's blocks.

    Parameters
    ----------
    endpoint
        Where answers leave; the node's receive loop gives requests to :meth:`handle`.
    source
        The blocks.
    blocks_most
        Most blocks of one answer; a requester must cope with fewer than it asked for.
    checkpoint_interval
        The latest multiple of it is what a request for a checkpoint gets.
    blame
        Told of a peer, and why, whose request is none.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        source: BlockSource,
        *,
        blocks_most: int = protocol.RANGE_BLOCKS_MOST,
        checkpoint_interval: int = 1_000,
        blame: Callable[[str, str], None] | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.source = source
        self.blocks_most = blocks_most
        self.checkpoint_interval = checkpoint_interval
        self.blame = blame

    def handle(self, message: Message) -> bool:
        """Answer the message if it is a request for blocks, status or checkpoint; return whether it was."""
        if message.topic not in protocol.TOPICS or message.reply_to:
            return False
        blocks = message.topic == protocol.BLOCKS
        if blocks and self.blame is not None and self._wanted(message.payload) is None:
            self.blame(message.sender, "bad_request")
        answer = self.answer(message.topic, message.payload)
        if answer is None or (blocks and site(UNANSWERED)):
            return True
        if site(LATE):
            self.reply_later(message, answer, LATE_S)
        else:
            self.reply(message, answer)
        return True

    def reply(self, message: Message, answer: bytes) -> None:
        """Send an answer; a requester that is gone meanwhile gets none."""
        try:
            self.endpoint.reply(message, answer)
        except NetworkError:
            return

    def reply_later(self, message: Message, answer: bytes, seconds: float) -> None:
        """Send an answer after a while."""

        async def later() -> None:
            await self.endpoint.node.sleep(seconds)
            SyncServer.reply(self, message, answer)

        self.endpoint.node.spawn(later())

    def answer(self, topic: str, payload: bytes) -> bytes | None:
        """Return the answer to a request; None is no answer at all, which an honest server never gives."""
        if topic == protocol.STATUS:
            return protocol.write_status(self.status())
        if topic == protocol.CHECKPOINT:
            return protocol.write_anchor(self.anchor())
        wanted = self._wanted(payload)
        if wanted is None:
            return protocol.refusal(protocol.INVALID_REQUEST)
        count = min(wanted.count, self.blocks_most)
        if count > 1 and site(SHORT):
            count //= 2
        return protocol.write_blocks(self.source.frames(wanted.start, count))

    def status(self) -> Status:
        """Return what the source is."""
        source = self.source
        return Status(
            version=protocol.VERSION,
            genesis=source.root(0),
            height=source.height,
            root=source.root(source.height),
            finalised_height=source.pow.finalised_height,
        )

    def anchor(self) -> Anchor:
        """Return the latest checkpoint of the source."""
        height = self.source.height // self.checkpoint_interval * self.checkpoint_interval
        if height == 0:
            return Anchor(height=0, root=bytes(32), state_root=bytes(32))
        return Anchor(height=height, root=self.source.root(height), state_root=self.source.state_root(height))

    async def serve(self) -> None:
        """Receive and answer for ever; for a node that does nothing else."""
        while True:
            self.handle(await self.endpoint.receive())

    def attach(self) -> None:
        """Let the endpoint hand requests over as they come; a crash of the node undoes it."""
        for topic in sorted(protocol.TOPICS):
            self.endpoint.on_message(self._take, topic=topic)

    @staticmethod
    def _wanted(payload: bytes) -> Range | None:
        """Return the range that is asked for, None for a request that is none."""
        try:
            wanted = protocol.read_range(payload)
        except ProtocolError:
            return None
        sensible = wanted.start >= 1 and 1 <= wanted.count <= protocol.RANGE_BLOCKS_MOST
        return wanted if sensible else None

    def _take(self, message: Message) -> None:
        self.handle(message)
