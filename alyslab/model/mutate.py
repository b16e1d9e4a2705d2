"""For every rule of validation, a block that breaks exactly that rule.

Each mutation changes one thing of a valid block on a
:class:`~alyslab.model.stage.Stage` and then seals and signs the block again,
so that hashes, roots, work and signatures are right for what it says:
whatever rejects it rejects it for the rule, or has a bug.

Some rules are broken in a second way as well; :data:`CASES` names all.  A few
can't be broken without others (block 0 is not above any head); :data:`IMPLIED`
names these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from alyslab.model.block import SignedBlock
from alyslab.model.mutations import BLOCKS
from alyslab.model.stage import Stage
from alyslab.model.validation import rule_names

IMPLIED: Mapping[str, frozenset[str]] = {
    "not_genesis": frozenset({"height_above_head", "payload_number"}),
    "height_above_head": frozenset({"payload_number"}),
    "pegin_readable:former_address": frozenset({"withdrawals"}),
    "pegout_amounts:overpaid": frozenset({"pegout_change"}),
}
"""By case: further rules that can't hold once its rule does not."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A block that breaks one rule."""

    rule: str
    """The rule that it breaks."""
    signed: SignedBlock
    """The block."""
    below: tuple[SignedBlock, ...]
    """The valid blocks that it stands on, from block 1."""
    now_ms: int
    """When it is judged, in milliseconds since the Unix epoch."""


def _beyond_gap(stage: Stage) -> Mutant:
    """Extend the chain until only work can follow, make a block without, and take everything back."""
    builder, height, built = stage.builder, stage.builder.chain.height, len(stage.builder.blocks)
    while builder.chain.height - builder.chain.pow.finalised_height < builder.spec.max_blocks_without_pow:
        builder.step()
    block, _ = builder.draft(transactions=builder.random_transactions(1))
    mutant = Mutant("pow_gap", builder.sign(block), tuple(builder.blocks), block.slot * builder.spec.slot_ms)
    builder.chain.rollback(height)
    del builder.blocks[built:]
    return mutant


def _signers(stage: Stage, rule: str) -> tuple[bool, ...]:
    """Return who signs to break a rule about signers."""
    members = len(stage.builder.spec.authorities)
    author = stage.plain.slot % members
    if rule == "author":
        return tuple(index != author for index in range(members))
    return tuple((index - author) % members < 3 for index in range(members))  # one less than ⌈2·5/3⌉


CASES: tuple[str, ...] = (
    *rule_names(),
    *(name for name in BLOCKS if ":" in name),
)
"""Every way of breaking a rule: the rule's name, or ``rule:case``."""


def mutate(case: str, stage: Stage) -> Mutant:
    """Return a block that breaks exactly one rule, as one of :data:`CASES`; the stage's chain is as before.

    Bitcoin may have grown, since some mutations need a payment of their own.
    Raises KeyError for a name that is no rule.
    """
    if case == "pow_gap":
        return _beyond_gap(stage)
    builder = stage.builder
    if case in ("author", "quorum"):
        signed = builder.sign(stage.plain, _signers(stage, case))
    elif case == "signature":
        signed = builder.sign(stage.plain, root=builder.rng.randbytes(32))
    elif case == "signers_bounded":
        signed = builder.sign(stage.plain)
        bits = (*signed.signature.signers, False)
        signed = replace(signed, signature=replace(signed.signature, signers=bits))
    else:
        signed = builder.sign(BLOCKS[case](stage))
    return Mutant(case.partition(":")[0], signed, tuple(builder.blocks), stage.now_ms)
