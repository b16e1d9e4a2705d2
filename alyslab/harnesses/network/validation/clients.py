"""Maelstrom's clients: which node gets the next operation, and how long it takes there.

A client is a worker thread tied to one node.  Jepsen, as it was then, gives the
next operation to the first free thread of a set in which a thread that is
removed is replaced by the last one.  So operations swing between two nodes
until one comes before another has ended; nodes are far from equally often
asked, and a value is looked at in few places while it spreads.

Operations take a few ms, because nodes are real processes.  Maelstrom does not
publish how many.  :data:`SERVICE_MS` is read off its figures for ``total``,
where nothing takes longer than 100 ms: its largest figure is 97 ms.

Source: jepsen, generator, ``some-free-process`` (``first`` of ``:free-threads``).
That its set (Bifurcan's) fills a gap with the last thread is from memory, not
read there: it is an assumption of this model, and the published medians of
``grid`` and ``total`` are what supports it; uniformly chosen clients miss them.
"""

from __future__ import annotations

from heapq import heappop, heappush
from random import Random
from typing import Final

SERVICE_MS: Final = 2.0
"""The least that an operation takes, from its invocation to its acknowledgement."""
SERVICE_SPREAD_MS: Final = 1.5
"""Mean of what it takes beyond that, exponentially distributed; also read off ``total``."""


class Clients:
    """The free workers, in Jepsen's order.

    Parameters
    ----------
    nodes
        How many workers there are, one for each node.
    random
        For the order that they begin in, and how long operations take.
    """

    def __init__(self, nodes: int, random: Random) -> None:
        self._random = random
        self._free = list(range(nodes))
        random.shuffle(self._free)
        self._busy: list[tuple[float, int]] = []

    def invoke(self, now_ms: float) -> tuple[int, float]:
        """Return the node that gets an operation now, and how long it takes in ms; all busy: (-1, 0)."""
        while self._busy and self._busy[0][0] <= now_ms:
            self._free.append(heappop(self._busy)[1])
        if not self._free:
            return -1, 0.0
        node, last = self._free[0], self._free.pop()
        if self._free:
            self._free[0] = last
        service_ms = SERVICE_MS + self._random.expovariate(1 / SERVICE_SPREAD_MS)
        heappush(self._busy, (now_ms + service_ms, node))
        return node, service_ms
