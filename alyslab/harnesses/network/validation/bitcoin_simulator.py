"""The scenario of the ns-3 Bitcoin simulator, over block interval and block size.

As there: 16 miners with their hash power, regions, 700 to 800 links and
100 Mbit/s; nodes by region with a distribution of links; each link's latency
drawn once (Pareto about the regions' mean); inventory, request, block; blocks
queue at the sender's line, and again at the receiver's, each as fast as the
slower end; 0.174 s to check a block of 458,263 bytes; the first block heard
wins.  ``unsolicited``: a miner sends its own block to its neighbours unasked.

Not as there, which is why the two can differ: TCP and packets; other traffic;
time-outs of requests; the histograms of bandwidth within a region (here
exponential about the region's mean of the same year, from SimBlock's table of
2015, at least 0.1 Mbit/s); sizes and intervals that vary as Bitcoin's did (here
fixed sizes, exponential intervals).

Source: arthurgervais/Bitcoin-Simulator, commits 3f21d94 and 6d5e76b,
scratch/bitcoin-test.cc, bitcoin-topology-helper.cc, bitcoin-node.cc; bandwidth:
dsg-titech/simblock, commit 5fc7f9f, *_BANDWIDTH_2015.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from alyslab.errors import ParameterError, Problem

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Delays = npt.NDArray[np.float64]

REGION_SHARES: Final = (0.3869, 0.5159, 0.0113, 0.0574, 0.0119, 0.0166)
"""North America, Europe, South America, Asia Pacific, Japan, Australia."""
LATENCY_MS: Final = (
    (35.5, 119.49, 254.79, 310.11, 154.36, 207.91),
    (119.49, 11.61, 221.08, 241.9, 266.45, 350.07),
    (254.79, 221.08, 137.09, 346.65, 255.95, 268.91),
    (310.11, 241.9, 346.65, 99.46, 172.24, 277.8),
    (154.36, 266.45, 255.95, 172.24, 8.76, 162.59),
    (207.91, 350.07, 268.91, 277.8, 162.59, 21.72),
)
UPLOAD_MBPS: Final = (4.7, 8.1, 1.8, 5.3, 3.4, 5.2)
DOWNLOAD_MBPS: Final = (25.0, 24.0, 6.5, 10.0, 17.5, 14.0)
LEAST_MBPS: Final = 0.1
MINER_MBPS: Final = 100.0
MINER_POWER: Final = (
    *(0.289, 0.196, 0.159, 0.133, 0.066, 0.054, 0.029, 0.016),
    *(0.012, 0.012, 0.012, 0.009, 0.005, 0.005, 0.002, 0.002),
)
MINER_REGIONS: Final = (3, 3, 3, 0, 3, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0)
MINER_LINKS: Final = (700, 800)
LINK_CLASSES: Final = (
    (0.1, 1, 4),
    (0.4, 5, 9),
    (0.3, 10, 14),
    (0.13, 15, 19),
    (0.06, 20, 29),
    (0.01, 30, 124),
)
"""Share of nodes, and how many links they have at least and at most."""
CHECK_S_PER_BYTE: Final = 0.174 / 458_263
NODES: Final = 6_000
MOST_EXPECTED: Final = 0.3
"""Expected share of stale blocks above which they are counted instead."""
WHERE: Final = "bitcoin simulator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One row of the published sweep."""

    sweep: str
    protocol: str
    interval_s: float
    block_bytes: int
    mean_s: float
    t50_s: float
    t90_s: float
    stale_ratio: float


def published() -> list[Published]:
    """Return the published sweep, as far as it is simulated here."""
    path = Path(__file__).parent / "bitcoin_simulator_published.csv"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return [
        Published(
            sweep=row["sweep"],
            protocol=row["protocol"],
            interval_s=float(row["interval_s"]),
            block_bytes=int(row["block_bytes"]),
            mean_s=float(row["mean_s"]),
            t50_s=float(row["t50_s"]),
            t90_s=float(row["t90_s"]),
            stale_ratio=float(row["stale_ratio"]),
        )
        for row in csv.DictReader(lines)
    ]


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """What one network did at one interval and size."""

    node_delay_s: Delays
    """Each node's mean delay over the blocks that it got, in s; NaN for a node that got none."""
    stale: int
    """Blocks that were not on the longest chain in the end."""
    blocks: int
    exposure_s: float
    """For how long hash power did not know of a block, on average: each miner's delay times its share."""
    interval_s: float

    @property
    def stale_ratio(self) -> float:
        """Stale blocks of all: expected from the exposure, or counted where blocks meet each other often.

        The chance that anybody finds a block during the exposure is
        1 - exp(-exposure/interval).  That takes blocks one at a time, so where
        it comes to more than three tenths they are counted.
        """
        expected = -math.expm1(-self.exposure_s / self.interval_s)
        return expected if expected < MOST_EXPECTED else self.stale / self.blocks

    def quantile_s(self, ratio: float) -> float:
        """Return the quantile over nodes of their mean delay, which is what was published."""
        import numpy as np

        return float(np.nanquantile(self.node_delay_s, ratio))


