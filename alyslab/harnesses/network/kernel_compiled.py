"""The compiled part of :mod:`alyslab.harnesses.network.kernel`; importing it imports numba.

The flood is Dijkstra's search with one difference: what crosses a link does not
depend on the link alone but also on how many messages its sender has queued
before.  Both are known when the sender has the message, so the search stays
exact.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from alyslab.harnesses.compiled import compiled

Array = Any  # numpy arrays; numba compiles for the types that it is given

NEVER = np.iinfo(np.int64).max


@compiled
def flood(  # noqa: PLR0917 - what numba compiles takes its arguments by position
    first: Array, receiver: Array, line_ns: Array, latency_ns: Array, origin: int, send_back: bool
) -> tuple[Array, Array, Array, Array, Array]:
    """Flood one message from ``origin`` at time 0.

    Parameters
    ----------
    first, receiver
        The directed links in compressed rows: those of peer p are
        ``first[p]`` to ``first[p + 1] - 1``, in the order in which p sends.
    line_ns
        For each link, how long its sender's line is busy with the message, or
        -1 where the message does not queue; empty where none does.
    latency_ns
        For each link, how long the message takes once it has left.
    send_back
        Whether a peer sends also to the peer that it has the message from.

    Returns
    -------
    arrival_ns, parent, hops, sent, spared
        For each peer; ``NEVER`` and -1 where nothing arrived.  ``sent`` counts
        its copies, ``spared`` those that were not sent back to it.
    """
    peers = len(first) - 1
    queued = len(line_ns) > 0
    arrival_ns = np.full(peers, NEVER, np.int64)
    parent = np.full(peers, -1, np.int32)
    hops = np.full(peers, -1, np.int32)
    sent = np.zeros(peers, np.int32)
    spared = np.zeros(peers, np.int32)
    # Who comes first among equals is who was sent first: `who` holds what was
    # sent before in its upper half, and the peer in its lower.
    when = np.empty(len(receiver) + 1, np.int64)
    who = np.empty(len(receiver) + 1, np.int64)
    size = 1
    number = 1
    when[0], who[0] = 0, origin
    arrival_ns[origin] = 0
    while size:
        now, peer = when[0], who[0] & 0xFFFFFFFF
        size -= 1
        _sift_down(when, who, size)
        if hops[peer] >= 0:
            continue  # it came sooner by another way
        source = parent[peer]
        hops[peer] = 0 if source < 0 else hops[source] + 1
        skip = -1 if send_back else source
        copies = 0
        left = now
        for link in range(first[peer], first[peer + 1]):
            other = receiver[link]
            if other == skip:
                spared[skip] += 1
                continue
            copies += 1
            at = now + latency_ns[link]
            if queued and line_ns[link] >= 0:
                left += line_ns[link]
                at = left + latency_ns[link]
            if at < arrival_ns[other]:
                arrival_ns[other] = at
                parent[other] = peer
                _sift_up(when, who, size, at, number << 32 | other)
                size += 1
                number += 1
        sent[peer] = copies
    return arrival_ns, parent, hops, sent, spared


@compiled
def _sift_up(when: Array, who: Array, hole: int, at: int, entry: int) -> None:
    """Put an entry into the heap, whose last place is ``hole``; it was sent after all others."""
    while hole:
        above = (hole - 1) >> 1
        if when[above] <= at:
            break
        when[hole], who[hole] = when[above], who[above]
        hole = above
    when[hole], who[hole] = at, entry


@compiled
def _sift_down(when: Array, who: Array, size: int) -> None:
    """Close the hole at the top of the heap with its last entry, at ``size``."""
    at, entry = when[size], who[size]
    hole = 0
    below = 1
    while below < size:
        right = below + 1
        if right < size and (
            when[right] < when[below] or (when[right] == when[below] and who[right] < who[below])
        ):
            below = right
        if at < when[below] or (at == when[below] and entry < who[below]):
            break
        when[hole], who[hole] = when[below], who[below]
        hole = below
        below = 2 * hole + 1
    when[hole], who[hole] = at, entry
