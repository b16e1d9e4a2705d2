"""The plain network under chaos: peers that gossip blocks and ask each other, over links that lose their way.

What holds whatever happens is the network's own word and the peers' causality;
that blocks arrive is promised again once the faults are over.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from alyslab.chaos.faults import faults_of
from alyslab.chaos.system import Options, Signals, SystemSpec
from alyslab.chaos.systems.nodes import NodeProcess
from alyslab.chaos.systems.peers import Peer
from alyslab.checkers.gossip_safety import check_gossip_safety
from alyslab.checkers.network import check_network
from alyslab.checkers.verdict import Verdict
from alyslab.harnesses.network.gossip.defects import EARLY_SEND, FORGET_SEEN
from alyslab.harnesses.network.gossip.schedule import Schedule
from alyslab.harnesses.network.gossip.study import KINDS
from alyslab.harnesses.network.link import LinkSpec
from alyslab.harnesses.network.network import Network
from alyslab.runtime import Node, require_current

if TYPE_CHECKING:
    from alyslab.runtime import Event, Journal

LINK: Final = LinkSpec(delay_ms=10.0, jitter_ms=4.0, distribution="uniform", rate_bps=2e6, limit_messages=64)
"""In order, as over TCP; a burst of blocks has to queue."""
SLOT_NS: Final = 1_000_000_000
AUTHORITIES: Final = 3
BLOCK_BYTES: Final = 4_000
FOR_EVER: Final = 1_000_000_000
"""Slots with a block: more than any run has."""
REACH: Final = 2
"""Neighbours of each peer to either side of the circle."""
DEFECTS: Final = (
    "network.latency_one_way",
    "network.rules_spare_replies",
    "network.forget_backlog",
    "network.cut_through",
    "network.drop_unsaid",
    "network.crash_keeps_unread",
    "network.reconnect_keeps_stale",
    "network.timeout_ignored",
    FORGET_SEEN,
    EARLY_SEND,
)
"""Those that drawn plans show here; the others need statistics, or rules that no fault makes."""


class LiveNetwork:
    """The running peers."""

    cheat = None

    def __init__(self, options: Options) -> None:
        self._runtime = require_current()
        self._options = options
        self.members = members(options)
        self.network = Network(self._runtime, LINK)
        self._schedule = Schedule(
            slot_ns=SLOT_NS,
            authorities=min(AUTHORITIES, len(self.members)),
            first_slot=1,
            blocks=FOR_EVER,
            block_bytes=BLOCK_BYTES,
        )
        self._nodes = {name: self._runtime.node(name, self._boot) for name in self.members}
        for node in self._nodes.values():
            self.network.endpoint(node)

    def start(self) -> None:
        """Connect neighbours and start every peer."""
        for name in self.members:
            for other in self._links(name):
                self.network.join(name, other)
        for node in self._nodes.values():
            node.start()

    async def _boot(self, node: Node) -> None:
        peer = Peer(
            node,
            index=self.members.index(node.name),
            links=self._links(node.name),
            network=self.network,
            schedule=self._schedule,
            runtime=self._runtime,
            gossip=str(self._options["gossip"]),
            interval_s=float(self._options["interval_ms"]) / 1e3,
        )
        await peer.run()

    def _links(self, name: str) -> tuple[str, ...]:
        """Return the neighbours on a circle, to either side."""
        place, size = self.members.index(name), len(self.members)
        around = (self.members[(place + step) % size] for step in range(-REACH, REACH + 1))
        return tuple(dict.fromkeys(other for other in around if other != name))

    def primaries(self) -> tuple[str, ...]:
        """Return whose slot it is, by the true time."""
        return (self.members[self._runtime.now_ns // SLOT_NS % self._schedule.authorities],)

    def node(self, member: str) -> Node:
        """Return the peer's node."""
        return self._nodes[member]

    def process(self, member: str) -> NodeProcess:
        """Return the peer as a process."""
        return NodeProcess(self._nodes[member])

    def quiet(self) -> None:
        """Do nothing: the rows of the conduct say it."""

    def converged(self, since_ns: int) -> bool:
        """Return whether some block written since then is everywhere, and everybody was answered since."""
        written: dict[int, set[str]] = {}
        answered: set[str] = set()
        kinds = ("gossip.produced", "gossip.received", "net.request")
        for event in self._runtime.journal.select(kind=kinds, after_ns=since_ns):
            if event.kind == "net.request":
                if event.fields["outcome"] == "answered":
                    answered.add(event.subject)
            elif event.kind == "gossip.produced":
                written.setdefault(event.fields["block"], set()).add(event.subject)
            elif event.fields["block"] in written:
                written[event.fields["block"]].add(event.subject)
        everybody = len(self.members)
        return len(answered) == everybody and any(len(has) == everybody for has in written.values())

    async def settle(self) -> None:
        """Stop every peer, and wait until nothing is on its way."""
        for node in self._nodes.values():
            if node.state != "crashed":
                node.crash()
        await self.network.quiet()


def members(options: Options) -> tuple[str, ...]:
    """Return the names of the peers."""
    return tuple(f"peer-{number}" for number in range(int(options["peers"])))


@asynccontextmanager
async def opened(options: Options) -> AsyncIterator[LiveNetwork]:
    """Start the peers."""
    live = LiveNetwork(options)
    live.start()
    yield live


def judge_network(journal: Journal) -> Verdict:
    """Hold a run against what the network and its peers promise under any fault, where it was seen."""
    verdict = Verdict.of([check_network(journal), check_gossip_safety(journal)])
    return Verdict(tuple(check for check in verdict.checks if check.passed is not None))


def _served(event: Event) -> Iterator[tuple[str, bool]]:
    if event.kind == "net.request":
        yield event.subject, event.fields["outcome"] == "answered"
    elif not event.fields["duplicate"]:
        yield event.subject, True


NETWORK: Final = SystemSpec(
    name="network",
    summary="peers that gossip blocks by one of four protocols, and ask each other",
    open=opened,
    judge=judge_network,
    signals=Signals(kinds=("net.request", "gossip.received"), read=_served, window_s=2.0),
    faults=faults_of("network", "process", "clock") | {"resource.cpu", "resource.memory"},
    # A peer keeps nothing on its disk: what a crash does to that can't be seen.
    without={"process.crash.state": ("kept", "lost")},
    options={"peers": 8, "gossip": "flood", "interval_ms": 500.0},
    least={"peers": 3},
    choices={"gossip": tuple(KINDS)},
    varies={"gossip": tuple(KINDS)},
    members=members,
    has_primaries=True,
    defects=DEFECTS,
)
