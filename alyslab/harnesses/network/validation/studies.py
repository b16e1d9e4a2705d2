"""Studies of the network for an engineer at a notebook: simulated beside published, and what must agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from alyslab.checkers.verdict import Check
from alyslab.harnesses.network.kernel import Flood, flood_once
from alyslab.harnesses.network.kernel_graph import LinkGraph, graph_from_arrays
from alyslab.harnesses.network.validation.bitcoin_simulator import (
    Published,
    bootstrap_interval,
    published,
    run_bitcoin_simulator,
)
from alyslab.harnesses.network.validation.maelstrom import TOPIC, broadcast
from alyslab.harnesses.network.validation.simblock import COMPACT_USERS_RATIO, Relay, run_simblock
from alyslab.harnesses.network.validation.stable_latency import (
    PUBLISHED_MESSAGES,
    PUBLISHED_MS,
    Quantile,
    expected_quantiles,
)
from alyslab.runtime import Run, simulate

if TYPE_CHECKING:
    import pandas as pd

SIGMAS: Final = 3.0
QUANTITIES: Final = {"t50_s": "s", "t90_s": "s", "stale_ratio": ""}
"""What was published of each point of the sweep, and is simulated."""


def broadcasts(seed: int, *, total: int, planted: Iterable[str] = ()) -> dict[str, Run]:
    """Run Maelstrom's workload on its four topologies, with as many broadcasts as there.

    ``total`` broadcasts go through the full mesh, 576 messages each.
    """
    return {
        topology: simulate(
            broadcast,
            seed=seed,
            parameters={
                "topology": topology,
                "broadcasts": total if topology == "total" else count,
            },
            planted=tuple(planted),
        )
        for topology, (_, count) in PUBLISHED_MESSAGES.items()
    }


def message_checks(runs: Mapping[str, Run]) -> list[Check]:
    """Hold the messages that servers received against the published count, scaled to our broadcasts."""
    checks = []
    for topology, run in runs.items():
        messages, count = PUBLISHED_MESSAGES[topology]
        rows = run.journal.select(kind="net.message")
        received = sum(event.fields["topic"] == TOPIC for event in rows)
        ours = sum(1 for _ in run.journal.select(kind="broadcast.value"))
        checks.append(
            Check(
                name=f"messages for {ours} broadcasts on {topology}",
                observed=received if ours else None,
                comparison="==",
                limit=messages * ours // count,
                unit="messages",
                source=f"Maelstrom, doc/03-broadcast/02-performance.md: {messages} for {count}",
                note="2E - (n - 1) for each broadcast",
            )
        )
    return checks


def latencies(seed: int, *, measurements: int, slower: float = 1.0) -> list[Quantile]:
    """Repeat Maelstrom's published measurements of stable latency so many times each."""
    return [
        quantile
        for network in PUBLISHED_MS
        for quantile in expected_quantiles(network, seed=seed, measurements=measurements, slower=slower)
    ]


def latency_check(quantiles: Sequence[Quantile]) -> Check:
    """Hold each published quantile to within three standard deviations of one measurement."""
    worst = max(quantiles, key=lambda each: abs(each.z))
    return Check(
        name="Maelstrom's stable latencies lie within sampling error",
        observed=round(abs(worst.z), 3),
        comparison="<=",
        limit=SIGMAS,
        unit="standard deviations of one measurement",
        source="Maelstrom, doc/03-broadcast/02-performance.md",
        note=f"the farthest of {len(quantiles)} is {worst.network}, quantile {worst.ratio:g}: published "
        f"{worst.published_ms:g} ms, here {worst.mean_ms:.1f} ± {worst.sigma_ms:.1f} ms; the time of an "
        "operation is fitted to the four of total, so 12 are predictions",
    )


