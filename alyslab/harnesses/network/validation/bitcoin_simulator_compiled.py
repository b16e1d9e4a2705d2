"""The ns-3 Bitcoin simulator's relay of blocks, event by event; importing it imports numba.

An event is a kind, a directed link (or a node), nothing, and a block.  Times
are ns.
"""
# ruff: noqa: PLR0917 - what numba compiles takes its arguments by position

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from alyslab.harnesses.compiled import compiled
from alyslab.harnesses.network.validation.events_compiled import pack, pop, push, uniform, unpack

Array = Any  # numpy arrays; numba compiles for the types that it is given

MINT, INV, GETDATA, BEGIN, END, CHECKED = range(6)
ANNOUNCE, PUSH, RELAY = range(3)
"""What a miner does with its own block: tell of it, send it unasked, or that and a short form to miners."""
UNKNOWN, ASKED = -2, -1
"""In place of the arrival of a block that a node does not have."""
UP_NS, DOWN_NS = range(2)
TIP, UP_FREE, DOWN_FREE, SHORT_FREE = range(4)
PARENT, HEIGHT, BORN_NS = range(3)


class Net(NamedTuple):
    """What does not change during a run."""

    first: Array
    """Where each node's links begin, and the end of the last."""
    ends: Array
    """For each directed link its sender and its receiver."""
    latency_ns: Array
    """For each directed link; the same both ways."""
    line_ns: Array
    """For each node how long a block takes on its way up and down, in ns."""
    short_ns: int
    """How long the short form of a block takes on a miner's line."""
    check_ns: int
    """How long a node checks a block."""
    cumulated_power: Array
    """Of the miners, which are the first nodes."""
    interval_ns: float


class State(NamedTuple):
    """What does."""

    chain: Array
    """For each block its PARENT, HEIGHT and BORN_NS."""
    delay_ns: Array
    """For each block and node, how long after its birth it was there; UNKNOWN, ASKED."""
    nodes: Array
    """For each node its TIP, and when its line is free for blocks up and down, and for short ones."""
    heap: Array
    """When, number and event."""
    counts: Array
    """Events in the heap, events ever, blocks born."""
    random: Array


@compiled
def relay(net: Net, births: int, mined: int, seed: int) -> tuple[Array, Array]:
    """Mine so many blocks and relay them; return the chain and the delays.

    ``mined`` says what a miner does with its own block: ANNOUNCE, PUSH or RELAY.
    """
    nodes, links = len(net.first) - 1, len(net.ends)
    state = State(
        np.full((births, 3), -1, np.int64),
        np.full((births, nodes), UNKNOWN, np.int64),
        np.full((nodes, 4), -1, np.int64),
        # Pages that are never used cost nothing.
        np.empty((births * (links + 4 * nodes) + 1, 3), np.int64),
        np.zeros(4, np.int64),
        np.array([seed], np.uint64),
    )
    push(state.heap, state.counts, _next_birth(net, state, 0), pack(MINT, 0, 0, 0))
    while state.counts[0]:
        now, event = state.heap[0, 0], state.heap[0, 2]
        pop(state.heap, state.counts)
        if event >> 56 == MINT:
            _mint(net, state, now, mined)
            if state.counts[2] < births:
                push(state.heap, state.counts, _next_birth(net, state, now), pack(MINT, 0, 0, 0))
        else:
            _handle(net, state, now, event)
    return state.chain, state.delay_ns


@compiled
def _handle(net: Net, state: State, now: int, event: int) -> None:
    """Let a message, or a part of one, arrive."""
    kind, link, _, block = unpack(event)
    holder, asker = net.ends[link, 0], net.ends[link, 1]
    if kind == INV:
        if state.delay_ns[block, asker] == UNKNOWN:
            state.delay_ns[block, asker] = ASKED
            push(state.heap, state.counts, now + net.latency_ns[link], pack(GETDATA, link, 0, block))
    elif kind == GETDATA:
        _send_block(net, state, now, link, block)
    elif kind == BEGIN:
        # The receiver's line takes blocks one after another, each as fast as the slower end.
        wait = max(state.nodes[asker, DOWN_FREE] - now, 0)
        slower = max(net.line_ns[holder, UP_NS], net.line_ns[asker, DOWN_NS])
        state.nodes[asker, DOWN_FREE] = now + wait + net.line_ns[asker, DOWN_NS]
        push(state.heap, state.counts, now + wait + slower, pack(END, link, 0, block))
    elif kind == END:
        push(state.heap, state.counts, now + net.check_ns, pack(CHECKED, link, 0, block))
    elif state.delay_ns[block, asker] < 0:
        _accept(state, now, asker, block)
        _announce(net, state, now, asker, holder, block)


@compiled
def _send_block(net: Net, state: State, now: int, link: int, block: int) -> None:
    """Let a block wait until its sender's line is free, and set out."""
    holder = net.ends[link, 0]
    begin = max(now, state.nodes[holder, UP_FREE])
    state.nodes[holder, UP_FREE] = begin + net.line_ns[holder, UP_NS]
    push(state.heap, state.counts, begin + net.latency_ns[link], pack(BEGIN, link, 0, block))


@compiled
def _send_short(net: Net, state: State, now: int, link: int, block: int) -> None:
    """Send a block's short form to another miner; its queue is not that of whole blocks."""
    holder = net.ends[link, 0]
    begin = max(now, state.nodes[holder, SHORT_FREE])
    state.nodes[holder, SHORT_FREE] = begin + net.short_ns
    arrival = begin + net.short_ns + net.latency_ns[link]
    push(state.heap, state.counts, arrival, pack(END, link, 0, block))


@compiled
def _mint(net: Net, state: State, now: int, mined: int) -> None:
    """Let a miner find a block on the chain that it has."""
    node: Any = np.searchsorted(net.cumulated_power, uniform(state.random))
    block = state.counts[2]
    state.counts[2] += 1
    tip = state.nodes[node, TIP]
    state.chain[block, PARENT] = tip
    state.chain[block, HEIGHT] = 0 if tip < 0 else state.chain[tip, HEIGHT] + 1
    state.chain[block, BORN_NS] = now
    _accept(state, now, node, block)
    if mined == ANNOUNCE:
        _announce(net, state, now, node, -1, block)
        return
    for link in range(net.first[node], net.first[node + 1]):
        if mined == RELAY and net.ends[link, 1] < len(net.cumulated_power):
            _send_short(net, state, now, link, block)
        else:
            _send_block(net, state, now, link, block)


@compiled
def _accept(state: State, now: int, node: int, block: int) -> None:
    """Take a block; it is the new tip if it makes the chain longer."""
    state.delay_ns[block, node] = now - state.chain[block, BORN_NS]
    tip = state.nodes[node, TIP]
    if tip < 0 or state.chain[block, HEIGHT] > state.chain[tip, HEIGHT]:
        state.nodes[node, TIP] = block


@compiled
def _announce(net: Net, state: State, now: int, node: int, source: int, block: int) -> None:
    """Announce a block to every neighbour but the one that it came from."""
    for link in range(net.first[node], net.first[node + 1]):
        if net.ends[link, 1] != source:
            push(state.heap, state.counts, now + net.latency_ns[link], pack(INV, link, 0, block))


@compiled
def _next_birth(net: Net, state: State, now: int) -> int:
    return now + max(1, round(-net.interval_ns * math.log(1.0 - uniform(state.random))))
