"""A heap of events and a stream of random numbers for compiled simulations.

The random numbers are our own: numpy's may change from version to version, and
take long to compile.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from alyslab.harnesses.compiled import compiled

Array = Any  # numpy arrays; numba compiles for the types that it is given


@compiled
def push(heap: Array, counts: Array, at: int, event: int) -> None:
    """Put an event into the heap; among those of one moment the first pushed comes first.

    Parameters
    ----------
    heap
        When, number and event of each; shape (room, 3).
    counts
        How many events are in the heap, and how many ever were.
    """
    hole = counts[0]
    if hole >= len(heap):
        raise ValueError("more events on their way than there is room for")
    while hole:
        above = (hole - 1) >> 1
        if heap[above, 0] <= at:
            break
        heap[hole, 0], heap[hole, 1], heap[hole, 2] = heap[above, 0], heap[above, 1], heap[above, 2]
        hole = above
    heap[hole, 0], heap[hole, 1], heap[hole, 2] = at, counts[1], event
    counts[0] += 1
    counts[1] += 1


@compiled
def pop(heap: Array, counts: Array) -> None:
    """Take the first event, which is ``heap[0]``, out of the heap."""
    counts[0] -= 1
    size = counts[0]
    at, number, event = heap[size, 0], heap[size, 1], heap[size, 2]
    hole = 0
    below = 1
    while below < size:
        right = below + 1
        if right < size and (
            heap[right, 0] < heap[below, 0]
            or (heap[right, 0] == heap[below, 0] and heap[right, 1] < heap[below, 1])
        ):
            below = right
        if at < heap[below, 0] or (at == heap[below, 0] and number < heap[below, 1]):
            break
        heap[hole, 0], heap[hole, 1], heap[hole, 2] = heap[below, 0], heap[below, 1], heap[below, 2]
        hole = below
        below = 2 * hole + 1
    heap[hole, 0], heap[hole, 1], heap[hole, 2] = at, number, event


@compiled
def uniform(random: Array) -> float:
    """Draw a number from 0 to below 1: SplitMix64 (Steele, Lea and Flood 2014), its upper 53 bits."""
    random[0] += np.uint64(0x9E3779B97F4A7C15)
    bits = random[0]
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    drawn: float = (bits >> np.uint64(11)) * 2.0**-53
    return drawn


@compiled
def pack(kind: int, one: int, other: int, block: int) -> int:
    """Make an event of its kind, two places below 2²⁰, and a block below 2¹⁶."""
    event: int = (kind << 56) | (one << 36) | (other << 16) | block
    return event


@compiled
def unpack(event: int) -> tuple[int, int, int, int]:
    """Return what :func:`pack` was given."""
    return event >> 56, (event >> 36) & 0xFFFFF, (event >> 16) & 0xFFFFF, event & 0xFFFF
