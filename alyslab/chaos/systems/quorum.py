"""The replicated store under chaos; see :mod:`alyslab.chaos.quorum`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from alyslab.chaos.faults import faults_of
from alyslab.chaos.plan import Phases
from alyslab.chaos.quorum.checker import check_store
from alyslab.chaos.quorum.defects import DEFECTS, Defects
from alyslab.chaos.quorum.member import Member
from alyslab.chaos.system import Options, Signals, SystemSpec
from alyslab.chaos.systems.nodes import NodeProcess
from alyslab.harnesses.network.link import LinkSpec
from alyslab.harnesses.network.network import Network
from alyslab.runtime import Node, require_current

if TYPE_CHECKING:
    from alyslab.runtime import Event

LINK: Final = LinkSpec(delay_ms=10.0, jitter_ms=4.0, distribution="uniform", fifo=False)


class LiveQuorum:
    """The running store."""

    cheat = None

    def __init__(self, options: Options) -> None:
        self._runtime = require_current()
        self.members = members(options)
        self.network = Network(self._runtime, LINK)
        self.alive: dict[str, Member] = {}
        self._interval_s = float(options["interval_ms"]) / 1e3
        self._defects = Defects.read()
        self._nodes = {name: self._runtime.node(name, self._boot) for name in self.members}
        for node in self._nodes.values():
            self.network.endpoint(node)

    def start(self) -> None:
        """Start every member."""
        for node in self._nodes.values():
            node.start()

    async def _boot(self, node: Node) -> None:
        member = Member(
            node,
            self.network.endpoint(node),
            self.members,
            self._runtime,
            self._defects,
            interval_s=self._interval_s,
        )
        self.alive[node.name] = member
        await member.run()

    def primaries(self) -> tuple[str, ...]:
        """Nobody leads."""
        return ()

    def node(self, member: str) -> Node | None:
        """Return the member's node."""
        return self._nodes[member]

    def process(self, member: str) -> NodeProcess:
        """Return the member as a process."""
        return NodeProcess(self._nodes[member])

    def quiet(self) -> None:
        """Do nothing: the rows of the conduct say it."""

    def converged(self, since_ns: int) -> bool:
        """Return whether all members serve again, and have every version that was acknowledged by then."""
        alive = [self.alive[name] for name in self.members]
        if any(member.client.served_ns <= since_ns or member.replica.recovering for member in alive):
            return False
        newest: dict[str, int] = {}
        for member in alive:
            for key, version in member.replica.shelf.versions.items():
                if version.value <= since_ns:
                    newest[key] = max(newest.get(key, 0), version.number)
        return all(
            member.replica.shelf.get(key).number >= number
            for key, number in newest.items()
            for member in alive
        )

    async def settle(self) -> None:
        """Stop every member where it stands and write down what each has."""
        for name in self.members:
            node, member = self._nodes[name], self.alive[name]
            for key, version in sorted(member.replica.shelf.versions.items()):
                self._runtime.journal.record("quorum.state", name, key=key, value=version.value)
            if node.state != "crashed":
                node.crash()
        await asyncio.sleep(0)


def members(options: Options) -> tuple[str, ...]:
    """Return the names of the members."""
    return tuple(f"member-{number}" for number in range(int(options["nodes"])))


@asynccontextmanager
async def opened(options: Options) -> AsyncIterator[LiveQuorum]:
    """Start the members."""
    live = LiveQuorum(options)
    live.start()
    yield live


def _served(event: Event) -> Iterator[tuple[str, bool]]:
    yield event.subject, event.fields["outcome"] == "done"


QUORUM: Final = SystemSpec(
    name="quorum",
    summary="a small replicated store that reads and writes through majorities",
    open=opened,
    judge=check_store,
    signals=Signals(kinds=("quorum.operation",), read=_served, window_s=2.0),
    faults=faults_of("network", "process", "resource", "storage", "clock"),
    options={"nodes": 5, "interval_ms": 500.0},
    least={"nodes": 3},
    varies={"nodes": (3, 4, 5)},
    members=members,
    phases=Phases(steady_s=3.0, faults_s=30.0, converge_s=20.0),
    defects=DEFECTS,
)
