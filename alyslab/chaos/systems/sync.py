"""A sync under chaos: nodes that follow a growing chain from peers, some of which lie."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from alyslab.chaos.faults import faults_of
from alyslab.chaos.plan import Phases
from alyslab.chaos.system import Options, Signals, SystemSpec
from alyslab.chaos.systems.nodes import NodeProcess
from alyslab.harnesses.sync.history import history
from alyslab.harnesses.sync.workloads.judging import judge
from alyslab.harnesses.sync.workloads.trial import POLICY
from alyslab.harnesses.sync.workloads.world import World
from alyslab.runtime.disk import DiskLatency
from alyslab.runtime.sites import catalogue

if TYPE_CHECKING:
    from alyslab.harnesses.network.network import Network
    from alyslab.runtime import Event, Node

SLOT_S: Final = 2.0
"""How often the source has a block more, in s."""
AT_FIRST: Final = 4
"""Blocks that there are when the run begins: so few that catching up is not taken for the steady state."""
SETTLE_S: Final = 5.0
"""What nodes get for the last block, in s; one that has not converged by then is judged as it is."""
WITHIN_S: Final = 120.0
"""Source: the trial of the sync harness."""


class SyncProcess(NodeProcess):
    """A node whose world forgets its process when it dies."""

    __slots__ = ("_world",)

    def __init__(self, node: Node, world: World) -> None:
        super().__init__(node)
        self._world = world

    def crash(self) -> None:
        """Let it die."""
        super().crash()
        self._world.forget(self._node.name)


class LiveSync:
    """The running sync."""

    cheat = None

    def __init__(self, options: Options) -> None:
        blocks = int(options["blocks"])
        self.world = World(
            history(blocks),
            height=AT_FIRST,
            peers=int(options["peers"]),
            policy=POLICY,
            import_ms=20.0,
            produce_s=1.0,
        )
        self._blocks = blocks
        self._back: set[str] = set()
        self._goal = 0
        self._nodes = [f"node-{number}" for number in range(int(options["nodes"]))]
        for name in self._nodes:
            self.world.add_node(name).disk.latency = DiskLatency(write_ms=1.0, sync_ms=3.0)
        self.members = members(options)
        self._growth = asyncio.get_running_loop().create_task(self._grow(), name="source")

    @property
    def network(self) -> Network:
        """The network between nodes and peers."""
        return self.world.network

    async def _grow(self) -> None:
        while self.world.height < self._blocks:
            await asyncio.sleep(SLOT_S)
            self.world.grow(self.world.height + 1)

    def primaries(self) -> tuple[str, ...]:
        """Nobody leads."""
        return ()

    def node(self, member: str) -> Node:
        """Return the member's node."""
        return self.world.nodes[member]

    def process(self, member: str) -> SyncProcess:
        """Return the member as a process."""
        return SyncProcess(self.world.nodes[member], self.world)

    def quiet(self) -> None:
        """Write that faults are over; the source goes on, as what follows it is the service."""
        self._goal = self.world.height
        self.world.faults_over(WITHIN_S)

    def converged(self, since_ns: int) -> bool:  # noqa: ARG002 - the source's head says it
        """Return whether every node was synced, by its own word, at one of the looks since.

        At the head that there was when faults ended, or above: it goes on, and
        over slow lines a look may never find a node at the very head.
        """
        self._back.update(name for name in self._nodes if self.world.arrived(name, self._goal))
        return len(self._back) == len(self._nodes)

    async def settle(self) -> None:
        """Stop the source where it is, and give the nodes the time to get there."""
        self._growth.cancel()
        await self.world.all_arrived(self._nodes, SETTLE_S)
        with suppress(asyncio.CancelledError):
            await self._growth


def members(options: Options) -> tuple[str, ...]:
    """Return the names of the nodes that sync, then of the peers that serve."""
    return (*syncing(options), *(f"peer-{number}" for number in range(int(options["peers"]))))


def syncing(options: Options) -> tuple[str, ...]:
    """Return the names of the nodes that sync."""
    return tuple(f"node-{number}" for number in range(int(options["nodes"])))


@asynccontextmanager
async def opened(options: Options) -> AsyncIterator[LiveSync]:
    """Start peers and nodes."""
    yield LiveSync(options)


def _served(event: Event) -> Iterator[tuple[str, bool]]:
    for _ in range(event.fields["count"]):
        yield event.subject, True


SYNC: Final = SystemSpec(
    name="sync",
    summary="nodes that sync a growing chain from peers",
    open=opened,
    judge=judge,
    signals=Signals(kinds=("sync.imported",), read=_served, window_s=4 * SLOT_S),
    faults=faults_of("network", "process", "clock", "resource", "storage"),
    options={"nodes": 2, "peers": 4, "blocks": 120},
    least={"nodes": 1, "peers": 1, "blocks": 40},
    members=members,
    serving=syncing,
    defects=tuple(
        entry.name for entry in catalogue() if entry.kind == "planted" and entry.name.startswith("sync.")
    ),
    phases=Phases(steady_s=24.0, faults_s=40.0, converge_s=120.0),
)
