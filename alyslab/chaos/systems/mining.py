"""Miners under chaos: proof of work alone, where a selfish miner has a private branch to be ahead on.

Miners keep nothing on a disk and catch up by the next longer block, so that
faults of the network and pauses are what can happen to them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from alyslab.chaos.faults import faults_of
from alyslab.chaos.plan import Phases
from alyslab.chaos.system import Options, Signals, SystemSpec
from alyslab.chaos.systems.nodes import NodeProcess
from alyslab.checkers.mining import check_mining
from alyslab.checkers.network import check_network
from alyslab.checkers.verdict import Verdict
from alyslab.harnesses.mining.miner import DEAF, LATE, Ledger, longest_chain
from alyslab.harnesses.mining.pool import PoolMiner
from alyslab.harnesses.network.link import LinkSpec
from alyslab.harnesses.network.network import Network
from alyslab.harnesses.network.topology import Topology
from alyslab.runtime import Node, require_current

if TYPE_CHECKING:
    import asyncio

    from alyslab.runtime import Event, Journal

LATENCY_MS: Final = 20.0
NEAR_NS: Final = round(3 * LATENCY_MS * 1e6)
"""An answer to a block comes to others one latency behind it, and to its finder two."""
FOR_EVER: Final = 10**9
"""Blocks to find: more than any run has."""


class LiveMining:
    """The running miners; one that is selfish has a share of all power, and the others share the rest."""

    def __init__(self, options: Options) -> None:
        runtime = require_current()
        self._runtime = runtime
        self._interval_s = float(options["interval_ms"]) / 1e3
        self.members = members(options)
        self.network = Network(runtime, LinkSpec(delay_ms=LATENCY_MS))
        ledger = Ledger(runtime, FOR_EVER)
        self._nodes = {name: runtime.node(name) for name in self.members}
        self.miners = {
            name: PoolMiner(
                node,
                self.network.endpoint(node),
                ledger,
                self._interval_s * len(self.members),
                runtime=runtime,
                near_ns=NEAR_NS,
            )
            for name, node in self._nodes.items()
        }
        count = len(self.members)
        everybody = tuple((low, high) for low in range(count) for high in range(low + 1, count))
        self.network.connect_all(Topology(peers=count, links=everybody), self.members)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._height = 0
        self.cheat = SelfishPools(self)

    def share_power(self, shares: Mapping[str, float]) -> None:
        """Let each miner have its share from now on; how long a search took so far does not matter."""
        for name, miner in self.miners.items():
            if name in self._tasks:
                self._tasks.pop(name).cancel()
            if shares[name] > 0:
                miner.mean_s = self._interval_s / shares[name]
                self._tasks[name] = self._nodes[name].spawn(miner.mine())

    def primaries(self) -> tuple[str, ...]:
        """Nobody leads."""
        return ()

    def node(self, member: str) -> Node:
        """Return the miner's node."""
        return self._nodes[member]

    def process(self, member: str) -> NodeProcess:
        """Return the miner as a process."""
        return NodeProcess(self._nodes[member])

    def quiet(self) -> None:
        """Keep how high the highest chain is."""
        self._height = max(miner.height for miner in self.miners.values())

    def converged(self, since_ns: int) -> bool:  # noqa: ARG002 - the height says it
        """Return whether all miners have the same block, found since."""
        tips = {(miner.tip, miner.height) for miner in self.miners.values()}
        return len(tips) == 1 and all(height > self._height for _, height in tips)

    async def settle(self) -> None:
        """Stop every miner, and wait until nothing is on its way."""
        for node in self._nodes.values():
            node.crash()
        await self.network.quiet()


