"""Studies of the model for an engineer at a notebook: each returns rows, drawn and judged elsewhere.

A block taken apart rule by rule; defects planted one by one; finality, and the
halt without work; validation time against the size of blocks.  Where the
bridge's money goes is followed in :mod:`alyslab.model.money`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from alyslab.model.aura import slot_start_ms
from alyslab.model.block import SignedBlock
from alyslab.model.deviations import CATALOGUE
from alyslab.model.errors import InvalidBlockError
from alyslab.model.generate import Builder
from alyslab.model.scheme import IdealScheme, RealScheme, SignatureScheme
from alyslab.model.shape import QUIET
from alyslab.model.timing import BlockTiming, unsigned_rate, validation_rate
from alyslab.model.validation import ENGINE_RULES, Context, examine
from alyslab.model.workload import validation


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """One rule tried on one block."""

    rule: str
    """Its name."""
    claim: str
    """What it asks."""
    who: str
    """``everybody``, ``validators`` or ``execution layer``."""
    held: bool
    """Whether the block keeps it."""


def take_apart(builder: Builder, height: int) -> list[RuleRow]:
    """Return every rule tried on the builder's block at this height, in the node's order.

    The execution layer's rules are tried as one: they held if the block can
    be imported, and the first that did not is marked otherwise.
    """
    node = builder.node()
    for signed in builder.blocks[: height - 1]:
        node.import_unsigned(signed, slot_start_ms(builder.spec, signed.block.slot))
    signed = builder.blocks[height - 1]
    now_ms = slot_start_ms(builder.spec, signed.block.slot)
    context = Context(node, signed, signed.block.root, now_ms)
    rows = [
        RuleRow(rule=rule.name, claim=rule.summary, who=rule.who, held=finding is None)
        for rule, finding in examine(context)
    ]
    broken = ""
    try:
        node.import_block(signed, now_ms)
    except InvalidBlockError as error:
        broken = error.rule
    rows += [
        RuleRow(rule=rule, claim=claim, who="execution layer", held=rule != broken)
        for rule, claim in ENGINE_RULES.items()
    ]
    return rows


def plant_each(seed: int, names: Iterable[str] = tuple(CATALOGUE)) -> dict[str, str]:
    """Run the workload once for each defect, by default all; return the checks that failed, by defect.

    Signatures are ideal; a defect that no checker found has the empty text.
    """
    from alyslab.checkers.model import judge
    from alyslab.runtime import simulate

    found = {}
    for name in names:
        run = simulate(validation, seed=seed, planted=(f"model.{name}",))
        found[name] = "; ".join(check.name for check in judge(run.journal).failed)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalityRow:
    """The chain after one block was offered."""

    height: int
    """Height of the block that was offered."""
    finalised_height: int
    """Height that was finalised after it."""
    with_pow: bool
    """Whether the block carried proof of work."""
    observed: str
    """``accepted``, or the rule that rejected the block."""


def until_it_halts(
    rng: Random, pow_heights: Sequence[int], *, max_blocks_without_pow: int
) -> list[FinalityRow]:
    """Offer blocks, with work at the given heights only, until one is rejected; then one with work."""
    builder = Builder(rng, QUIET, IdealScheme(), max_blocks_without_pow=max_blocks_without_pow)
    rows: list[FinalityRow] = []
    while not rows or rows[-1].observed == "accepted":
        rows.append(_offer(builder, builder.chain.height + 1 in pow_heights))
    rows.append(_offer(builder, with_pow=True))
    return rows


def _offer(builder: Builder, with_pow: bool) -> FinalityRow:
    block, _ = builder.draft(with_pow=with_pow)
    chain, observed = builder.chain, "accepted"
    try:
        chain.import_block(builder.sign(block), slot_start_ms(builder.spec, block.slot))
    except InvalidBlockError as error:
        observed = error.rule
    return FinalityRow(
        height=block.height, finalised_height=chain.finalised_height, with_pow=with_pow, observed=observed
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeRow:
    """One block's validation time under one way of checking signatures."""

    how: str
    """How signatures were checked."""
    timing: BlockTiming
    """What the block is, and what it took."""


def rate_against_size(
    rng: Random,
    clock: Callable[[], float],
    *,
    blocks: int,
    transactions_most: int,
    batches: SignatureScheme | None = None,
) -> Iterator[SizeRow]:
    """Validate blocks of 0 to ``transactions_most`` transactions: one by one, in two batches, and unsigned.

    Transactions grow evenly over the chain, so that the sizes cover the range.
    Time is read from ``clock``, in seconds.  ``batches`` verifies the batches,
    for instance on several processes; None for this one.
    """
    builder = Builder(rng, QUIET, RealScheme(), max_blocks_without_pow=blocks + 1)
    builder.extend(1)
    for number in range(blocks):
        count = transactions_most * number // max(1, blocks - 1)
        builder.append(*builder.draft(transactions=builder.random_transactions(count)))
    for how, size in (("one by one", 1), ("in batches", -(-len(builder.blocks) // 2))):
        node = builder.node()
        if size > 1 and batches is not None:
            node.scheme = batches
        for timing in validation_rate(node, builder.blocks, clock, batch=size):
            yield SizeRow(how=how, timing=timing)
    for timing in unsigned_rate(builder.node(), builder.blocks, clock):
        yield SizeRow(how="without signatures", timing=timing)


def parts_of(signed: SignedBlock) -> dict[str, Any]:
    """Return the parts of a block by name, short enough for a table."""
    block, header = signed.block, signed.block.auxpow_header
    return {
        "root": block.root.hex(),
        "parent root": block.parent_root.hex(),
        "height": block.height,
        "slot": block.slot,
        "author": f"authority {block.slot % len(signed.signature.signers)}",
        "size [bytes]": len(block.encoded),
        "transactions": len(block.payload.transactions),
        "state root": block.payload.state_root.hex(),
        "gas used": block.payload.gas_used,
        "base fee [wei/gas]": block.payload.base_fee_wei,
        "withdrawals": len(block.payload.withdrawals),
        "peg-ins": len(block.pegins),
        "peg-out proposal": "none"
        if block.pegout_proposal is None
        else block.pegout_proposal.txid[::-1].hex(),
        "signers": " ".join(str(i) for i, bit in enumerate(signed.signature.signers) if bit),
        "proof of work": "none"
        if header is None or header.auxpow is None
        else header.auxpow.parent.hash[::-1].hex(),
        "target bits": "none" if header is None else f"{header.bits:#010x}",
        "finalised peg-outs": len(block.finalised_pegouts),
    }


def show_block(builder: Builder) -> int:
    """Return the height of the latest block that finalises a peg-out, or the head's."""
    rich = [
        b.block.height
        for b in builder.blocks
        if b.block.auxpow_header is not None and b.block.finalised_pegouts
    ]
    return rich[-1] if rich else builder.chain.height
