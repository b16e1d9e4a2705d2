"""What a peer does: produce a block in its slots, and pass on each block that is new to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from alyslab.harnesses.network.link import Message, Network
from alyslab.runtime.sites import planted, register_planted

if TYPE_CHECKING:
    from alyslab.runtime import Node, Runtime

FORGET_RELAY: Final = register_planted(
    "gossip.forget_relay", "now and then a peer does not pass a new block on"
)
FORGET_SEEN: Final = register_planted(
    "gossip.forget_seen", "now and then a peer takes a block that it has for a new one"
)
STALE_STAMP: Final = register_planted(
    "gossip.stale_stamp", "a peer passes a message on with the time at which it was sent to itself"
)
SKIP_SLOT: Final = register_planted(
    "gossip.skip_slot", "now and then an author lets its slot pass without a block"
)

DEFECT_RATIO: Final = 0.05
"""How often a defect shows that comes "now and then": rarely enough to be missed by a quick look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Which slots get a block, and who produces it.

    Slots are counted by each peer's own clock, as Aura does: slot = time // slot
    length, author = slot mod authorities.  Time 0 is the beginning of the run.
    """

    slot_ns: int
    """Length of a slot, in ns."""
    authorities: int
    """How many peers take turns: the first ones."""
    first_slot: int
    """Slot of block 1."""
    blocks: int
    """How many slots get a block, from ``first_slot`` on."""
    block_bytes: int
    """Size of each block, in bytes."""

    @property
    def end_ns(self) -> int:
        """When the last slot with a block ends, in ns since the run began."""
        return (self.first_slot + self.blocks) * self.slot_ns

    def next_slot(self, authority: int, time_ns: int) -> int | None:
        """Return the authority's first slot to begin after ``time_ns`` on its clock; None if none is left."""
        slot = max(time_ns // self.slot_ns + 1, self.first_slot)
        slot += (authority - slot) % self.authorities
        return slot if slot < self.first_slot + self.blocks else None


class Peer:
    """One peer while its node is up; what it has seen is gone after a crash.

    Parameters
    ----------
    node
        Clock and tasks of this peer.
    index
        Number of the peer; the first ``schedule.authorities`` peers are authorities.
    neighbours
        Names of the peers that it is linked to.
    """

    def __init__(
        self,
        node: Node,
        *,
        index: int,
        neighbours: Sequence[str],
        network: Network,
        schedule: Schedule,
        runtime: Runtime,
    ) -> None:
        self._node = node
        self._index = index
        self._neighbours = tuple(neighbours)
        self._network = network
        self._schedule = schedule
        self._seen: set[int] = set()
        self._forgot: set[int] = set()
        self._defects = runtime.random(f"gossip.defects:{node.name}")
        self._produced = runtime.journal.recorder("gossip.produced", "block", "slot", "bytes")
        self._received: Callable[..., None] = runtime.journal.recorder(
            "gossip.received", "block", "sender", "hops", "bytes", "sent_ns", "left_ns", "duplicate"
        )

    async def run(self) -> None:
        """Produce and pass on until the node goes down."""
        port = self._network.port(self._node)
        if self._index < self._schedule.authorities:
            self._node.spawn(self._produce(), name=f"{self._node.name} author")
        while True:
            self._handle(await port.receive())
            port.handled()

    async def _produce(self) -> None:
        clock = self._node.clock
        schedule = self._schedule
        while (slot := schedule.next_slot(self._index, clock.time_ns())) is not None:
            await self._node.sleep((slot * schedule.slot_ns - clock.time_ns()) / 1e9)
            if planted(SKIP_SLOT) and self._defect():
                continue
            block = slot - schedule.first_slot + 1
            self._seen.add(block)
            self._produced(self._node.name, block, slot, schedule.block_bytes)
            self._relay(block, schedule.block_bytes, hops=0)

    def _handle(self, message: Message) -> None:
        duplicate = message.block in self._seen and not self._forgets(message.block)
        self._seen.add(message.block)
        self._received(
            self._node.name,
            message.block,
            message.sender,
            message.hops,
            message.size_bytes,
            message.sent_ns,
            message.left_ns,
            duplicate,
        )
        if not duplicate:
            stamp_ns = message.sent_ns if planted(STALE_STAMP) else None
            self._relay(message.block, message.size_bytes, message.hops, message.sender, stamp_ns)

    def _relay(
        self, block: int, size_bytes: int, hops: int, source: str | None = None, sent_ns: int | None = None
    ) -> None:
        """Send the block to every neighbour but the one that it came from."""
        if planted(FORGET_RELAY) and self._defect():
            return
        for neighbour in self._neighbours:
            if neighbour != source:
                self._network.send(
                    block=block,
                    sender=self._node.name,
                    receiver=neighbour,
                    hops=hops + 1,
                    size_bytes=size_bytes,
                    sent_ns=sent_ns,
                )

    def _forgets(self, block: int) -> bool:
        """Forget a block at most once, or two forgetful peers would send it to and fro for ever."""
        if not planted(FORGET_SEEN) or block in self._forgot or not self._defect():
            return False
        self._forgot.add(block)
        return True

    def _defect(self) -> bool:
        return self._defects.random() < DEFECT_RATIO