class SelfishPools:
    """The miners that are selfish, each for as long as its entry lasts."""

    def __init__(self, live: LiveMining) -> None:
        self._live = live
        self._runtime = require_current()
        self._powers: dict[str, dict[str, float]] = {}
        self._begun: dict[str, tuple[tuple[str, ...], int]] = {}
        self._kept: dict[str, int] = {}

    @property
    def members(self) -> tuple[str, ...]:
        """All of them can."""
        return self._live.members

    def begin(self, entry: str, behaviour: str, members: Sequence[str], options: Mapping[str, Any]) -> None:  # noqa: ARG002 - there is one only
        """Let miners keep their blocks back, each on a branch of its own, until :meth:`end`."""
        share = float(options["share_ratio"])
        self._powers[entry] = dict.fromkeys(members, share / len(members))
        self._begun[entry] = tuple(members), max(miner.height for miner in self._live.miners.values())
        self._kept[entry] = 0
        chance = self._chance(entry, float(options["activity_ratio"]))
        for name in members:
            self._live.miners[name].turn(chance)
        self._deal()

    def end(self, entry: str) -> int:
        """Let them be honest again; writes what they earned, and returns how many blocks they kept back."""
        self._powers.pop(entry)
        members, height = self._begun.pop(entry)
        chain = longest_chain(self._runtime.journal)
        own = [finder for _, finder in chain[: max(0, len(chain) - height)]]
        record = self._runtime.journal.record
        won = sum(finder in members for finder in own)
        record("adversary.revenue", entry, works=len(own), won=won)
        for name in members:
            self._live.miners[name].turn(None)
        self._deal()
        return self._kept.pop(entry)

    def _chance(self, entry: str, ratio: float) -> Callable[[], bool]:
        random = self._runtime.random(f"chaos.cheat:{entry}")

        def take() -> bool:
            taken = random.random() < ratio
            self._kept[entry] += taken
            return taken

        return take

    def _deal(self) -> None:
        """Deal the power out: what selfish ones do not have is the others', alike."""
        taken = {name: share for powers in self._powers.values() for name, share in powers.items()}
        whole = max(1.0, sum(taken.values()))
        rest = [name for name in self._live.members if name not in taken]
        left = 1.0 - sum(taken.values()) / whole
        shares = {name: share / whole for name, share in taken.items()}
        self._live.share_power(shares | {name: left / len(rest) for name in rest})


def members(options: Options) -> tuple[str, ...]:
    """Return the names of the miners."""
    return tuple(f"miner-{number + 1}" for number in range(int(options["miners"])))


@asynccontextmanager
async def opened(options: Options) -> AsyncIterator[LiveMining]:
    """Start the miners."""
    live = LiveMining(options)
    live.share_power(dict.fromkeys(live.members, 1 / len(live.members)))
    yield live


def judge_miners(journal: Journal) -> Verdict:
    """Hold a run against what miners owe to their own rules, and the network to its."""
    verdict = Verdict.of([check_mining(journal), check_network(journal)])
    return Verdict(tuple(check for check in verdict.checks if check.passed is not None))


def _served(event: Event) -> Iterator[tuple[str, bool]]:
    yield event.subject, True


MINING: Final = SystemSpec(
    name="mining",
    summary="miners of proof of work in a full mesh, where who is selfish keeps a private branch",
    open=opened,
    judge=judge_miners,
    signals=Signals(kinds=("mining.found", "mining.heard"), read=_served, window_s=16.0),
    # A miner connects once: what a lost connection does is the system network's to show.
    faults=faults_of("network") - {"network.disconnect"} | {"process.pause", "byzantine.selfish_mining"},
    without={
        "byzantine.selfish_mining.schedule": ("bursts", "once"),
        "byzantine.selfish_mining.trigger": ("own_turn", "weakened", "after_work"),
        "byzantine.selfish_mining.evasion": ("random_delay", "mimicry", "adaptive"),
    },
    options={"miners": 6, "interval_ms": 2_000.0},
    least={"miners": 3},
    members=members,
    byzantine=members,
    defects=(DEAF, LATE),
    phases=Phases(steady_s=40.0, faults_s=120.0, converge_s=80.0),
)
