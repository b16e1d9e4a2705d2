"""Properties of the chain: what is valid is accepted, what breaks a rule is rejected for that rule."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import Final

from alyslab.model.aura import slot_start_ms
from alyslab.model.block import SignedBlock, decode_signed_block
from alyslab.model.chain import Chain
from alyslab.model.errors import InvalidBlockError
from alyslab.model.generate import Builder
from alyslab.model.mutate import Mutant
from alyslab.model.spec import Retarget
from alyslab.model.state import recomputed_root
from alyslab.property.generators.building import built
from alyslab.property.generators.chains import ChainPlan, chain_plans
from alyslab.property.generators.events import Burn, Deposit, Transfer
from alyslab.property.generators.mutants import MutantPlan, mutant_plans
from alyslab.property.property import Features, Property, claim

ORDER: Final = "alys-system.md §1, process_block order"


TIGHT: Final = Retarget(pow_limit=0x201F_FFFF, pow_lower_limit=0x1F7F_FFFF, timespan=15)
"""Limits so near the target of block 1, and so short an interval, that a short chain meets them."""


def verdict_of(node: Chain, signed: SignedBlock, now_ms: int | None = None) -> str:
    """Import the block in its slot and return ``accepted``, or the rule that the node rejects it for."""
    try:
        node.import_block(signed, slot_start_ms(node.spec, signed.block.slot) if now_ms is None else now_ms)
    except InvalidBlockError as error:
        return error.rule
    return "accepted"


def chain_features(plan: ChainPlan) -> Features:
    """Return what describes a chain: its length, what happens in it, how it is finalised."""
    events = Counter(type(event).__name__ for block in plan.blocks for event in block.events)
    return {
        "blocks": len(plan.blocks) + 1,
        "transfers": events[Transfer.__name__],
        "deposits": events[Deposit.__name__],
        "burns": events[Burn.__name__],
        "blocks with work": sum(block.work for block in plan.blocks),
        "missed slots": sum(block.missed_slots for block in plan.blocks),
    }


def all_accepted(builder: Builder, node: Chain) -> None:
    """Let the node import every block that it lacks; each must be accepted and leave the builder's state."""
    for signed in builder.blocks[node.height :]:
        seen = verdict_of(node, signed)
        claim(seen == "accepted", f"valid block {signed.block.height} was rejected: {seen}")


def _valid_is_accepted(plan: ChainPlan) -> None:
    builder = built(plan, retarget=TIGHT)
    node = builder.node()
    all_accepted(builder, node)
    claim(node.state.root == builder.chain.state.root, "the node's state root is not the builder's")
    root = recomputed_root(node.state.accounts, node.state.positions)
    claim(node.state.root == root, "the state root is another when computed from nothing")


CHAIN_VALID: Final = Property(
    name="valid chains are accepted",
    claim="a node accepts every block of a chain that follows the rules, and comes to the same state",
    cases=chain_plans,
    check=_valid_is_accepted,
    weight=2,
    weight_reason="chains of up to twelve blocks are built and validated: some 15 ms a case",
    source=ORDER,
    features=chain_features,
)


def _mutants_are_rejected(plan: MutantPlan) -> None:
    stage, mutants = plan.on_stage()
    node: Chain | None = None
    for mutant in mutants:
        if node is None or node.height != len(mutant.below):
            node = _node_below(stage.builder, mutant)
        before = node.height, node.state.root, node.wallet.balance_sat, node.fees_wei
        seen = verdict_of(node, mutant.signed, mutant.now_ms)
        claim(seen == mutant.rule, f"a block that breaks {mutant.rule} was {_said(seen)}")
        after = node.height, node.state.root, node.wallet.balance_sat, node.fees_wei
        claim(after == before, f"the node changed although it rejected the block for {seen}")


def _node_below(builder: Builder, mutant: Mutant) -> Chain:
    """Return a node on the mutant's parent, or as far as it gets; the mutant is then rejected for that."""
    node = builder.node()
    with suppress(InvalidBlockError):
        for signed in mutant.below:
            node.import_unsigned(signed, slot_start_ms(node.spec, signed.block.slot))
    return node


def _said(seen: str) -> str:
    return seen if seen == "accepted" else f"rejected for {seen}"


MUTANT_REJECTED: Final = Property(
    name="a broken rule is named",
    claim="a block that breaks one rule is rejected for that rule, and nothing changes",
    cases=mutant_plans,
    check=_mutants_are_rejected,
    source=ORDER,
    features=lambda plan: {
        "rules broken": len(plan.breaks),
        "first rule": plan.breaks[0],
        "blocks below": len(plan.below),
    },
)


def _codec_round_trip(plan: ChainPlan) -> None:
    for signed in built(plan).blocks:
        data = signed.encode()
        again = decode_signed_block(data)
        claim(again == signed, f"block {signed.block.height} is another after encoding and decoding")
        claim(again.encode() == data, f"block {signed.block.height} is written in two ways")
        claim(again.block.root == signed.block.root, f"block {signed.block.height} has two roots")


CODEC_ROUND_TRIP: Final = Property(
    name="encode and decode",
    claim="a block that is encoded and decoded is the same block, and has one encoding",
    cases=lambda: chain_plans(most=4),
    check=_codec_round_trip,
    source="alys-system.md §1, Block",
    features=chain_features,
)
