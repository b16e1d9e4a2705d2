"""Floods of one message over static links, compiled: a hundred thousand peers in a tenth of a second.

**Scope.**  One message at a time, flooded from one peer over links that are up
and the same throughout: a constant latency (``delay_ms``, ``distance_km``) and
a line at each sender where copies queue (``rate_bps``), all free when the flood
begins.  A peer handles a message at once and passes it on to its neighbours in
ascending order, except the one that it has it from.  Within that scope the
times, hops, parents and counts are those of the message-by-message network, to
the nanosecond (a property test holds the two equal).  Links that draw anything
(jitter, loss, duplication, reordering, corruption) or drop at a full queue are
refused by the name of the field.

Nothing here is random.  Time and memory grow with the number of links.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from alyslab.errors import ParameterError, Problem
from alyslab.harnesses.network.kernel_graph import NS_PER_MS, LinkGraph

if TYPE_CHECKING:
    from alyslab.harnesses.network.kernel_graph import Ids, Integers


@dataclass(frozen=True, kw_only=True)
class Flood:
    """What one flood did: arrays with one value for each peer.

    Peers that nothing reached have an ``arrival_ns`` of -1, and no hops and no parent (-1).
    """

    origin: int
    """The peer that had the message at time 0."""
    size_bytes: int
    """Size of a copy, in bytes."""
    arrival_ns: Integers
    """When each peer had the message first, in ns; 0 at the origin."""
    parent: Ids
    """The peer that each one had it from first; -1 at the origin."""
    hops: Ids
    """Links crossed until then; 0 at the origin."""
    sent: Integers
    """Copies that each peer sent."""
    received: Integers
    """Copies that each peer received, the first included."""

    @cached_property
    def messages(self) -> int:
        """Copies sent in all: 2E - (n - 1) on a connected graph of n peers and E links."""
        return int(self.sent.sum())

    @property
    def reached(self) -> int:
        """How many peers had the message in the end, the origin included."""
        return int((self.arrival_ns >= 0).sum())

    @property
    def duplicates(self) -> Integers:
        """Copies that each peer received in vain."""
        return self.received - (self.parent >= 0)

    @property
    def sent_bytes(self) -> Integers:
        """Bytes that each peer sent."""
        return self.sent * self.size_bytes

    @property
    def received_bytes(self) -> Integers:
        """Bytes that each peer received."""
        return self.received * self.size_bytes

    def quantile_ms(self, ratio: float) -> float:
        """Return after how many ms this share of all peers had the message; infinite if it never did."""
        import numpy as np

        arrival = np.sort(np.where(self.arrival_ns < 0, np.iinfo(np.int64).max, self.arrival_ns))
        at = arrival[max(0, int(np.ceil(ratio * len(arrival))) - 1)]
        return float(at) / NS_PER_MS if at != np.iinfo(np.int64).max else float("inf")


def flood_once(graph: LinkGraph, origin: int, *, size_bytes: int = 0, send_back: bool = False) -> Flood:
    """Flood one message from a peer, and return what came of it.

    Parameters
    ----------
    size_bytes
        What a copy weighs on the senders' lines.
    send_back
        Whether a peer sends also to the one that it has the message from; the
        naive flood of 2E copies.

    Raises
    ------
    ParameterError
        If the origin is no peer of the graph or the size is negative.

    The first call in a process loads the compiled code; the first on a machine
    compiles it, which takes a few seconds.
    """
    import numpy as np

    problems = []
    if not 0 <= origin < graph.peers:
        allowed = f"0 to {graph.peers - 1}"
        what = f"there is no peer {origin}"
        problems.append(Problem(where="kernel", key="origin", what=what, value=origin, allowed=allowed))
    if size_bytes < 0:
        what = f"is {size_bytes}"
        problems.append(
            Problem(where="kernel", key="size_bytes", what=what, value=size_bytes, allowed="0 or more")
        )
    if problems:
        raise ParameterError(problems)
    from alyslab.harnesses.network import kernel_compiled

    line_ns = np.zeros(0, np.int64)
    if graph.rate_bps is not None:
        line_ns = np.rint(size_bytes * (8e9 / graph.rate_bps)).astype(np.int64)
        line_ns[np.isinf(graph.rate_bps)] = -1
    arrival_ns, parent, hops, sent, spared = kernel_compiled.flood(
        graph.first, graph.receiver, line_ns, graph.latency_ns, origin, send_back
    )
    reached = hops >= 0
    offered = graph.in_degree
    if not reached.all():
        sends = np.repeat(reached, np.diff(graph.first))
        offered = np.bincount(graph.receiver[sends], minlength=graph.peers)
    return Flood(
        origin=origin,
        size_bytes=size_bytes,
        arrival_ns=np.where(reached, arrival_ns, -1),
        parent=parent,
        hops=hops,
        sent=sent.astype(np.int64),
        received=offered - spared,
    )
