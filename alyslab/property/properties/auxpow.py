"""Properties of merged mining: right work finalises its range, wherever in the tree the chain stands."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from alyslab.model import mining, production
from alyslab.model.block import AuxPowHeader, Block
from alyslab.model.generate import Builder
from alyslab.property.generators.auxpow import WorkPlan, work_plans
from alyslab.property.properties.chain import all_accepted, verdict_of
from alyslab.property.property import Property, claim


def _work_finalises(plan: WorkPlan) -> None:
    builder, header = plan.mined()
    head, node = builder.chain.height, builder.node()
    all_accepted(builder, node)
    proof = header.auxpow
    assert proof is not None
    if plan.depth:
        other = replace(proof, chain_side_mask=proof.chain_side_mask ^ 1)
        seen = verdict_of(node, builder.sign(_block(builder, replace(header, auxpow=other))))
        claim(seen in ("pow_commitment", "pow_tree_index"), f"work at another place of the tree: {seen}")
    seen = verdict_of(node, builder.sign(_block(builder, header)))
    claim(seen == "accepted", f"right work was refused: {seen}")
    claim(node.finalised_height == head, f"height {node.finalised_height} is final, and not {head}")


def _block(builder: Builder, header: AuxPowHeader) -> Block:
    slot = builder.chain.head.block.slot + 1
    block, _ = production.build(
        builder.chain,
        slot=slot,
        timestamp_s=builder.timestamp_s(slot),
        auxpow_header=header,
        finalised_pegouts=mining.signed_pegouts(builder.chain, header, builder.bitcoin_secrets, builder.rng),
    )
    return block


WORK_FINALISES: Final = Property(
    name="work finalises its range",
    claim="a header with the right work, at any place of any tree, finalises every block below it",
    cases=work_plans,
    check=_work_finalises,
    source="alys-system.md §1, AuxPoW",
    features=lambda plan: {"blocks": len(plan.chain.blocks) + 1, "tree depth": plan.depth},
)
