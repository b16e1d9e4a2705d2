"""The compiled scale: floods of a hundred thousand peers, and SimBlock's scenario.

What is compiled is compiled before anything is timed.
"""

from __future__ import annotations

import subprocess
import sys

from alyslab.checkers.verdict import Check
from alyslab.errors import HarnessError
from alyslab.performance.measure import Ratio, take_turns

ROUNDS = 9
PEERS = 100_000
DEGREE = 16
MOST_MB = 1_000
SIMBLOCK_S = {(6_000, 20): 10.0, (600, 50): 1.5}
"""What SimBlock itself took for so many nodes and blocks, on a 2-core machine like this.

Source: ../shared/design.md, "Measured limits".
"""

_MEMORY_SCRIPT = """
import resource, sys
import psutil, scipy.sparse
from alyslab.harnesses.network import kernel_compiled
from alyslab.harnesses.network.kernel import flood_once
from alyslab.harnesses.network.kernel_graph import graph_from_arrays
from alyslab.harnesses.network.validation.studies import large_network
flood_once(graph_from_arrays(2, [0, 1], [1, 0], [1, 1]), 0)
process = psutil.Process()
before = process.memory_info().rss
graph = large_network(int(sys.argv[1]), int(sys.argv[2]), 1)
flood = flood_once(graph, 0, size_bytes=1_000)
kept = process.memory_info().rss - before
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024, kept, graph.links)
"""


def flood_checks() -> list[Check]:
    """Time a flood with hops, parents and bytes against SciPy's Dijkstra on the same graph, in turn."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import dijkstra

    from alyslab.harnesses.network.kernel import flood_once
    from alyslab.harnesses.network.validation.studies import large_network

    graph = large_network(PEERS, DEGREE, seed=1)
    matrix = csr_matrix((graph.latency_ns.astype(float), graph.receiver, graph.first))

    def flood() -> None:
        found = flood_once(graph, 0, size_bytes=1_000)
        _ = found.messages, found.sent_bytes, found.received_bytes, found.duplicates

    timings = take_turns({"flood": flood, "Dijkstra": lambda: dijkstra(matrix, indices=0)}, rounds=ROUNDS)
    ratio: Ratio = timings.ratio("Dijkstra", "flood")  # Dijkstra's speed over the flood's
    return [
        Check(
            name="a compiled flood, with hops, parents and bytes",
            observed=round(ratio.median, 2),
            comparison="<=",
            limit=1.5,
            unit="x SciPy's Dijkstra, time",
            source="issue 5, Numbers",
            note=f"{ratio}; {PEERS} peers, {graph.links} directed links, "
            f"{1e3 * timings.median_s('flood'):.0f} ms against {1e3 * timings.median_s('Dijkstra'):.0f} ms",
        )
    ]


def memory_checks() -> list[Check]:
    """Measure what a process needs to build a graph and flood it, at half and full size."""
    _, half_bytes, half_links = _memory(PEERS // 2)
    peak_bytes, full_bytes, full_links = _memory(PEERS)
    a_link, of_half = full_bytes / full_links, half_bytes / half_links
    return [
        Check(
            name=f"memory of a flood of {PEERS} peers",
            observed=round(peak_bytes / 1e6),
            comparison="<",
            limit=MOST_MB,
            unit="MB, the whole process at its largest",
            source="issue 5, Numbers",
            note=f"{full_bytes / 1e6:.0f} MB of it stay, {a_link:.0f} bytes a link",
        ),
        Check(
            name="memory grows with the links",
            observed=round(a_link / of_half, 2) if of_half > 0 else None,
            comparison="<=",
            limit=1.2,
            unit="x the bytes a link at half the size",
            source="issue 5, Numbers: linear in links",
        ),
    ]


def simblock_checks() -> list[Check]:
    """Time SimBlock's scenario, its network's drawing included, against SimBlock's own time."""
    from alyslab.harnesses.network.validation.simblock import run_simblock

    checks = []
    for (nodes, blocks), theirs_s in SIMBLOCK_S.items():

        def relay(nodes: int = nodes, blocks: int = blocks) -> None:
            run_simblock(nodes=nodes, blocks=blocks, seed=10)

        timings = take_turns({"relay": relay}, rounds=3)
        checks.append(
            Check(
                name=f"SimBlock's scenario, {nodes} nodes x {blocks} blocks",
                observed=round(timings.median_s("relay"), 2),
                comparison="<=",
                limit=theirs_s / 2,
                unit="s",
                source=f"issue 5, Numbers: half of SimBlock's {theirs_s:g} s",
                note=f"{theirs_s / timings.median_s('relay'):.1f} times as fast",
            )
        )
    return checks


def all_checks() -> list[Check]:
    """Return every check of this module."""
    return [*flood_checks(), *memory_checks(), *simblock_checks()]


def _memory(peers: int) -> tuple[int, int, int]:
    """Return a fresh process's peak, what the graph and its flood keep, both in bytes, and the links."""
    done = subprocess.run(
        [sys.executable, "-c", _MEMORY_SCRIPT, str(peers), str(DEGREE)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise HarnessError(f"measuring memory failed: {done.stderr.strip()[-500:]}")
    peak, kept, links = (int(word) for word in done.stdout.split())
    return peak, kept, links
