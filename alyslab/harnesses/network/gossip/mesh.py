"""A mesh of degree d: blocks go to a few chosen neighbours, their numbers now and then to others.

A peer keeps between ``D_LOW`` and ``D_HIGH`` of its neighbours in its mesh and
passes every new block on to these.  At each heartbeat it mends the mesh (graft,
prune) and tells some neighbours outside it what came lately (IHAVE), who ask
for what they lack (IWANT).

Source: gossipsub v1.0, libp2p specs, pubsub/gossipsub/gossipsub-v1.0.md, and its parameters.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from alyslab.harnesses.network.endpoint import Message
from alyslab.harnesses.network.gossip.defects import NEVER_PRUNES, SILENT_LAZY
from alyslab.harnesses.network.gossip.gossiper import Asking, Gossiper
from alyslab.harnesses.network.gossip.wire import (
    GET,
    GRAFT,
    HAVE,
    PRUNE,
    read_ids,
)
from alyslab.runtime.sites import planted

D: Final = 6
"""Neighbours that a peer wants in its mesh."""
D_LOW: Final = 4
"""With fewer it grafts."""
D_HIGH: Final = 12
"""With more it prunes."""
D_LAZY: Final = 6
"""Neighbours outside the mesh that hear of blocks at a heartbeat."""
HEARTBEAT_S: Final = 1.0
WINDOWS: Final = 3
"""For how many heartbeats a block is told of (mcache_gossip)."""
BACKOFF_S: Final = 60.0
"""How long after a prune nobody grafts again."""
IWANT_TIMEOUT_S: Final = 3.0
"""How long a peer waits for what it asked for (IWantFollowupTime of v1.1)."""
CONTROL_BYTES: Final = 40
"""Size of a graft or prune, in bytes: an RPC with a topic id of some 30 letters."""


class Mesh(Gossiper):
    """A peer of a mesh.

    Its mesh is written to the journal after each heartbeat that changed it:
    ``gossip.mesh`` with ``size`` and ``neighbours``, how many it could have.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.mesh: dict[str, None] = {}
        self._backoff_ns: dict[str, int] = {}
        self._windows: deque[list[int]] = deque([[]], maxlen=WINDOWS)
        self._asking = Asking(self, self._want, IWANT_TIMEOUT_S)
        self._record_mesh = options["runtime"].journal.recorder("gossip.mesh", "size", "neighbours")
        self._said = -1

    def handlers(self) -> dict[str, Callable[[Message], None]]:
        """Return what handles each topic."""
        return {
            **super().handlers(),
            HAVE: self._told,
            GET: self._asked,
            GRAFT: self._grafted,
            PRUNE: self._pruned,
        }

    async def run(self) -> None:
        """Take part until the node goes down; hearts beat until the last slot ends, not all at once."""
        self.endpoint.on_peers(self._peer_changed)
        self.node.spawn(self._beat(), name=f"{self.name} heartbeat")
        await super().run()

    def announce(self, block: int, hops: int, source: str | None) -> None:  # noqa: ARG002 - read from seen
        """Send the block to the mesh, and remember to tell others of it."""
        self._asking.has_come(block)
        self._windows[-1].append(block)
        for peer in self.mesh:
            if peer != source:
                self.send_body(peer, block)

    async def _beat(self) -> None:
        clock = self.node.clock
        await self.node.sleep(self.random.random() * HEARTBEAT_S)
        # The last blocks have to be told of after the last slot too.
        end_ns = self.schedule.end_ns + round(WINDOWS * HEARTBEAT_S * 1e9)
        while clock.time_ns() < end_ns:
            self._mend()
            self._tell_lazily()
            self._windows.append([])
            await self.node.sleep(HEARTBEAT_S)

    def _mend(self) -> None:
        now_ns = self.node.clock.time_ns()
        if len(self.mesh) < D_LOW:
            free = [
                peer
                for peer in self.endpoint.peers()
                if peer not in self.mesh and self._backoff_ns.get(peer, 0) <= now_ns
            ]
            for peer in self.random.sample(free, min(D - len(self.mesh), len(free))):
                self.mesh[peer] = None
                self._control(peer, GRAFT)
        elif len(self.mesh) > D_HIGH and not planted(NEVER_PRUNES):
            for peer in self.random.sample(list(self.mesh), len(self.mesh) - D):
                self._prune(peer)
        if len(self.mesh) != self._said:
            self._said = len(self.mesh)
            self._record_mesh(self.name, self._said, len(self.endpoint.peers()))

    def _tell_lazily(self) -> None:
        blocks = tuple(block for window in self._windows for block in window)
        others = [peer for peer in self.endpoint.peers() if peer not in self.mesh]
        if blocks and not planted(SILENT_LAZY):
            for peer in self.random.sample(others, min(D_LAZY, len(others))):
                self.send_ids(peer, HAVE, blocks)

    def _prune(self, peer: str) -> None:
        self.mesh.pop(peer, None)
        self._backoff_ns[peer] = self.node.clock.time_ns() + round(BACKOFF_S * 1e9)
        self._control(peer, PRUNE)

    def _control(self, peer: str, topic: str) -> None:
        self.endpoint.send(peer, topic, b"", size_bytes=CONTROL_BYTES)

    def _grafted(self, message: Message) -> None:
        peer = message.sender
        if peer in self.mesh:
            return
        if self._backoff_ns.get(peer, 0) > self.node.clock.time_ns() or (
            len(self.mesh) >= D_HIGH and not planted(NEVER_PRUNES)
        ):
            self._prune(peer)
        else:
            self.mesh[peer] = None

    def _pruned(self, message: Message) -> None:
        self.mesh.pop(message.sender, None)
        self._backoff_ns[message.sender] = self.node.clock.time_ns() + round(BACKOFF_S * 1e9)

    def _peer_changed(self, peer: str, connected: bool) -> None:
        if not connected:
            self.mesh.pop(peer, None)

    def _want(self, peer: str, block: int) -> None:
        self.send_ids(peer, GET, (block,))

    def _told(self, message: Message) -> None:
        blocks = read_ids(message.payload)
        if blocks is None:
            self.refuse(message)
            return
        for block in blocks:
            if block not in self.seen:
                self._asking.announced(block, message.sender)

    def _asked(self, message: Message) -> None:
        blocks = read_ids(message.payload)
        if blocks is None:
            self.refuse(message)
            return
        for block in blocks:
            if block in self.seen:
                self.send_body(message.sender, block)
