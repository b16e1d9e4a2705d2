"""How Maelstrom measures how long a value takes to be seen everywhere, and how far that strays by chance.

A value's stable latency is the time from its acknowledgement to the last read
that missed it; 0 if none did.  With two reads a second at each node most nodes
are not looked at in the moment when a value arrives, so the figure is lower
than the true delay.  The bias belongs to the measurement, so it is simulated,
not corrected.

Source: jepsen, checker/set-full (``stable-latency``, ``frequency-distribution``:
the value at index ⌊n·p⌋ of the sorted latencies); the published figures are
those of Maelstrom's doc/03-broadcast/02-performance.md, commit 2b0fbc6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any, Final

from alyslab.harnesses.network.kernel_graph import graph_of
from alyslab.harnesses.network.link import LinkSpec
from alyslab.harnesses.network.validation.clients import Clients
from alyslab.harnesses.network.validation.maelstrom import maelstrom_topology

if TYPE_CHECKING:
    from alyslab.runtime import Journal

QUANTILES: Final = (0.5, 0.95, 0.99, 1.0)
PUBLISHED_MS: Final[Mapping[str, tuple[int, int, int, int]]] = {
    "grid": (452, 656, 748, 791),
    "grid exponential": (229, 431, 520, 630),
    "tree4": (386, 489, 498, 505),
    "total": (77, 95, 96, 97),
}
"""At 25 nodes, a mean latency of 100 ms and 100 operations a second for 20 s, by :data:`QUANTILES`."""
PUBLISHED_MESSAGES: Final[Mapping[str, tuple[int, int]]] = {
    "grid": (56_280, 1_005),
    "line": (24_120, 1_005),
    "total": (587_520, 1_020),
    "tree4": (24_744, 1_031),
}
"""Messages between 25 servers, and the broadcasts that caused them: 56, 24, 576 and 24 each."""
NODES: Final = 25
LATENCY_MS: Final = 100.0
RATE_PER_S: Final = 100.0
DURATION_S: Final = 20.0


def quantiles_ms(latencies_ms: Sequence[float]) -> tuple[float, ...]:
    """Return Jepsen's quantiles of latencies; NaN if there are none."""
    ordered = sorted(latencies_ms)
    if not ordered:
        return tuple(float("nan") for _ in QUANTILES)
    return tuple(ordered[min(len(ordered) - 1, int(len(ordered) * ratio))] for ratio in QUANTILES)


def stable_latencies_ms(journal: Journal) -> list[float]:
    """Return each value's stable latency in whole ms, from the journal of :func:`.maelstrom.broadcast`."""
    from bisect import bisect_left

    values = {
        event.fields["value"]: event.fields["acknowledged_ns"]
        for event in journal.select(kind="broadcast.value")
    }
    reads: dict[str, list[tuple[int, int]]] = {}
    for event in journal.select(kind="broadcast.read"):
        reads.setdefault(event.subject, []).append((event.time_ns, event.fields["invoked_ns"]))
    latest_ns = dict.fromkeys(values, 0)
    for event in journal.select(kind="broadcast.seen"):
        before = reads.get(event.subject, [])
        place = bisect_left(before, (event.time_ns, -1))
        value = event.fields["value"]
        if place:
            latest_ns[value] = max(latest_ns[value], before[place - 1][1] - values[value])
    return [float(each // 1_000_000) for each in latest_ns.values()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantile:
    """One published quantile beside what the same measurement gives here."""

    network: str
    ratio: float
    published_ms: float
    mean_ms: float
    """Mean of the simulated measurements."""
    sigma_ms: float
    """What one measurement of 20 s strays by chance: their standard deviation, and 1/√12 of a whole ms."""

    @property
    def z(self) -> float:
        """How many standard deviations the published figure lies from the mean."""
        return (self.published_ms - self.mean_ms) / self.sigma_ms


def expected_quantiles(
    network: str, *, seed: int, measurements: int = 400, slower: float = 1.0
) -> list[Quantile]:
    """Simulate the published measurement so many times and return its quantiles.

    Parameters
    ----------
    network
        A key of :data:`PUBLISHED_MS`.
    slower
        A factor on all latencies: other than 1 is another network, which the
        published figures refute.

    The floods are the kernel's; clients and reads are drawn anew each time.
    """
    import numpy as np

    random = np.random.default_rng(seed)
    topology = maelstrom_topology(network.split(maxsplit=1)[0], NODES)
    offsets = _Offsets(graph_of(topology, LinkSpec(delay_ms=LATENCY_MS * slower)), "exp" in network)
    found = np.array([quantiles_ms(_measure(random, offsets)) for _ in range(measurements)])
    return [
        Quantile(network=network, ratio=ratio, published_ms=published, mean_ms=mean, sigma_ms=sigma)
        for ratio, published, mean, sigma in zip(
            QUANTILES,
            PUBLISHED_MS[network],
            found.mean(axis=0).tolist(),
            np.sqrt(found.var(axis=0, ddof=1) + 1 / 12).tolist(),
            strict=True,
        )
    ]


class _Offsets:
    """How long after a broadcast each node has the value, in s: a row for each origin that is asked for."""

    def __init__(self, graph: Any, exponential: bool) -> None:
        from alyslab.harnesses.network.kernel import flood_once

        self._graph, self._exponential = graph, exponential
        self._fixed = [flood_once(graph, origin).arrival_ns / 1e9 for origin in range(graph.peers)]

    def of(self, random: Any, origins: Any) -> Any:
        """Return the offsets of these origins; draws latencies anew where they are exponential."""
        import numpy as np

        if not self._exponential:
            return np.stack(self._fixed)[origins]
        from alyslab.harnesses.network.kernel_compiled import flood

        graph, nothing = self._graph, np.zeros(0, np.int64)
        drawn = random.exponential(graph.latency_ns, (len(origins), graph.links)).astype(np.int64)
        rows = [
            flood(graph.first, graph.receiver, nothing, latency_ns, origin, False)[0]
            for origin, latency_ns in zip(origins.tolist(), drawn, strict=True)
        ]
        return np.stack(rows) / 1e9


def _measure(random: Any, offsets: _Offsets) -> list[float]:
    """Return the stable latencies, in ms, of 20 s of operations."""
    import numpy as np

    gaps_ms = random.uniform(0.0, 2e3 / RATE_PER_S, int(2 * RATE_PER_S * DURATION_S))
    invoked_ms = np.cumsum(gaps_ms)
    invoked_ms = invoked_ms[invoked_ms < 1e3 * DURATION_S]
    clients = Clients(NODES, Random(int(random.integers(2**63))))
    nodes, service_ms = np.array([clients.invoke(now_ms) for now_ms in invoked_ms.tolist()]).T
    reading = random.random(len(invoked_ms)) < 0.5
    handled_ms, acknowledged_ms = invoked_ms + service_ms / 2, invoked_ms + service_ms
    origins = nodes[~reading].astype(int)
    arrival_ms = handled_ms[~reading][:, None] + 1e3 * offsets.of(random, origins)
    latest_ms = np.zeros(len(origins))
    for node in range(NODES):
        here = reading & (nodes == node)
        # A read misses what arrives after it was handled; what counts then is when it was invoked.
        place = np.searchsorted(handled_ms[here], arrival_ms[:, node], side="left")
        missed_ms = np.where(place > 0, np.append(invoked_ms[here], 0.0)[place - 1], 0.0)
        latest_ms = np.maximum(latest_ms, missed_ms - acknowledged_ms[~reading])
    return np.floor(latest_ms).tolist()  # type: ignore[no-any-return]
