"""The compiled kernel: equal to a plain simulation, honest about its scope, refusing what is no network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from alyslab.errors import ParameterError
from alyslab.harnesses.network.kernel import Flood, flood_once
from alyslab.harnesses.network.kernel_graph import LinkGraph, graph_from_arrays, graph_of
from alyslab.harnesses.network.link import LinkSpec
from alyslab.harnesses.network.topology import Topology
from tests.harnesses.network.reference_flood import flood_plainly

FIELDS = ("arrival_ns", "parent", "hops", "sent", "received")


@st.composite
def graphs(draw: st.DrawFn) -> LinkGraph:
    """Draw small networks with few different latencies and rates, so that many copies arrive at once."""
    peers = draw(st.integers(1, 9))
    every = [(low, high) for low in range(peers) for high in range(low + 1, peers)]
    links = draw(st.lists(st.sampled_from(every), unique=True)) if every else []
    latencies = st.sampled_from([0.0, 1.0, 2.0, 3.0, 1.000001])
    rates = st.sampled_from([None, None, 8e6, 3e6])
    with_rates = draw(st.booleans())
    specs = {
        pair: LinkSpec(delay_ms=draw(latencies), rate_bps=draw(rates) if with_rates else None)
        for low, high in links
        for pair in ((low, high), (high, low))
    }
    return graph_of(Topology(peers=peers, links=tuple(sorted(links))), lambda *pair: specs[pair])


def as_lists(flood: Flood) -> dict[str, list[int]]:
    return {name: getattr(flood, name).tolist() for name in FIELDS}


def random_graph(peers: int, degree: int, seed: int) -> LinkGraph:
    """Rings through all peers, each in another order: connected, about ``degree`` links a peer."""
    random = np.random.default_rng(seed)
    rings = [random.permutation(peers) for _ in range(degree // 2)]
    ends = np.concatenate([np.stack([ring, np.roll(ring, 1)]) for ring in rings], axis=1)
    low, high = np.unique(np.sort(ends, axis=0), axis=1)
    latency_ns = random.integers(1_000_000, 300_000_000, 2 * len(low))
    return graph_from_arrays(peers, np.append(low, high), np.append(high, low), latency_ns)


@given(graph=graphs(), origin=st.integers(0, 8), size_bytes=st.sampled_from([0, 1_000]), back=st.booleans())
def test_a_flood_is_what_a_plain_simulation_does(
    graph: LinkGraph, origin: int, size_bytes: int, back: bool
) -> None:
    """Every number, to the nanosecond, also where copies tie: the fast scale must not be another truth."""
    origin %= graph.peers

    flood = flood_once(graph, origin, size_bytes=size_bytes, send_back=back)

    assert as_lists(flood) == flood_plainly(graph, origin, size_bytes, send_back=back)


def test_arrival_times_are_scipys_shortest_paths() -> None:
    """A second opinion, on a graph too large for a plain simulation."""
    graph = random_graph(3_000, 16, seed=5)
    matrix = csr_matrix((graph.latency_ns.astype(float), graph.receiver, graph.first))

    flood = flood_once(graph, 17)

    assert np.array_equal(flood.arrival_ns, dijkstra(matrix, indices=17))


def test_a_kernel_that_forgets_to_spare_the_sender_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison must bite: this is the likeliest mistake of a flood."""
    from alyslab.harnesses.network import kernel_compiled

    right = kernel_compiled.flood
    monkeypatch.setattr(kernel_compiled, "flood", lambda *given: right(*given[:-1], True))
    graph = random_graph(30, 4, seed=1)

    assert as_lists(flood_once(graph, 0)) != flood_plainly(graph, 0)