def large_network(peers: int, degree: int, seed: int) -> LinkGraph:
    """Return a random network of so many peers with latencies of 10 to 290 ms, for the kernel."""
    import numpy as np

    random = np.random.default_rng(seed)
    rings = [random.permutation(peers) for _ in range(degree // 2)]
    ends = np.sort(np.concatenate([np.stack([ring, np.roll(ring, 1)], axis=1) for ring in rings]), axis=1)
    codes = np.unique(ends[:, 0] * peers + ends[:, 1])
    low, high = codes // peers, codes % peers
    latency_ns = random.integers(10_000_000, 290_000_000, len(low))
    return graph_from_arrays(
        peers, np.append(low, high), np.append(high, low), np.append(latency_ns, latency_ns)
    )


def flood_checks(graph: LinkGraph, flood: Flood) -> list[Check]:
    """Hold the kernel's flood to the exact count of messages and to reaching everybody."""
    return [
        Check(
            name=f"a flood of {graph.peers} peers reaches everybody",
            observed=flood.reached,
            comparison="==",
            limit=graph.peers,
            unit="peers",
        ),
        Check(
            name=f"a flood of {graph.peers} peers costs 2E - (n - 1) messages",
            observed=flood.messages,
            comparison="==",
            limit=graph.links - (graph.peers - 1),
            unit="messages",
        ),
    ]


def simblock_runs(seed: int, *, networks: int, nodes: int, blocks: int) -> dict[str, list[Relay]]:
    """Run SimBlock's scenario on several networks, with compact blocks and without."""
    users = {"compact blocks": COMPACT_USERS_RATIO, "full blocks": 0.0}
    return {
        name: [
            run_simblock(nodes=nodes, blocks=blocks, seed=seed + i, compact_users_ratio=ratio)
            for i in range(networks)
        ]
        for name, ratio in users.items()
    }


def simblock_check(runs: Mapping[str, Sequence[Relay]]) -> Check:
    """Every block of the longest chain reaches every node, in each network."""
    missing = sum(
        int((relay.delay_ms[block] < 0).sum())
        for relays in runs.values()
        for relay in relays
        for block in relay.main_chain
    )
    seen = sum(len(relay.main_chain) for relays in runs.values() for relay in relays)
    return Check(
        name="SimBlock's scenario: blocks of the longest chain reach every node",
        observed=missing if seen else None,
        comparison="==",
        limit=0,
        unit="nodes without a block",
        note=f"{seen} blocks",
    )


def relay_delays_s(runs: Mapping[str, Sequence[Relay]]) -> dict[str, list[Any]]:
    """Return each network's delays in s, of the blocks of its longest chain but the first."""
    import numpy as np

    delays = {
        name: [relay.delay_ms[relay.main_chain[:-1]] for relay in relays] for name, relays in runs.items()
    }
    return {
        name: [np.where(each < 0, np.nan, each / 1e3) for each in networks]
        for name, networks in delays.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of the published sweep beside what several networks gave here."""

    row: Published
    t50_s: tuple[float, ...]
    t90_s: tuple[float, ...]
    stale_ratio: tuple[float, ...]

    def interval(self, name: str, seed: int) -> tuple[float, float]:
        """Return the bootstrap interval for the mean over networks of one of the three."""
        return bootstrap_interval(getattr(self, name), seed=seed)


def sweep(seed: int, *, networks: int, nodes: int, blocks: int, miner_mbps: float = 100.0) -> list[Point]:
    """Simulate each published point of the ns-3 Bitcoin simulator on several networks."""
    points = []
    for row in published():
        runs = [
            run_bitcoin_simulator(
                interval_s=row.interval_s,
                block_bytes=row.block_bytes,
                seed=seed + i,
                unsolicited=row.protocol == "unsolicited",
                nodes=nodes,
                # Where blocks meet each other, stale ones are counted: that takes more of them.
                blocks=blocks if row.interval_s > 5 else 4 * blocks,
                miner_mbps=miner_mbps,
            )
            for i in range(networks)
        ]
        points.append(
            Point(
                row=row,
                t50_s=tuple(run.quantile_s(0.5) for run in runs),
                t90_s=tuple(run.quantile_s(0.9) for run in runs),
                stale_ratio=tuple(run.stale_ratio for run in runs),
            )
        )
    return points


def order_check(points: Sequence[Point]) -> Check:
    """Of any two published points the one with the clearly longer median is the longer one here too.

    "Clearly": by a fifth.  What differs by less is within what the two models
    leave out, and is not held against anything.
    """
    import numpy as np

    wrong, pairs = [], 0
    for one in points:
        for other in points:
            if one.row.t50_s > 1.2 * other.row.t50_s:
                pairs += 1
                if not np.mean(one.t50_s) > np.mean(other.t50_s):
                    wrong.append(f"{_name(one.row)} after {_name(other.row)}")
    return Check(
        name="ns-3 sweep: the order of the published medians",
        observed=len(wrong) if pairs else None,
        comparison="==",
        limit=0,
        unit="pairs the other way round",
        source="arthurgervais.github.io/Bitcoin-Simulator/results.html",
        note=f"of {pairs}; " + ("; ".join(wrong[:3]) or "the figures themselves are reported, not gated"),
    )


def sweep_frame(points: Sequence[Point], seed: int) -> pd.DataFrame:
    """Return a row for each point, published and simulated, with bootstrap intervals."""
    import pandas as pd

    rows = []
    for point in points:
        row: dict[str, Any] = {
            name: getattr(point.row, name) for name in ("sweep", "protocol", "interval_s", "block_bytes")
        }
        for name in QUANTITIES:
            values = getattr(point, name)
            row[f"published_{name}"] = getattr(point.row, name)
            row[name] = sum(values) / len(values)
            row[f"{name}_low"], row[f"{name}_high"] = point.interval(name, seed)
        rows.append(row)
    return pd.DataFrame(rows)


def sweep_metrics(points: Sequence[Point]) -> list[dict[str, Any]]:
    """Return the simulated sweep as tidy metrics."""
    return [
        {
            "metric": f"ns3_{name.removesuffix('_s')}",
            "value": float(sum(getattr(point, name)) / len(getattr(point, name))),
            "unit": unit,
            "labels": {
                "sweep": point.row.sweep,
                "protocol": point.row.protocol,
                "interval_s": f"{point.row.interval_s:g}",
                "block_bytes": str(point.row.block_bytes),
            },
        }
        for point in points
        for name, unit in QUANTITIES.items()
    ]


def _name(row: Published) -> str:
    return f"{row.protocol} {row.interval_s:g} s {row.block_bytes} B"


def first_flood(graph: LinkGraph) -> Flood:
    """Flood one block of 1 kB from peer 0."""
    return flood_once(graph, 0, size_bytes=1_000)
