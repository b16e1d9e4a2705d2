"""How many blocks a second are validated, over chains of a thousand to ten thousand blocks."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from alyslab.model.generate import generate
from alyslab.model.scheme import RealScheme
from alyslab.model.shape import Shape
from alyslab.model.timing import BlockTiming, validation_rate
from alyslab.performance.signatures import BATCH_BLOCKS, PROCESSES, processes

RATE_COUNTS = (1_000, 5_000, 10_000)
"""Blocks whose validation is timed.  Source: issue 4, "Workload and notebook"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How fast a chain of a given length was validated, real signatures included."""

    blocks: int
    blocks_per_s: float
    validation_ms_p50: float
    validation_ms_p99: float
    timings: tuple[BlockTiming, ...]


@contextmanager
def batch_scheme() -> Iterator[RealScheme]:
    """Yield the real scheme; batches are verified on two processes where the machine has two processors.

    Only who computes a verdict differs, never the verdict, so nothing that is
    derived from a seed depends on the machine.
    """
    if (os.cpu_count() or 1) < PROCESSES:
        yield RealScheme()
        return
    with processes() as pool:
        yield RealScheme(pool, PROCESSES)


def rates(counts: Sequence[int] = RATE_COUNTS, *, transactions: int = 3) -> list[Rate]:
    """Validate chains of these lengths, really signed, in batches on two processes.

    Ten thousand blocks take about a minute on two cores, generation included.
    """
    shape = Shape(transactions=transactions, pegout_interval=0)
    builder = generate(Random(4), RealScheme(), max(counts), shape)
    found = []
    with batch_scheme() as scheme:
        for count in counts:
            node = builder.node()
            node.scheme = scheme
            timings = tuple(
                validation_rate(node, builder.blocks[:count], time.perf_counter, batch=BATCH_BLOCKS)
            )
            taken = sorted(timing.validation_s for timing in timings)
            found.append(
                Rate(
                    blocks=count,
                    blocks_per_s=count / sum(taken),
                    validation_ms_p50=taken[len(taken) // 2] * 1000,
                    validation_ms_p99=taken[int(len(taken) * 0.99)] * 1000,
                    timings=timings,
                )
            )
    return found
