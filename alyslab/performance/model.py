"""What the model costs: validation against its own hashing, and generation; signatures beside it.

A ratio is the median over rounds.  An absolute time is the least of many
rounds, as timeit's documentation advises: whatever a round took beyond that
was other work's.  Wall time is judged where the machine is quiet, processor
time elsewhere; both are told.
"""

from __future__ import annotations

from collections.abc import Callable
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
from alyslab.performance.clocks import both_turns
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

    measured = both_turns({"validation": validate, "hashing": only_hash}, rounds=rounds)
    seconds = measured.judged().seconds
    fastest = min(seconds["validation"]) / min(seconds["hashing"])
    return [
        Check(
            name="unsigned validation of 10-transaction blocks",
            observed=round(measured.ratio("hashing", "validation").median, 2),
            comparison="<=",
            limit=4.0,
            unit=f"x its own hashing, {measured.clock}",
            source="issue 4, Numbers",
            note=f"{measured.note('hashing', 'validation')}; fastest of each {fastest:.2f}; "
            f"{len(hashed) // len(blocks)} hashes a block",
        )
    ]


def _to_new_accounts(builder: Builder, count: int) -> list[Transaction]:
    sender = builder.users[0]
    return [builder.transfer(sender, builder.rng.randbytes(20), 1, nonce) for nonce in range(count)]


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

    def made() -> None:
        generate(Random(3), IdealScheme(), 100, signed=False)

    measured = both_turns({"generate": made}, rounds=12 * ROUNDS)
    fastest_ms = min(measured.judged().seconds["generate"]) * 1000
    wall_ms, cpu_ms = (timings.median_s("generate") * 1000 for timings in (measured.wall, measured.cpu))
    return [
        Check(
            name="generation of a 100-block chain without signatures",
            observed=round(fastest_ms, 1),
            comparison="<=",
            limit=30.0,
            unit=f"ms, {measured.clock}, least of {12 * ROUNDS} rounds",
            source="issue 4, Numbers",
            note=f"median {wall_ms:.1f} ms wall, {cpu_ms:.1f} ms processor; {measured.neighbours}; "
            f"{Shape().transactions} transactions a block",
        )
    ]


def model_checks() -> list[Check]:
    """Return every benchmark of the model."""
    return [*signature_checks(), *ideal_checks(), *hashing_checks(), *generation_checks()]