def run_bitcoin_simulator(
    *,
    interval_s: float,
    block_bytes: int,
    seed: int,
    unsolicited: bool = False,
    nodes: int = NODES,
    blocks: int = 10,
    miner_mbps: float = MINER_MBPS,
) -> Sweep:
    """Draw a network, mine so many blocks in it and relay them.

    Raises
    ------
    ParameterError
        With every number that is out of range.
    """
    _require(interval_s, block_bytes, nodes, blocks, miner_mbps)
    import numpy as np

    from alyslab.harnesses.network.validation import bitcoin_simulator_compiled as compiled

    miners = len(MINER_POWER)
    first, ends, latency_ns, lines_mbps = _network(seed, nodes)
    lines_mbps = lines_mbps.copy()
    lines_mbps[:miners] = miner_mbps
    cumulated = np.cumsum(MINER_POWER) / sum(MINER_POWER)
    cumulated[-1] = 1.0
    net = compiled.Net(
        first=first,
        ends=ends,
        latency_ns=latency_ns,
        line_ns=np.rint(block_bytes * 8_000 / lines_mbps).astype(np.int64),
        check_ns=round(block_bytes * CHECK_S_PER_BYTE * 1e9),
        cumulated_power=cumulated,
        interval_ns=interval_s * 1e9,
    )
    chain, delay_ns = compiled.relay(net, blocks, unsolicited, seed)
    delays = np.where(delay_ns < 0, np.nan, delay_ns / 1e9)
    got = np.isfinite(delays).sum(axis=0)
    mean = np.nansum(delays, axis=0) / np.where(got, got, np.nan)
    power = np.array(MINER_POWER) / sum(MINER_POWER)
    return Sweep(
        node_delay_s=mean,
        stale=_stale(chain, compiled),
        blocks=blocks,
        exposure_s=float(np.nanmean(delays[:, :miners] @ power)),
        interval_s=interval_s,
    )


def _stale(chain: Any, names: Any) -> int:
    block, kept = int(chain[:, names.HEIGHT].argmax()), 0
    while block >= 0:
        kept, block = kept + 1, int(chain[block, names.PARENT])
    return len(chain) - kept


@lru_cache(maxsize=8)
def _network(seed: int, nodes: int) -> tuple[Any, Any, Any, Any]:
    """Draw a network: its links in compressed rows, their latencies, and each node's Mbit/s up and down."""
    import numpy as np

    random = np.random.default_rng(seed)
    region = random.choice(len(REGION_SHARES), nodes, p=np.array(REGION_SHARES) / sum(REGION_SHARES))
    region[: len(MINER_REGIONS)] = MINER_REGIONS
    first, ends, latency_ns = _links(random, nodes, region)
    means = np.array([UPLOAD_MBPS, DOWNLOAD_MBPS]).T[region]
    return first, ends, latency_ns, np.maximum(LEAST_MBPS, random.exponential(means))


def _links(random: Any, nodes: int, region: Any) -> tuple[Any, Any, Any]:
    """Draw who is linked to whom, and each link's latency; return compressed rows."""
    import numpy as np

    miners = len(MINER_POWER)
    shares = np.array([share for share, _, _ in LINK_CLASSES])
    classes = random.choice(len(LINK_CLASSES), nodes - miners, p=shares / shares.sum())
    least, most = (np.array([row[i] for row in LINK_CLASSES])[classes] for i in (1, 2))
    degree = random.integers(least, most + 1)
    stubs = random.permutation(np.repeat(np.arange(miners, nodes), degree))
    pairs = [stubs[: len(stubs) // 2 * 2].reshape(-1, 2)]
    for miner in range(miners):
        wanted = min(int(random.integers(MINER_LINKS[0], MINER_LINKS[1] + 1)), nodes - miners)
        others = random.choice(np.arange(miners, nodes), wanted, replace=False)
        pairs.append(np.stack([np.full(wanted, miner), others], axis=1))
        pairs.append(np.array([(miner, other) for other in range(miner)], np.int64).reshape(-1, 2))
    both = np.sort(np.concatenate(pairs), axis=1)
    low_high = np.unique(both[both[:, 0] != both[:, 1]], axis=0)
    mean_ms = np.array(LATENCY_MS)[region[low_high[:, 0]], region[low_high[:, 1]]]
    latency_ms = (mean_ms - 5.0) / (1.0 - random.random(len(mean_ms))) ** (5.0 / mean_ms)
    ends = np.concatenate([low_high, low_high[:, ::-1]])
    rows = np.lexsort((ends[:, 1], ends[:, 0]))
    first = np.zeros(nodes + 1, np.int64)
    np.cumsum(np.bincount(ends[:, 0], minlength=nodes), out=first[1:])
    latency_ns = np.rint(np.tile(latency_ms, 2) * 1e6).astype(np.int64)
    return first, np.ascontiguousarray(ends[rows]), latency_ns[rows]


def bootstrap_interval(
    values: Sequence[float], *, seed: int, ratio: float = 0.95, draws: int = 2_000
) -> tuple[float, float]:
    """Return a percentile bootstrap interval for the mean over independent networks.

    Few networks make it too narrow (with 3 of them it covers about 75 % where it says 95 %).
    """
    import numpy as np

    random = np.random.default_rng(seed)
    means = random.choice(np.asarray(values, float), (draws, len(values))).mean(axis=1)
    low, high = np.quantile(means, [(1 - ratio) / 2, (1 + ratio) / 2])
    return float(low), float(high)


def _require(interval_s: float, block_bytes: int, nodes: int, blocks: int, miner_mbps: float) -> None:
    ranges = {
        "interval_s": (interval_s, 0.01, 1e9),
        "block_bytes": (block_bytes, 1, 10**9),
        "nodes": (nodes, 100, 20_000),
        "blocks": (blocks, 1, 10_000),
        "miner_mbps": (miner_mbps, 0.1, 1e6),
    }
    problems = [
        Problem(
            where="bitcoin simulator",
            key=key,
            what=f"is {value!r}",
            value=value,
            allowed=f"{low:g} to {high:g}",
        )
        for key, (value, low, high) in ranges.items()
        if not low <= value <= high
    ]
    if problems:
        raise ParameterError(problems)
