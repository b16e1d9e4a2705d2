"""SimBlock's scenario: Bitcoin's network of 2019, with compact blocks and nodes that come and go.

As in SimBlock: regions and their latency and bandwidth; how many outbound links
nodes have (Miller et al. 2015); every message draws a Pareto latency, rounded to
whole ms; inventory, request, block, where all but blocks take 10 ms more; a
line that is busy until its block has arrived, 2 ms of handling; compact blocks
of 18 kB, that fail, and what is fetched then; normally distributed hash power,
10 minutes between blocks, the longest chain.

Not as in SimBlock: its random numbers (Java's, partly without a seed, so that
its own runs differ); hash power of all as one process of finds, which is the
same by chance for constant power; no change of difficulty, which SimBlock does
not make either within a run.  A block whose parent a node lacks is taken all
the same, as there.

Source: dsg-titech/simblock, commit 5fc7f9f; compact-block tables commit 05676fa.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from alyslab.errors import ParameterError, Problem
from alyslab.harnesses.network.regions import RegionTable, simblock_2019

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

BLOCK_BYTES: Final = 535_000
COMPACT_BYTES: Final = 18_000
COMPACT_USERS_RATIO: Final = 0.964
CHURNING_RATIO: Final = 0.976
MISS_RATIOS: Final = (0.13, 0.27)
"""How often a compact block is not enough: for nodes that stay, for nodes that churn."""
HANDLING_MS: Final = 2
CONTROL_MS: Final = 10
INTERVAL_MS: Final = 600_000.0
POWER_MEAN: Final = 400_000.0
POWER_DEVIATION: Final = 100_000.0
OUTBOUND_CUMULATED: Final = (
    *(0.025, 0.05, 0.075, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7),
    *(0.8, 0.85, 0.9, 0.95, 0.97, 0.97, 0.98, 0.99, 0.995, 1.0),
)
"""Share of nodes with at most 1, 2, … 20 outbound links; DEGREE_DISTRIBUTION_BITCOIN_2015."""
MOST_NODES: Final = 2**20 - 1
MOST_BLOCKS: Final = 2**16 - 1


@dataclass(frozen=True, kw_only=True)
class Relay:
    """What became of each block in one run."""

    delay_ms: npt.NDArray[np.int64]
    """How long after its birth each block was at each node, -1 for never; shape (blocks, nodes)."""
    parent: npt.NDArray[np.int64]
    """The block that each one stands on, -1 for the first."""
    height: npt.NDArray[np.int64]
    events: dict[str, int]
    """How many messages of each kind were delivered, and blocks were found (``mint``)."""

    @cached_property
    def block_medians_ms(self) -> list[float]:
        """For each block, after how many ms half of the nodes had it; infinite if they never did."""
        return self.block_quantiles_ms(0.5)

    def block_quantiles_ms(self, ratio: float) -> list[float]:
        """For each block, after how many ms this share of the nodes had it."""
        import numpy as np

        delays = np.sort(np.where(self.delay_ms < 0, np.inf, self.delay_ms), axis=1)
        return [float(each) for each in delays[:, max(0, int(np.ceil(ratio * delays.shape[1])) - 1)]]

    @cached_property
    def main_chain(self) -> list[int]:
        """The blocks of the longest chain, the last first."""
        block, chain = int(self.height.argmax()), []
        while block >= 0:
            chain.append(block)
            block = int(self.parent[block])
        return chain

    @property
    def stale(self) -> int:
        """How many blocks are not on the longest chain."""
        return len(self.parent) - len(self.main_chain)


def run_simblock(
    *,
    nodes: int = 600,
    blocks: int = 20,
    seed: int,
    table: RegionTable | None = None,
    compact_users_ratio: float = COMPACT_USERS_RATIO,
    interval_ms: float = INTERVAL_MS,
    block_bytes: int = BLOCK_BYTES,
) -> Relay:
    """Relay the first block and ``blocks`` more through a network drawn from the scenario.

    Raises
    ------
    ParameterError
        With every number that is out of range.
    """
    _require(nodes, blocks, compact_users_ratio, interval_ms, block_bytes)
    import numpy as np

    from alyslab.harnesses.network.validation import simblock_compiled as compiled

    random = np.random.default_rng(seed)
    table = table or simblock_2019()
    first, receiver = draw_links(random, nodes)
    power = np.maximum(1.0, np.trunc(random.normal(POWER_MEAN, POWER_DEVIATION, nodes)))
    cumulated = np.cumsum(power) / power.sum()
    cumulated[-1] = 1.0
    shares = np.cumsum([region.share_ratio for region in table.regions])
    kinds = [
        _shuffled(random, nodes, shares),
        1 - _shuffled(random, nodes, np.array([compact_users_ratio, 1.0])),
        1 - _shuffled(random, nodes, np.array([CHURNING_RATIO, 1.0])),
    ]
    pairs = [[(here, there) for there in table.regions] for here in table.regions]
    net = compiled.Net(
        first=first,
        receiver=receiver,
        kinds=np.stack(kinds, axis=1),
        mean_ms=np.array([[table.latency_ms_mean[a.code, b.code] for a, b in row] for row in pairs], float),
        bits_per_ms=np.array([[int(table.bandwidth_bps(a, b) / 1_000) for a, b in row] for row in pairs]),
        miss_ratio=np.array(MISS_RATIOS),
        miss_bytes=_misses(block_bytes),
        cumulated_power=cumulated,
        interval_ms=float(interval_ms),
        sizes=np.array([block_bytes, COMPACT_BYTES, HANDLING_MS, CONTROL_MS]),
    )
    chain, delay_ms, events = compiled.relay(net, blocks, seed)
    names = ("mint", "inventory", "request", "missing", "compact", "block")
    return Relay(
        delay_ms=np.maximum(delay_ms, -1),
        parent=chain[:, compiled.PARENT],
        height=chain[:, compiled.HEIGHT],
        events={name: int(count) for name, count in zip(names, events, strict=True)},
    )


def draw_links(random: Any, nodes: int) -> tuple[Any, Any]:
    """Let each node in turn open its outbound links to nodes that it is not linked with yet.

    Returns the links in compressed rows: where each node's begin, and receivers.
    """
    import numpy as np

    outbound = _shuffled(random, nodes, np.array(OUTBOUND_CUMULATED)) + 1
    linked: list[list[int]] = [[] for _ in range(nodes)]
    for node in range(nodes):
        wanted = min(int(outbound[node]), nodes - 1 - len(linked[node]))
        taken = {node, *linked[node]}
        while wanted > 0:
            for other in random.integers(0, nodes, 2 * wanted).tolist():
                if wanted > 0 and other not in taken:
                    taken.add(other)
                    linked[node].append(other)
                    linked[other].append(node)
                    wanted -= 1
    first = np.zeros(nodes + 1, np.int64)
    np.cumsum([len(others) for others in linked], out=first[1:])
    return first, np.array([other for others in linked for other in others], np.int32)


def _shuffled(random: Any, nodes: int, cumulated: Any) -> Any:
    """Give out kinds 0, 1, … by their cumulated shares, as exactly as whole nodes allow, in random order."""
    import numpy as np

    kinds = np.searchsorted(cumulated * nodes, np.arange(nodes), side="right")
    return random.permutation(np.minimum(kinds, len(cumulated) - 1))


def _misses(block_bytes: int) -> Any:
    """Return the bytes that may be fetched after a compact block failed: without churn, and with."""
    import numpy as np

    path = Path(__file__).parent / "simblock_compact_misses.csv"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    churning = [float(row["block_ratio"]) for row in rows for _ in range(int(row["count"]))]
    table = np.zeros((2, len(churning)), np.int64)
    table[0, 0] = int(block_bytes * churning[0])
    table[1] = [int(block_bytes * ratio) for ratio in churning]
    return table


def _require(
    nodes: int, blocks: int, compact_users_ratio: float, interval_ms: float, block_bytes: int
) -> None:
    ranges = {
        "nodes": (nodes, 2, MOST_NODES),
        "blocks": (blocks, 0, MOST_BLOCKS),
        "compact_users_ratio": (compact_users_ratio, 0, 1),
        "interval_ms": (interval_ms, 1, 1e12),
        "block_bytes": (block_bytes, 100, 10**9),
    }
    problems = [
        Problem(where="simblock", key=key, what=f"is {value!r}", value=value, allowed=f"{low:g} to {high:g}")
        for key, (value, low, high) in ranges.items()
        if not low <= value <= high
    ]
    if problems:
        raise ParameterError(problems)
