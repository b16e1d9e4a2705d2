"""SimBlock's relay of blocks, event by event; importing it imports numba.

An event is a kind, the node that it comes from, the node that it goes to, and a
block.  Times are whole ms, as there.  Many small arrays take long to compile,
which is why what belongs to a node stands in one.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from alyslab.harnesses.compiled import compiled
from alyslab.harnesses.network.validation.events_compiled import pack, pop, push, uniform, unpack

Array = Any  # numpy arrays; numba compiles for the types that it is given

MINT, INV, REQUEST, MISSING, COMPACT, BLOCK = range(6)
UNKNOWN, ASKED = -2, -1
"""In place of the delay of a block that a node does not have."""
REGION, TAKES_COMPACT, CHURNS = range(3)
TIP, BUSY, HEAD, TAIL = range(4)
PARENT, HEIGHT, BORN_MS = range(3)
BLOCK_BYTES, COMPACT_BYTES, HANDLING_MS, CONTROL_MS = range(4)


class Net(NamedTuple):
    """What does not change during a run."""

    first: Array
    """Where each node's links begin, and the end of the last."""
    receiver: Array
    kinds: Array
    """For each node its REGION, whether it TAKES_COMPACT blocks, and whether it CHURNS."""
    mean_ms: Array
    """Mean latency between regions."""
    bits_per_ms: Array
    """Bandwidth between regions."""
    miss_ratio: Array
    """How often a compact block is not enough, by CHURNS."""
    miss_bytes: Array
    """What is fetched then: any of the row of CHURNS up to the first 0."""
    cumulated_power: Array
    interval_ms: float
    sizes: Array
    """BLOCK_BYTES, COMPACT_BYTES, HANDLING_MS of a transfer, CONTROL_MS of any other message."""


class State(NamedTuple):
    """What does."""

    chain: Array
    """For each block its PARENT, HEIGHT and BORN_MS; block 0 is the first."""
    delay_ms: Array
    """For each block and node, how long after its birth it was there; UNKNOWN, ASKED."""
    nodes: Array
    """For each node its TIP, whether its line is BUSY, HEAD and TAIL of who waits for it (-1: nobody)."""
    requests: Array
    """Each request, and the one that waits behind it."""
    heap: Array
    """When, number and event."""
    counts: Array
    """Events in the heap, events ever, requests ever, blocks born after the first."""
    random: Array


@compiled
def relay(net: Net, births: int, seed: int) -> tuple[Array, Array, Array]:
    """Give block 0 to node 0 at time 0, mine ``births`` more, and relay all of them.

    Returns ``chain`` and ``delay_ms`` of the state, and the number of events by kind.
    """
    nodes, blocks = len(net.first) - 1, births + 1
    state = State(
        np.full((blocks, 3), -1, np.int64),
        np.full((blocks, nodes), UNKNOWN, np.int64),
        np.full((nodes, 4), -1, np.int64),
        np.empty((2 * nodes * blocks, 2), np.int64),
        # Pages that are never used cost nothing.
        np.empty((blocks * (len(net.receiver) + 4 * nodes) + 1, 3), np.int64),
        np.zeros(4, np.int64),
        np.array([seed], np.uint64),
    )
    state.nodes[:, BUSY] = 0
    state.chain[0, HEIGHT], state.chain[0, BORN_MS] = 0, 0
    events = np.zeros(6, np.int64)
    # Block 0 comes to node 0 as if it had sent it to itself.
    push(state.heap, state.counts, 0, pack(BLOCK, 0, 0, 0))
    if births:
        push(state.heap, state.counts, _next_birth(net, state, 0), pack(MINT, 0, 0, 0))
    while state.counts[0]:
        now, event = state.heap[0, 0], state.heap[0, 2]
        pop(state.heap, state.counts)
        kind = event >> 56
        events[kind] += 1
        if kind == MINT:
            _mint(net, state, now)
            if state.counts[3] < births:
                push(state.heap, state.counts, _next_birth(net, state, now), pack(MINT, 0, 0, 0))
        else:
            _handle(net, state, now, event)
    events[BLOCK] -= 1
    return state.chain, state.delay_ms, events


