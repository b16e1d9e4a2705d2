"""The scenario of the ns-3 Bitcoin simulator, over block interval and block size.

As there: 16 miners with their hash power, regions, 700 to 800 links and
100 Mbit/s; nodes by region with a distribution of links; each link's latency
drawn once (Pareto about the regions' mean); inventory, request, block; blocks
queue at the sender's line, and again at the receiver's, each as fast as the
slower end; 0.174 s to check a block of 458,263 bytes; the first block heard
wins.  ``unsolicited``: a miner sends its own block to its neighbours unasked.
``relay``: it does, and to other miners it sends a short form instead, a header
and two bytes for each transaction, on a queue of its own; they announce it.
What was published as "sendheaders + relay" differs from that in the bytes of an
announcement only, which this model does not count: it has no column of its own.

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

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from alyslab.errors import ParameterError, Problem
from alyslab.harnesses.network.validation.bitcoin_simulator_network import (
    MINER_MBPS,
    MINER_POWER,
    draw_network,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Delays = npt.NDArray[np.float64]

CHECK_S_PER_BYTE: Final = 0.174 / 458_263
HEADER_BYTES: Final = 81
TRANSACTION_BYTES: Final = 522.4
"""Mean size of a transaction, of which the short form of a block keeps :data:`INDEX_BYTES`."""
INDEX_BYTES: Final = 2
PROTOCOLS: Final = ("standard", "unsolicited", "relay")
"""What a miner does with its own block: announces it, sends it unasked, or so with a short form to miners."""
NODES: Final = 6_000
MOST_EXPECTED: Final = 0.3
"""Expected share of stale blocks above which they are counted instead."""
WHERE: Final = "bitcoin simulator"


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
    protocol: str = "standard",
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
    _require(interval_s, block_bytes, protocol, nodes, blocks, miner_mbps)
    import numpy as np

    from alyslab.harnesses.network.validation import bitcoin_simulator_compiled as compiled

    miners = len(MINER_POWER)
    first, ends, latency_ns, lines_mbps = draw_network(seed, nodes)
    lines_mbps = lines_mbps.copy()
    lines_mbps[:miners] = miner_mbps
    cumulated = np.cumsum(MINER_POWER) / sum(MINER_POWER)
    cumulated[-1] = 1.0
    net = compiled.Net(
        first=first,
        ends=ends,
        latency_ns=latency_ns,
        line_ns=np.rint(block_bytes * 8_000 / lines_mbps).astype(np.int64),
        short_ns=round(short_bytes(block_bytes) * 8_000 / miner_mbps),
        check_ns=round(block_bytes * CHECK_S_PER_BYTE * 1e9),
        cumulated_power=cumulated,
        interval_ns=interval_s * 1e9,
    )
    chain, delay_ns = compiled.relay(net, blocks, PROTOCOLS.index(protocol), seed)
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


def short_bytes(block_bytes: int) -> int:
    """Return the size of a block's short form: its header, and an index for each transaction."""
    return HEADER_BYTES + INDEX_BYTES * int(max(block_bytes - HEADER_BYTES, 0) / TRANSACTION_BYTES)


def _stale(chain: Any, names: Any) -> int:
    block, kept = int(chain[:, names.HEIGHT].argmax()), 0
    while block >= 0:
        kept, block = kept + 1, int(chain[block, names.PARENT])
    return len(chain) - kept


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


def _require(  # noqa: PLR0917 - as the numbers stand there
    interval_s: float, block_bytes: int, protocol: str, nodes: int, blocks: int, miner_mbps: float
) -> None:
    ranges = {
        "interval_s": (interval_s, 0.01, 1e9),
        "block_bytes": (block_bytes, 1, 10**9),
        "nodes": (nodes, 100, 20_000),
        "blocks": (blocks, 1, 10_000),
        "miner_mbps": (miner_mbps, 0.1, 1e6),
    }
    problems = [
        Problem(where=WHERE, key=key, what=f"is {value!r}", value=value, allowed=f"{low:g} to {high:g}")
        for key, (value, low, high) in ranges.items()
        if not low <= value <= high
    ]
    if protocol not in PROTOCOLS:
        what = f"no protocol is named {protocol!r}"
        problems.append(
            Problem(where=WHERE, key="protocol", what=what, value=protocol, allowed=", ".join(PROTOCOLS))
        )
    if problems:
        raise ParameterError(problems)
