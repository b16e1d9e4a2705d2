"""What a message meets on its way: the queue at its sender, the sender's line, and the distance.

Nothing is lost or reordered on purpose here; a message may still overtake
another on the same link, because each draws its own latency.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from alyslab.harnesses.network.regions import Region, RegionTable
from alyslab.runtime.sites import planted, register_planted, register_site, site

if TYPE_CHECKING:
    from alyslab.runtime import Node, Runtime

DELAY: Final = register_site("gossip.delay", "a message takes ten times its latency")
FORGET_BACKLOG: Final = register_planted(
    "gossip.forget_backlog", "an uplink sends each message as if nothing else were waiting"
)
CUT_THROUGH: Final = register_planted(
    "gossip.cut_through", "a message arrives one latency after it was sent, whatever its size and the queue"
)

SLOW_FACTOR: Final = 10
"""How much longer a delayed message takes; more than the draw itself produces in a billion messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A block on its way over one link."""

    block: int
    """Number of the block."""
    sender: str
    """The peer that sends it over this link."""
    hops: int
    """Links crossed on arrival; 1 when it comes from the block's author."""
    size_bytes: int
    """What the sender's line has to carry, in bytes."""
    sent_ns: int
    """When the sender handed it to its uplink, in ns since the run began."""
    left_ns: int
    """When its last byte left the sender, in ns since the run began."""


class Uplink:
    """The one line out of a peer: messages leave it one after another."""

    __slots__ = ("_free_ns",)

    def __init__(self) -> None:
        self._free_ns = 0

    def leave_ns(self, now_ns: int, size_bytes: int, bandwidth_bps: float) -> int:
        """Queue a message that is sent now and return when its last byte leaves, in ns."""
        begin_ns = now_ns if planted(FORGET_BACKLOG) else max(now_ns, self._free_ns)
        self._free_ns = begin_ns + round(size_bytes * 8e9 / bandwidth_bps)
        return self._free_ns


class Network:
    """Carries messages between peers and knows when none is left to handle.

    Parameters
    ----------
    runtime
        What runs: its clock, and a stream of latencies for each sender.
    homes
        Each peer's region.
    table
        Latency and bandwidth between regions.
    """

    def __init__(self, runtime: Runtime, homes: Mapping[str, Region], table: RegionTable) -> None:
        self._runtime = runtime
        self._homes = homes
        self._table = table
        self._uplinks = {peer: Uplink() for peer in homes}
        # A stream for each sender: what one peer sends shifts nobody else's latencies.
        self._latencies = {peer: runtime.random(f"gossip.latency:{peer}") for peer in homes}
        self._lost = runtime.journal.recorder("gossip.lost", "block", "sender")
        self._ports: dict[str, Port] = {}
        self._pending = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    def port(self, node: Node) -> Port:
        """Return the node's own end of the network, made at the first call; crashes of the node reach it."""
        if node.name not in self._ports:
            node.network = self._ports[node.name] = Port(self, node)
        return self._ports[node.name]

    def send(
        self,
        *,
        block: int,
        sender: str,
        receiver: str,
        hops: int,
        size_bytes: int,
        sent_ns: int | None = None,
    ) -> None:
        """Put a block on the link from ``sender`` to ``receiver``.

        ``sent_ns`` is now, unless the sender says otherwise.  Consumes a draw
        of the sender's latencies; the message arrives later in virtual time.
        """
        now_ns = self._runtime.now_ns
        here, there = self._homes[sender], self._homes[receiver]
        bandwidth_bps = self._table.bandwidth_bps(here, there)
        left_ns = self._uplinks[sender].leave_ns(now_ns, size_bytes, bandwidth_bps)
        latency_ns = self._table.draw_latency_ns(here, there, self._latencies[sender])
        if site(DELAY):
            latency_ns *= SLOW_FACTOR
        arrival_ns = (now_ns if planted(CUT_THROUGH) else left_ns) + latency_ns
        message = Message(
            block=block,
            sender=sender,
            hops=hops,
            size_bytes=size_bytes,
            sent_ns=now_ns if sent_ns is None else sent_ns,
            left_ns=left_ns,
        )
        self._pending += 1
        self._quiet.clear()
        asyncio.get_running_loop().call_later((arrival_ns - now_ns) / 1e9, self._arrive, receiver, message)

    async def quiet(self) -> None:
        """Return once no message is on its way or waiting to be handled."""
        await self._quiet.wait()

    def count_out(self, messages: int) -> None:
        """Let go of messages that were handled or lost; what they caused to be sent is counted already."""
        self._pending -= messages
        if self._pending == 0:
            self._quiet.set()

    def lost(self, message: Message, receiver: str) -> None:
        """Say in the journal that a message found its receiver down, and count it out."""
        self._lost(receiver, message.block, message.sender)
        self.count_out(1)

    def _arrive(self, receiver: str, message: Message) -> None:
        self._ports[receiver].deliver(message)


class Port:
    """A node's end of the network: what has arrived and is not handled yet.

    A crash of the node loses it, and what arrives while the node is down.
    """

    def __init__(self, network: Network, node: Node) -> None:
        self._network = network
        self._node = node
        self._waiting: asyncio.Queue[Message] = asyncio.Queue()

    async def receive(self) -> Message:
        """Wait for the next message; whoever takes it calls :meth:`handled` when done with it."""
        return await self._waiting.get()

    def handled(self) -> None:
        """Count out a message that was received."""
        self._network.count_out(1)

    def deliver(self, message: Message) -> None:
        """Take a message from the link, or lose it if the node is down."""
        if self._node.state == "crashed":
            self._network.lost(message, self._node.name)
        else:
            self._waiting.put_nowait(message)

    def node_crashed(self) -> None:
        """Lose what was waiting."""
        while not self._waiting.empty():
            self._network.lost(self._waiting.get_nowait(), self._node.name)

    def node_restarted(self) -> None:
        """Begin with an empty queue: the one before still has the dead process waiting at it."""
        self._waiting = asyncio.Queue()
