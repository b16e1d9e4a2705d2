"""Two scales, one truth: within its scope the kernel does what the message-by-message network does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alyslab.harnesses.network import kernel_compiled
from alyslab.harnesses.network.endpoint import Endpoint
from alyslab.harnesses.network.kernel import flood_once
from alyslab.harnesses.network.kernel_graph import graph_of
from alyslab.harnesses.network.link import LinkSpec
from alyslab.harnesses.network.message import Message
from alyslab.harnesses.network.network import Network
from alyslab.harnesses.network.topology import Topology
from alyslab.runtime import Run, Runtime, require_current, simulate

LATENCIES_MS = (0.0, 1.0, 2.0, 3.0, 1.000001, 37.25)
RATES_BPS = (None, 8e6, 3e6, 1e6 / 3)
BYTES = ("sent_bytes", "received_bytes")
FIELDS = ("arrival_ns", "parent", "hops", "sent", "received")
Links = list[list[Any]]  # low, high, latency and rate there, latency and rate back


@st.composite
def networks(draw: st.DrawFn) -> tuple[int, Links]:
    """Draw connected networks of up to 10 peers: few different values, so that many tie, or any at all."""
    peers = draw(st.integers(2, 10))
    pairs = {(draw(st.integers(0, peer - 1)), peer) for peer in range(1, peers)}
    every = [(low, high) for low in range(peers) for high in range(low + 1, peers)]
    pairs |= set(draw(st.lists(st.sampled_from(every))))
    rates = RATES_BPS if draw(st.booleans()) else (None,)
    conditions = st.tuples(st.sampled_from(LATENCIES_MS), st.sampled_from(rates))
    if draw(st.booleans()):
        some_bps = st.floats(1e5, 1e9) if draw(st.booleans()) else st.none()
        conditions = st.tuples(st.integers(0, 3 * 10**8).map(lambda ns: ns / 1e6), some_bps)
    return peers, [[low, high, *draw(conditions), *draw(conditions)] for low, high in sorted(pairs)]


def specs_of(links: Links) -> dict[tuple[int, int], LinkSpec]:
    specs = {}
    for low, high, there_ms, there_bps, back_ms, back_bps in links:
        specs[low, high] = LinkSpec(delay_ms=there_ms, rate_bps=there_bps)
        specs[high, low] = LinkSpec(delay_ms=back_ms, rate_bps=back_bps)
    return specs


class Peer:
    """Passes a message on when it comes first, to all neighbours but the one that it has it from."""

    def __init__(self, runtime: Runtime, endpoint: Endpoint, size_bytes: int) -> None:
        self.runtime, self.endpoint, self.size_bytes = runtime, endpoint, size_bytes
        self.arrival_ns = self.parent = self.hops = -1
        self.sent = self.received = 0
        endpoint.on_message(self.told)

    def told(self, message: Message) -> None:
        self.received += 1
        if self.hops < 0:
            self.take(int(message.sender[1:]), int.from_bytes(message.payload, "big") + 1)

    def take(self, parent: int, hops: int) -> None:
        self.arrival_ns, self.parent, self.hops = self.runtime.now_ns, parent, hops
        for other in self.endpoint.peers():
            if other != f"p{parent}":
                payload = hops.to_bytes(4, "big")
                self.endpoint.send(other, "flood", payload, size_bytes=self.size_bytes)
                self.sent += 1


async def flood_by_messages(peers: int, links: Links, origin: int, size_bytes: int) -> dict[str, list[int]]:
    runtime, specs = require_current(), specs_of(links)
    network = Network(runtime, lambda sender, receiver: specs[int(sender[1:]), int(receiver[1:])])
    names = [f"p{i}" for i in range(peers)]
    all_peers = [Peer(runtime, network.endpoint(runtime.node(name)), size_bytes) for name in names]
    network.connect_all(Topology(peers=peers, links=tuple((low, high) for low, high, *_ in links)), names)
    all_peers[origin].take(-1, 0)
    await network.quiet()
    return {field: [getattr(peer, field) for peer in all_peers] for field in FIELDS}


def bytes_of(run: Run, peers: int) -> dict[str, list[int]]:
    """Sum the bytes that each peer sent and received, from the journal."""
    sums = {"sent_bytes": [0] * peers, "received_bytes": [0] * peers}
    for event in run.journal.select(kind="net.message"):
        sums["sent_bytes"][int(event.fields["sender"][1:])] += event.fields["bytes"]
        sums["received_bytes"][int(event.subject[1:])] += event.fields["bytes"]
    return sums


def flood_by_kernel(peers: int, links: Links, origin: int, size_bytes: int) -> dict[str, list[int]]:
    specs = specs_of(links)
    topology = Topology(peers=peers, links=tuple((low, high) for low, high, *_ in links))
    flood = flood_once(graph_of(topology, lambda *pair: specs[pair]), origin, size_bytes=size_bytes)
    return {field: getattr(flood, field).tolist() for field in (*FIELDS, *BYTES)}


@given(network=networks(), origin=st.integers(0, 9), size_bytes=st.sampled_from([4, 1_000, 999_983]))
def test_the_kernel_equals_the_network(network: tuple[int, Links], origin: int, size_bytes: int) -> None:
    """Every peer's time, parent, hops, messages and bytes, exactly; ties included."""
    peers, links = network
    given_ = {"peers": peers, "links": links, "origin": origin % peers, "size_bytes": size_bytes}

    run = simulate(flood_by_messages, seed=1, parameters=given_)

    assert run.result | bytes_of(run, peers) == flood_by_kernel(peers, links, origin % peers, size_bytes)
    messages = sum(1 for _ in run.journal.select(kind="net.message"))
    assert messages == sum(run.result["received"]) == 2 * len(links) - (peers - 1)


RING: Links = [[0, 1, 1.0, 8e6, 1.0, 8e6], [0, 3, 1.0, 8e6, 1.0, 8e6], [1, 2, 1.0, 8e6, 1.0, 8e6]]
RING += [[2, 3, 1.0, 8e6, 1.0, 8e6]]


@pytest.mark.parametrize("defect", ["no exclusion of the sender", "no queue", "ties broken backwards"])
def test_a_kernel_that_is_wrong_is_caught(defect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison must bite for each way in which the two scales could drift apart."""
    right = kernel_compiled.flood

    def wrong(*given_: Any) -> Any:
        first, receiver, line_ns, latency_ns, origin, back = given_
        match defect:
            case "no exclusion of the sender":
                return right(first, receiver, line_ns, latency_ns, origin, True)
            case "no queue":
                return right(first, receiver, line_ns[:0], latency_ns, origin, back)
            case _:
                arrival, parent, *rest = right(first, receiver, line_ns, latency_ns, origin, back)
                return arrival, parent[::-1].copy(), *rest

    run = simulate(
        flood_by_messages,
        seed=1,
        parameters={"peers": 4, "links": RING, "origin": 0, "size_bytes": 1_000},
    )
    by_messages = run.result | bytes_of(run, 4)
    assert by_messages == flood_by_kernel(4, RING, 0, 1_000)

    monkeypatch.setattr(kernel_compiled, "flood", wrong)

    assert by_messages != flood_by_kernel(4, RING, 0, 1_000)
