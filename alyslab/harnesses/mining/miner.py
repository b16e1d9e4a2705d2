"""Miners on the message-by-message network: they find blocks and tell each other; one may be selfish.

Finding a block is a Poisson process of each miner's share, so that it does not
matter when a miner changes what it mines on.  The longest chain counts; among
equals the one that a miner heard of first.  A block's number is its identity.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from alyslab.errors import ParameterError, Problem
from alyslab.harnesses.mining.closed_forms import require
from alyslab.harnesses.mining.selfish import OVERRIDE_LEAD
from alyslab.harnesses.network.endpoint import Endpoint
from alyslab.harnesses.network.link import LinkSpec
from alyslab.harnesses.network.message import Message
from alyslab.harnesses.network.network import Network
from alyslab.harnesses.network.topology import Topology
from alyslab.runtime import Node, Runtime, require_current
from alyslab.runtime.sites import planted, register_planted

if TYPE_CHECKING:
    from alyslab.runtime import Journal

LATE: Final = register_planted(
    "mining.publishes_late", "a selfish miner keeps its branch until the others are level"
)
DEAF: Final = register_planted(
    "mining.deaf", "a miner goes on with its own block when it hears of a longer chain"
)

TOPIC: Final = "block"
BLOCK_BYTES: Final = 24
FIRST: Final = 0
"""The block that everybody begins with."""


class Ledger:
    """Numbers the blocks of one run, ends it after so many, and keeps what became of them."""

    def __init__(self, runtime: Runtime, blocks: int) -> None:
        self.left = blocks
        self._found: dict[int, tuple[int, int]] = {}
        self._record = runtime.journal.recorder("mining.found", "block", "parent", "height")
        self.heard = runtime.journal.recorder("mining.heard", "block", "height")
        self.published = runtime.journal.recorder("mining.published", "block", "height")

    def add(self, miner: str, parent: int, height: int) -> int:
        """Return the number of a new block."""
        block = FIRST + 1 + len(self._found)
        self._found[block] = parent, height
        self.left -= 1
        self._record(miner, block, parent, height)
        return block

    def has_work(self, block: int, parent: int, height: int) -> bool:
        """Answer whether somebody found this very block; what a liar makes up has no proof of work."""
        return self._found.get(block) == (parent, height)


class Miner:
    """An honest miner: extends the longest chain that it has heard of, and tells everybody at once."""

    def __init__(self, node: Node, endpoint: Endpoint, ledger: Ledger, mean_s: float) -> None:
        self.node, self.endpoint, self.ledger, self.mean_s = node, endpoint, ledger, mean_s
        self.tip, self.height = FIRST, 0
        self._deaf = planted(DEAF) and node.name.endswith("1")
        endpoint.on_message(self._told, topic=TOPIC)

    async def mine(self) -> None:
        """Find blocks until the run has enough."""
        while True:
            await self.node.sleep(self.node.random.expovariate(1 / self.mean_s))
            if self.ledger.left <= 0:
                return
            self.found()

    def found(self) -> None:
        """Extend the chain by a block and publish it."""
        parent, self.height = self.tip, self.height + 1
        self.tip = self.ledger.add(self.node.name, parent, self.height)
        self.publish(self.tip, parent, self.height)

    def heard(self, block: int, parent: int, height: int) -> None:  # noqa: ARG002 - a selfish miner asks for it
        """Take a block of somebody else."""
        if height > self.height and not self._deaf:
            self.tip, self.height = block, height

    def publish(self, block: int, parent: int, height: int) -> None:
        """Tell every neighbour."""
        self.ledger.published(self.node.name, block, height)
        payload = b"".join(part.to_bytes(8, "big") for part in (block, parent, height))
        for peer in self.endpoint.peers():
            self.endpoint.send(peer, TOPIC, payload)

    def _told(self, message: Message) -> None:
        if len(message.payload) != BLOCK_BYTES:
            return  # that is no block
        block, parent, height = (int.from_bytes(message.payload[i : i + 8], "big") for i in (0, 8, 16))
        if self.ledger.has_work(block, parent, height):
            self.ledger.heard(self.node.name, block, height)
            self.heard(block, parent, height)


class SelfishMiner(Miner):
    """Keeps its blocks to itself and publishes them when that costs the others most.

    Source: Eyal and Sirer 2014, algorithm 1.
    """

    def __init__(self, node: Node, endpoint: Endpoint, ledger: Ledger, mean_s: float) -> None:
        super().__init__(node, endpoint, ledger, mean_s)
        self._private: list[tuple[int, int, int]] = []
        self._public_height = 0
        self._override_lead = 0 if planted(LATE) else OVERRIDE_LEAD
        self._racing = False

    def found(self) -> None:
        """Extend the private branch; publish it if that decides a race."""
        parent, self.height = self.tip, self.height + 1
        self.tip = self.ledger.add(self.node.name, parent, self.height)
        self._private.append((self.tip, parent, self.height))
        if self._racing:
            self._publish_up_to(self.height)

    def heard(self, block: int, parent: int, height: int) -> None:  # noqa: ARG002 - as an honest miner's
        """Answer a block of the others: give up, race, or take the lead from them."""
        if height <= self._public_height:
            return
        self._public_height = height
        lead = self.height - height
        if lead < 0:
            self.tip, self.height = block, height
            self._private.clear()
            self._racing = False
        elif self._private:
            self._publish_up_to(self.height if 0 < lead <= self._override_lead else height)
            self._racing = lead == 0

    def _publish_up_to(self, height: int) -> None:
        while self._private and self._private[0][2] <= height:
            self.publish(*self._private.pop(0))
        if not self._private and height > self._public_height:
            self._public_height, self._racing = height, False


async def mine(
    *,
    shares: Sequence[float] = (0.2,) * 5,
    interval_s: float = 600.0,
    latency_ms: float = 1_000.0,
    blocks: int = 100,
    selfish: bool = False,
) -> dict[str, Any]:
    """Let miners find so many blocks in a full mesh; the first one may be selfish.

    Rows of the journal beside the network's, each at the miner: ``mining.found``
    with the block, its parent and its height; ``mining.heard`` and
    ``mining.published`` with block and height.

    Raises
    ------
    ParameterError
        If the shares are not above 0 with a sum of 1, or a number is out of range.
    """
    _require(shares, interval_s, latency_ms, blocks)
    runtime = require_current()
    ledger = Ledger(runtime, blocks)
    network = Network(runtime, LinkSpec(delay_ms=latency_ms))
    width = len(str(len(shares)))
    names = [f"miner-{i + 1:0{width}}" for i in range(len(shares))]
    miners = []
    for i, (name, share) in enumerate(zip(names, shares, strict=True)):
        kind = SelfishMiner if selfish and i == 0 else Miner
        node = runtime.node(name)
        miners.append(kind(node, network.endpoint(node), ledger, interval_s / share))
    everybody = tuple((low, high) for low in range(len(names)) for high in range(low + 1, len(names)))
    network.connect_all(Topology(peers=len(names), links=everybody), names)
    tasks = [miner.node.spawn(miner.mine()) for miner in miners]
    for task in tasks:
        await task
    await network.quiet()
    return {"miners": len(names), "blocks": blocks}


def longest_chain(journal: Journal) -> list[tuple[int, str]]:
    """Return the blocks of the longest chain and who found them, last first; the first to be as long."""
    found = {event.fields["block"]: event for event in journal.select(kind="mining.found")}
    if not found:
        return []
    block = max(found, key=lambda each: (found[each].fields["height"], -each))
    return list(_ancestors(block, found))


def _ancestors(block: int, found: dict[int, Any]) -> Iterator[tuple[int, str]]:
    while block != FIRST:
        yield block, found[block].subject
        block = found[block].fields["parent"]


def _require(shares: Sequence[float], interval_s: float, latency_ms: float, blocks: int) -> None:
    require(
        {
            "interval_s": (interval_s, 1e-6, 1e9),
            "latency_ms": (latency_ms, 0.0, 1e9),
            "blocks": (blocks, 1, 1e7),
        }
    )
    if not shares or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-9:
        what, allowed = f"are {shares}", "above 0, with a sum of 1"
        raise ParameterError(Problem(where="mining", key="shares", what=what, value=shares, allowed=allowed))
