"""Studies of the network for an engineer at a notebook: simulated beside published, and what must agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from alyslab.checkers.verdict import Check
from alyslab.harnesses.network.kernel import Flood, flood_once
from alyslab.harnesses.network.kernel_graph import LinkGraph, graph_from_arrays
from alyslab.harnesses.network.validation.maelstrom import TOPIC, broadcast
from alyslab.harnesses.network.validation.simblock import COMPACT_USERS_RATIO, Relay, run_simblock
from alyslab.harnesses.network.validation.stable_latency import (
    PUBLISHED_MESSAGES,
    PUBLISHED_MS,
    Quantile,
    expected_quantiles,
)
from alyslab.runtime import Run, simulate

SIGMAS: Final = 3.0


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


def first_flood(graph: LinkGraph) -> Flood:
    """Flood one block of 1 kB from peer 0."""
    return flood_once(graph, 0, size_bytes=1_000)
