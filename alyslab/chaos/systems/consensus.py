"""A federation under chaos: nodes that write, approve, import and finalise blocks, with miner and users."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from alyslab.chaos.faults import faults_of
from alyslab.chaos.plan import Phases
from alyslab.chaos.system import Options, Signals, SystemSpec, fewer_than_a_third
from alyslab.chaos.systems.cheats import FederationCheats
from alyslab.chaos.systems.nodes import NodeProcess
from alyslab.harnesses.consensus.defects import DEFECTS
from alyslab.harnesses.consensus.plan import SCHEMES, Plan
from alyslab.harnesses.consensus.users import Load
from alyslab.harnesses.consensus.workloads.expecting import expect
from alyslab.harnesses.consensus.workloads.faults import faults_over
from alyslab.harnesses.consensus.workloads.finish import tell_end
from alyslab.harnesses.consensus.workloads.judging import judge_observed
from alyslab.harnesses.consensus.world import World
from alyslab.model.aura import author_index
from alyslab.runtime import require_current

if TYPE_CHECKING:
    from alyslab.harnesses.network.network import Network
    from alyslab.runtime import Event, Node

SLOT_S: Final = 5.0
"""Of the laboratory's spec."""
LAG_BLOCKS: Final = 1
"""How far a node may be behind and still be said to agree."""


class LiveFederation:
    """The running federation."""

    def __init__(self, options: Options) -> None:
        runtime = require_current()
        plan = Plan(
            authorities=int(options["authorities"]),
            followers=int(options["followers"]),
            scheme=str(options["scheme"]),
            load=Load(users=2, interval_s=4.0) if options["users"] else None,
        )
        self.world = World(runtime, plan)
        self.members = self.world.names
        self.cheat = FederationCheats(self.world)
        self._heights: dict[str, int] = {}

    @property
    def network(self) -> Network:
        """The network between all machines."""
        return self.world.network

    def primaries(self) -> tuple[str, ...]:
        """Return whose slot it is, by the true time."""
        world = self.world
        slot_ns = world.spec.slot_ms * 1_000_000
        slot = (world.around.epoch_ms * 1_000_000 + world.runtime.now_ns) // slot_ns
        return (world.around.authors[author_index(world.spec, slot)],)

    def node(self, member: str) -> Node:
        """Return the member's node."""
        return self.world.node(member)

    def process(self, member: str) -> NodeProcess:
        """Return the member as a process."""
        return NodeProcess(self.world.node(member))

    def quiet(self) -> None:
        """Write that faults are over, and keep how far each node is."""
        faults_over(self.world)
        lives = self.world.around.lives
        self._heights = {name: lives[name].chain.height for name in self.members if self._awake(name)}

    def converged(self, since_ns: int) -> bool:  # noqa: ARG002 - heights say it
        """Return whether every node has imported a block since, and all agree but for the last."""
        lives = self.world.around.lives
        if not all(self._awake(name) and self.node(name).state == "running" for name in self.members):
            return False
        chains = [lives[name].chain for name in self.members]
        if any(lives[name].chain.height <= self._heights.get(name, 0) for name in self.members):
            return False
        low, high = min(chain.height for chain in chains), max(chain.height for chain in chains)
        return high - low <= LAG_BLOCKS and len({chain.records[low].root for chain in chains}) == 1

    def _awake(self, name: str) -> bool:
        """Return whether a node has a chain: one that boots has none yet."""
        life = self.world.around.lives.get(name)
        return life is not None and life.awake

    async def settle(self) -> None:
        """Write every node's books; the run is over."""
        await tell_end(self.world)


def members(options: Options) -> tuple[str, ...]:
    """Return the names of the nodes."""
    return (*authorities(options), *(f"follower-{n}" for n in range(int(options["followers"]))))


def authorities(options: Options) -> tuple[str, ...]:
    """Return the names of the nodes that write and approve."""
    return tuple(f"node-{number}" for number in range(int(options["authorities"])))


@asynccontextmanager
async def opened(options: Options) -> AsyncIterator[LiveFederation]:
    """Start all machines."""
    expect("blocks at every node", 1)
    live = LiveFederation(options)
    live.world.start()
    yield live


def _served(event: Event) -> Iterator[tuple[str, bool]]:
    yield event.subject, event.kind == "block.imported"


CONSENSUS: Final = SystemSpec(
    name="consensus",
    summary="a federation with miner and users: candidates, approvals, work, finality, peg-ins and peg-outs",
    open=opened,
    judge=judge_observed,
    signals=Signals(
        kinds=("block.imported", "consensus.halted", "consensus.rejoining"),
        read=_served,
        window_s=3 * SLOT_S,
    ),
    faults=faults_of("network", "process", "clock", "storage", "resource", "byzantine"),
    options={"authorities": 4, "followers": 0, "scheme": "ideal", "users": True},
    choices={"scheme": SCHEMES},
    least={"authorities": 1, "followers": 0},
    varies={"authorities": (4, 4, 5)},
    members=members,
    has_primaries=True,
    bears=fewer_than_a_third,
    byzantine=authorities,
    defects=DEFECTS,
    phases=Phases(steady_s=30.0, faults_s=75.0, converge_s=100.0),
)