@compiled
def _handle(net: Net, state: State, now: int, event: int) -> None:
    """Let a message arrive."""
    kind, source, node, block = unpack(event)
    if kind == INV:
        if state.delay_ms[block, node] == UNKNOWN and _is_news(state, block, state.nodes[node, TIP]):
            state.delay_ms[block, node] = ASKED
            _send(net, state, now + net.sizes[CONTROL_MS], pack(REQUEST, node, source, block))
    elif kind in (REQUEST, MISSING):
        _queue(state, node, event)
        if not state.nodes[node, BUSY]:
            _serve(net, state, now, node)
    else:
        # The line of whoever sent it is busy until it arrives.
        _serve(net, state, now, source)
        if kind == COMPACT and uniform(state.random) < net.miss_ratio[net.kinds[node, CHURNS]]:
            _send(net, state, now + net.sizes[CONTROL_MS], pack(MISSING, node, source, block))
        else:
            _accept(net, state, now, node, block)


@compiled
def _mint(net: Net, state: State, now: int) -> None:
    """Let somebody find a block on the chain that they have; who has none finds none."""
    node: Any = np.searchsorted(net.cumulated_power, uniform(state.random))
    tip = state.nodes[node, TIP]
    if tip >= 0:
        state.counts[3] += 1
        block = state.counts[3]
        state.chain[block, PARENT] = tip
        state.chain[block, HEIGHT] = state.chain[tip, HEIGHT] + 1
        state.chain[block, BORN_MS] = now
        _accept(net, state, now, node, block)


@compiled
def _accept(net: Net, state: State, now: int, node: int, block: int) -> None:
    """Take a block that is here; announce it to every neighbour if it makes the chain longer."""
    state.delay_ms[block, node] = now - state.chain[block, BORN_MS]
    tip = state.nodes[node, TIP]
    if tip < 0 or state.chain[block, HEIGHT] > state.chain[tip, HEIGHT]:
        state.nodes[node, TIP] = block
        for link in range(net.first[node], net.first[node + 1]):
            _send(net, state, now + net.sizes[CONTROL_MS], pack(INV, node, net.receiver[link], block))


@compiled
def _is_news(state: State, block: int, tip: int) -> bool:
    """Answer whether a node wants a block: it is higher than its own, or on another branch."""
    if tip < 0 or state.chain[block, HEIGHT] > state.chain[tip, HEIGHT]:
        return True
    while state.chain[tip, HEIGHT] > state.chain[block, HEIGHT]:
        tip = state.chain[tip, PARENT]
    return tip != block


@compiled
def _queue(state: State, node: int, event: int) -> None:
    """Let a request wait at a node's line."""
    place = state.counts[2]
    state.counts[2] += 1
    state.requests[place, 0], state.requests[place, 1] = event, -1
    if state.nodes[node, HEAD] < 0:
        state.nodes[node, HEAD] = place
    else:
        state.requests[state.nodes[node, TAIL], 1] = place
    state.nodes[node, TAIL] = place


@compiled
def _serve(net: Net, state: State, now: int, node: int) -> None:
    """Answer the first request that waits at a node's line, if there is one."""
    place = state.nodes[node, HEAD]
    state.nodes[node, BUSY] = place >= 0
    if place < 0:
        return
    state.nodes[node, HEAD] = state.requests[place, 1]
    kind, to, _, block = unpack(state.requests[place, 0])
    load, answer = net.sizes[BLOCK_BYTES], BLOCK
    if kind == MISSING:
        row = net.miss_bytes[net.kinds[to, CHURNS]]
        load = row[int(uniform(state.random) * np.count_nonzero(row))]
    elif net.kinds[node, TAKES_COMPACT] and net.kinds[to, TAKES_COMPACT]:
        load, answer = net.sizes[COMPACT_BYTES], COMPACT
    line_ms = load * 8 // net.bits_per_ms[net.kinds[node, REGION], net.kinds[to, REGION]]
    _send(net, state, now + line_ms + net.sizes[HANDLING_MS], pack(answer, node, to, block))


@compiled
def _send(net: Net, state: State, left: int, event: int) -> None:
    """Let a message arrive one latency after it left."""
    _, source, node, _ = unpack(event)
    mean_ms = net.mean_ms[net.kinds[source, REGION], net.kinds[node, REGION]]
    latency_ms = round((mean_ms - 5.0) / (1.0 - uniform(state.random)) ** (5.0 / mean_ms))
    push(state.heap, state.counts, left + latency_ms, event)


@compiled
def _next_birth(net: Net, state: State, now: int) -> int:
    return now + max(1, round(-net.interval_ms * math.log(1.0 - uniform(state.random))))
