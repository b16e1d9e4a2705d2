"""What the model costs: validation against its own hashing, and generation; signatures beside it.

A ratio is the median over rounds.  An absolute time is the least of many
rounds, as timeit's documentation advises: whatever a round took beyond that
was other work's.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from random import Random
from typing import Any

from alyslab.checkers.verdict import Check
from alyslab.model import hashing, state
from alyslab.model.aura import slot_start_ms
from alyslab.model.chain import Chain
from alyslab.model.generate import Builder, generate
from alyslab.model.scheme import IdealScheme
from alyslab.model.shape import Shape
from alyslab.model.transaction import Transaction
from alyslab.performance.measure import Timings
from alyslab.performance.signatures import ideal_checks, signature_checks

ROUNDS = 5
STATE_ACCOUNTS = 1_400
"""Accounts in the state on which unsigned validation is measured; as many transfers as fit into one block."""


def hashing_checks() -> list[Check]:
    """Measure unsigned validation of 10-transaction blocks against the bare SHA-256 calls that it makes.

    The baseline is the block's own hashing and nothing else: every input that
    validation hands to SHA-256 (the block's root, transaction ids, the
    payload's hash, the accounts' leaves and the nodes above them) is recorded
    in one import, and then only hashed, in the same order.
    """
    shape = Shape(transactions=10, pow_interval=0, pegin_interval=0, pegout_interval=0, new_account_ratio=0.5)
    builder = Builder(Random(2), shape, IdealScheme(), signed=False)
    builder.extend(1)
    builder.append(*builder.draft(transactions=_to_new_accounts(builder, STATE_ACCOUNTS)))
    prefix = list(builder.blocks)
    blocks = builder.extend(18)

    def on_prefix() -> Chain:
        node = builder.node()
        for signed in prefix:
            node.import_unsigned(signed, slot_start_ms(builder.spec, signed.block.slot))
        return node

    rounds = 4 * ROUNDS
    nodes = [on_prefix() for _ in range(rounds + 2)]

    def validate() -> None:
        node = nodes.pop()
        for signed in blocks:
            node.import_unsigned(signed, slot_start_ms(builder.spec, signed.block.slot))

    hashed = _recorded_hashing(validate)

    def only_hash() -> None:
        for data in hashed:
            sha256(data).digest()

    timings = _cpu_turns({"validation": validate, "hashing": only_hash}, rounds=rounds)
    ratio = timings.ratio("hashing", "validation")
    fastest = min(timings.seconds["validation"]) / min(timings.seconds["hashing"])
    return [
        Check(
            name="unsigned validation of 10-transaction blocks",
            observed=round(ratio.median, 2),
            comparison="<=",
            limit=4.0,
            unit="x its own hashing, processor time",
            source="issue 4, Numbers",
            note=f"{ratio}, fastest of each {fastest:.2f}; {len(hashed) // len(blocks)} hashes a block",
        )
    ]


def _to_new_accounts(builder: Builder, count: int) -> list[Transaction]:
    sender = builder.users[0]
    return [builder.transfer(sender, builder.rng.randbytes(20), 1, nonce) for nonce in range(count)]


def _cpu_turns(candidates: Mapping[str, Callable[[], object]], *, rounds: int) -> Timings:
    """Time candidates in turn by the processor time of this thread, after one round that does not count.

    They run for a millisecond to a few tens: on a shared machine the wall
    clock would mostly tell who was interrupted.  As in timeit, the collector
    is off meanwhile; its cost is that of everything else in the process.
    """
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for counted in [False, *[True] * rounds]:
        for name, candidate in candidates.items():
            gc.collect()
            gc.disable()
            try:
                began = time.thread_time()
                candidate()
                taken = time.thread_time() - began
            finally:
                gc.enable()
            if counted:
                seconds[name].append(taken)
    return Timings(seconds={name: tuple(taken) for name, taken in seconds.items()})


def _recorded_hashing(run: Callable[[], None]) -> list[bytes]:
    """Return the input of every SHA-256 call that ``run`` makes through the model."""
    inputs: list[bytes] = []

    def recording(data: bytes) -> Any:
        inputs.append(data)
        return sha256(data)

    modules: tuple[Any, ...] = (hashing, state)
    for module in modules:
        module._sha256 = recording
    try:
        run()
    finally:
        for module in modules:
            module._sha256 = sha256
    return inputs


def generation_checks() -> list[Check]:
    """Measure how long a 100-block chain of the default shape takes to generate without signatures."""
    made = {"generate": lambda: generate(Random(3), IdealScheme(), 100, signed=False)}
    timings = _cpu_turns(made, rounds=12 * ROUNDS)
    fastest_ms = min(timings.seconds["generate"]) * 1000
    return [
        Check(
            name="generation of a 100-block chain without signatures",
            observed=round(fastest_ms, 1),
            comparison="<=",
            limit=30.0,
            unit="ms of processor time",
            source="issue 4, Numbers",
            note=f"median {timings.median_s('generate') * 1000:.1f} ms; "
            f"{Shape().transactions} transactions a block",
        )
    ]


def model_checks() -> list[Check]:
    """Return every benchmark of the model."""
    return [*signature_checks(), *ideal_checks(), *hashing_checks(), *generation_checks()]
