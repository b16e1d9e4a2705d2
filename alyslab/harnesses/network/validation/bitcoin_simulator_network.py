"""The network of the ns-3 Bitcoin simulator: its regions, miners and nodes, and how they are linked.

Source: arthurgervais/Bitcoin-Simulator, commits 3f21d94 and 6d5e76b,
scratch/bitcoin-test.cc, bitcoin-topology-helper.cc; bandwidth:
dsg-titech/simblock, commit 5fc7f9f, *_BANDWIDTH_2015.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

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


@lru_cache(maxsize=8)
def draw_network(seed: int, nodes: int) -> tuple[Any, Any, Any, Any]:
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
