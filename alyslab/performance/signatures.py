"""What signatures cost: one by one, in batches on two processes, against py_ecc and against the ideal scheme.

What is judged is the time on the wall where the machine is quiet.  With other
work on it, two processes do not get two cores; then it is the longest chain
of work that must follow itself, in processor time: what the parent does, plus
the slower of the two pieces of each batch.  Both stand in the note.

py_ecc is a development dependency; without it the ratio to it is unseen.
"""

from __future__ import annotations

import importlib.util
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from random import Random
from typing import Any, TypeVar

from alyslab.checkers.verdict import Check
from alyslab.model import bls
from alyslab.model.bls import SignedMessage
from alyslab.model.generate import Builder, generate
from alyslab.model.scheme import IdealScheme, RealScheme, SignatureScheme
from alyslab.model.shape import Shape
from alyslab.model.timing import validation_rate
from alyslab.performance.clocks import both_turns
from alyslab.performance.measure import take_turns

T = TypeVar("T")

PROCESSES = 2
SIGNED_BLOCKS = 192
BATCH_BLOCKS = 192
ROUNDS = 5


@contextmanager
def processes(count: int = PROCESSES) -> Iterator[ProcessPoolExecutor]:
    """Yield warm worker processes, started afresh so that they share no lock with this one."""
    with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(bls.forged, [()] * count))
        yield pool


class ClockedPool(Executor):
    """Worker processes that add up the processor time of the slowest piece of each ``map``, in seconds."""

    def __init__(self, pool: Executor) -> None:
        self._pool = pool
        self.slowest_s = 0.0

    def map(
        self,
        fn: Callable[..., T],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
    ) -> Iterator[T]:
        """Return the answers in order, after the last has come."""
        pieces = list(zip(*iterables, strict=True))
        done = list(
            self._pool.map(_clocked, [fn] * len(pieces), pieces, timeout=timeout, chunksize=chunksize)
        )
        self.slowest_s += max((taken for _, taken in done), default=0.0)
        return iter([answer for answer, _ in done])


def _clocked(function: Callable[..., T], arguments: tuple[Any, ...]) -> tuple[T, float]:
    began = time.process_time()
    answer = function(*arguments)
    return answer, time.process_time() - began


def signature_checks() -> list[Check]:
    """Measure signed validation in batches on two processes against one by one on one, and against py_ecc."""
    builder = generate(Random(1), RealScheme(), SIGNED_BLOCKS, Shape(pegout_interval=0))
    with processes() as pool:
        clocked = ClockedPool(pool)

        def in_batches() -> float:
            before = clocked.slowest_s
            _import_all(builder, RealScheme(clocked, PROCESSES), BATCH_BLOCKS)
            return clocked.slowest_s - before

        def one_by_one() -> None:
            _import_all(builder, RealScheme(), 1)

        measured = both_turns({"one by one": one_by_one, "batches": in_batches}, rounds=ROUNDS)
    ratio = measured.ratio("batches", "one by one")
    per_block_s = measured.judged().median_s("batches") / SIGNED_BLOCKS
    py_ecc_s = _py_ecc_verify_s()
    return [
        Check(
            name="signed validation in batches on two processes",
            observed=round(ratio.median, 2),
            comparison=">=",
            limit=3.0,
            unit=f"x one signature at a time on one, {measured.clock}",
            source="issue 4, Numbers",
            note=f"{measured.note('batches', 'one by one')}; {1 / per_block_s:.0f} blocks/s",
        ),
        Check(
            name="signed validation in batches on two processes, against py_ecc",
            observed=None if py_ecc_s is None else round(py_ecc_s / per_block_s),
            comparison=">=",
            limit=500,
            unit=f"x py_ecc verify, {measured.clock}",
            source="issue 4, Numbers",
            note="py_ecc is not installed"
            if py_ecc_s is None
            else f"py_ecc {py_ecc_s * 1000:.0f} ms a signature, processor time",
        ),
    ]


def _import_all(builder: Builder, scheme: SignatureScheme, batch: int) -> None:
    node = builder.node()
    node.scheme = scheme
    for _ in validation_rate(node, builder.blocks, time.perf_counter, batch=batch):
        pass


def _py_ecc_verify_s(times: int = 2) -> float | None:
    """Return py_ecc's median seconds for one aggregate verification, or None where it is not installed."""
    if importlib.util.find_spec("py_ecc") is None:
        return None
    limit = sys.getrecursionlimit()
    ciphersuite: Any = importlib.import_module("py_ecc.bls").G2ProofOfPossession
    sys.setrecursionlimit(limit)  # which py_ecc raises beyond what the stack can bear
    keys, signature = [bls.public_key(secret) for secret in (1, 2, 3)], bls.sign((1, 2, 3), b"message")
    taken = []
    for _ in range(times):
        began = time.thread_time()
        assert ciphersuite.FastAggregateVerify(keys, b"message", signature)
        taken.append(time.thread_time() - began)
    return statistics.median(taken)


def ideal_checks() -> list[Check]:
    """Measure one verification by the ideal scheme against one by the real one."""
    count = 32

    def verifier(scheme: SignatureScheme) -> Callable[[], None]:
        keys = tuple(scheme.public_key(secret) for secret in (1, 2, 3))
        items = [
            SignedMessage(keys, message, scheme.sign((1, 2, 3), message))
            for message in (number.to_bytes(32, "big") for number in range(count))
        ]

        def run() -> None:
            assert all(scheme.verify(i.public_keys, i.message, i.signature) for i in items)

        return run

    candidates = {"real": verifier(RealScheme()), "ideal": verifier(IdealScheme())}
    ratio = take_turns(candidates, rounds=ROUNDS).ratio("ideal", "real")
    return [
        Check(
            name="verification by the ideal scheme",
            observed=round(ratio.median),
            comparison=">=",
            limit=50,
            unit="x real BLS",
            source="issue 4, Numbers",
            note=str(ratio),
        )
    ]