@pytest.mark.parametrize("peers", [2, 25, 400])
def test_a_flood_costs_twice_the_links_less_one_a_peer(peers: int) -> None:
    """The count that Maelstrom publishes, from the kernel's own counters."""
    graph = random_graph(peers, 6, seed=peers)

    flood = flood_once(graph, peers // 2, size_bytes=1_000)

    assert flood.messages == graph.links - (peers - 1)
    assert int(flood.received.sum()) == flood.messages
    assert int(flood.sent_bytes.sum()) == 1_000 * flood.messages
    assert int(flood.duplicates.sum()) == flood.messages - (peers - 1)


def test_peers_that_nothing_reaches_are_said_to_be() -> None:
    """An arrival that never was must not look like an early one."""
    graph = graph_from_arrays(4, [0, 1, 2], [1, 0, 3], [5, 5, 5])

    flood = flood_once(graph, 0)

    assert flood.arrival_ns.tolist() == [0, 5, -1, -1]
    assert (flood.reached, flood.messages) == (2, 1)
    assert flood.quantile_ms(0.5) == 5e-6
    assert flood.quantile_ms(0.75) == float("inf")


def test_a_line_sends_one_copy_after_another() -> None:
    """Two copies of 1 MB at 8 Mbit/s leave after 1 s and 2 s, in the order of the receivers."""
    graph = graph_from_arrays(3, [0, 0], [2, 1], [7, 7], [8e6, 8e6])

    flood = flood_once(graph, 0, size_bytes=1_000_000)

    assert flood.arrival_ns.tolist() == [0, 1_000_000_007, 2_000_000_007]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"loss_ratio": 0.1}, "loss_ratio"),
        ({"distribution": "uniform", "delay_ms": 2.0, "jitter_ms": 1.0}, "jitter_ms"),
        ({"duplicate_ratio": 0.1}, "duplicate_ratio"),
        ({"reorder_ratio": 0.1, "fifo": False}, "reorder_ratio"),
        ({"corrupt_ratio": 0.1}, "corrupt_ratio"),
        ({"rate_bps": 1e6, "limit_messages": 3}, "limit_messages"),
    ],
)
def test_a_link_beyond_the_scope_is_refused_by_name(changes: dict[str, Any], field: str) -> None:
    """A kernel that left a feature out in silence would be fast and wrong."""
    bad = LinkSpec(**changes)
    line = Topology(peers=3, links=((0, 1), (1, 2)))

    with pytest.raises(ParameterError) as refused:
        graph_of(line, lambda sender, _: bad if sender == 2 else LinkSpec(delay_ms=1))

    assert field in {problem.key for problem in refused.value.problems}
    assert "link 2 to 1" in str(refused.value)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"receiver": [1, 5]}, "receiver"),
        ({"sender": [-1, 1]}, "sender"),
        ({"sender": [0, 1], "receiver": [0, 2]}, "receiver"),
        ({"sender": [0, 0], "receiver": [1, 1]}, "receiver"),
        ({"latency_ns": [1, -2]}, "latency_ns"),
        ({"latency_ns": [1.0, float("nan")]}, "latency_ns"),
        ({"latency_ns": [1]}, "sender"),
        ({"rate_bps": [1.0, float("nan")]}, "rate_bps"),
        ({"rate_bps": [1.0, 0.0]}, "rate_bps"),
        ({"peers": 0}, "peers"),
    ],
)
def test_arrays_that_are_no_network_are_refused(given: dict[str, Any], field: str) -> None:
    """Compiled code checks no index: what is wrong must be found before."""
    good = {"peers": 3, "sender": [0, 1], "receiver": [1, 2], "latency_ns": [1, 1]}

    with pytest.raises(ParameterError) as refused:
        graph_from_arrays(**{**good, **given})

    assert field in {problem.key for problem in refused.value.problems}


@pytest.mark.parametrize(("origin", "size_bytes"), [(-1, 0), (3, 0), (0, -1)])
def test_a_flood_from_nowhere_or_of_less_than_nothing_is_refused(origin: int, size_bytes: int) -> None:
    """As above: compiled code would read beside its arrays."""
    graph = graph_from_arrays(3, [0, 1], [1, 2], [1, 1])

    with pytest.raises(ParameterError):
        flood_once(graph, origin, size_bytes=size_bytes)


def test_memory_grows_with_the_links() -> None:
    """Twice the links, twice the arrays: nothing is kept for each pair of peers."""
    small, large = random_graph(1_000, 16, seed=2), random_graph(2_000, 16, seed=2)

    assert large.nbytes < 2.1 * small.nbytes
    assert small.nbytes < 20 * small.links
