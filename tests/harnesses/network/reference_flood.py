"""A flood as plain Python says it, message by message over a heap: what the kernel is compared with."""

from __future__ import annotations

from heapq import heappop, heappush

from alyslab.harnesses.network.kernel_graph import LinkGraph


def flood_plainly(
    graph: LinkGraph, origin: int, size_bytes: int = 0, *, send_back: bool = False
) -> dict[str, list[int]]:
    """Return arrival_ns, parent, hops, sent and received of each peer; every copy is delivered."""
    peers = range(graph.peers)
    seen = {
        name: [start for _ in peers]
        for name, start in {"arrival_ns": -1, "parent": -1, "hops": -1, "sent": 0, "received": 0}.items()
    }
    on_their_way: list[tuple[int, int, int, int]] = []
    number = 0

    def pass_on(peer: int, now_ns: int) -> None:
        nonlocal number
        free_ns = now_ns
        for link in range(graph.first[peer], graph.first[peer + 1]):
            receiver = int(graph.receiver[link])
            if receiver == seen["parent"][peer] and not send_back:
                continue
            left_ns = now_ns
            if graph.rate_bps is not None and graph.rate_bps[link] < float("inf"):
                free_ns += round(size_bytes * (8e9 / graph.rate_bps[link]))
                left_ns = free_ns
            number += 1
            heappush(on_their_way, (left_ns + int(graph.latency_ns[link]), number, peer, receiver))
            seen["sent"][peer] += 1

    seen["arrival_ns"][origin] = seen["hops"][origin] = 0
    pass_on(origin, 0)
    while on_their_way:
        now_ns, _, sender, receiver = heappop(on_their_way)
        seen["received"][receiver] += 1
        if seen["hops"][receiver] < 0:
            seen["arrival_ns"][receiver] = now_ns
            seen["parent"][receiver] = sender
            seen["hops"][receiver] = seen["hops"][sender] + 1
            pass_on(receiver, now_ns)
    return seen
