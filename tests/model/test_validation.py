"""Every rule bites, alone, in the node's order, under both signature schemes."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from alyslab.model import validation
from alyslab.model.chain import Chain
from alyslab.model.errors import InvalidBlockError
from alyslab.model.generate import Builder
from alyslab.model.mutate import IMPLIED, Mutant, mutate
from alyslab.model.scheme import IdealScheme, RealScheme
from alyslab.model.stage import Stage, set_stage
from alyslab.model.validation import ENGINE_RULES, RULES, WITH_POW, WITHOUT_POW, Context, rule_names
from alyslab.model.workload import verdict_of
from tests.model.nodes import node_on


def _on_parent(stage: Stage, mutant: Mutant, **options: object) -> Chain:
    return node_on(stage.builder, mutant.below, **options)


@pytest.mark.parametrize("rule", rule_names())
def test_every_mutation_is_rejected_for_its_rule(any_stage: Stage, rule: str) -> None:
    """A rule that nothing can break is a comment; one that another hides is not checked."""
    mutant = mutate(rule, any_stage)
    with pytest.raises(InvalidBlockError) as caught:
        _on_parent(any_stage, mutant).import_block(mutant.signed, mutant.now_ms)
    assert caught.value.rule == rule
    assert caught.value.height == mutant.signed.block.height


@pytest.mark.parametrize("rule", rule_names())
def test_a_mutation_breaks_nothing_but_its_rule(stage: Stage, rule: str) -> None:
    """With the one rule waived the block must pass, or the mutation proves less than it says."""
    mutant = mutate(rule, stage)
    waived = frozenset({rule}) | IMPLIED.get(rule, frozenset())
    assert verdict_of(_on_parent(stage, mutant, waived=waived), mutant.signed, mutant.now_ms) == "accepted"


def test_the_unmutated_blocks_are_accepted(any_stage: Stage) -> None:
    """Otherwise every mutation would be rejected, for nothing."""
    for block in (any_stage.plain, any_stage.mined):
        node = node_on(any_stage.builder)
        assert verdict_of(node, any_stage.builder.sign(block), any_stage.now_ms) == "accepted"


def test_real_and_ideal_signatures_give_equal_verdicts() -> None:
    """Searches run on the ideal scheme; what they find must hold for the real one."""
    verdicts = []
    for scheme in (IdealScheme(), RealScheme()):
        stage = set_stage(Random(8), scheme)
        mutants = [
            mutate(rule, stage)
            for rule in ("author", "quorum", "signature", "pegouts_witness", "withdrawals")
        ]
        verdicts.append([verdict_of(_on_parent(stage, m), m.signed, m.now_ms) for m in mutants])
    assert verdicts[0] == verdicts[1] == ["author", "quorum", "signature", "pegouts_witness", "withdrawals"]


def test_rules_stand_in_the_order_of_the_real_node() -> None:
    """A block that breaks two rules must be rejected for the one that the node meets first."""
    names = [rule.name for rule in RULES]
    assert names[:5] == [
        "not_genesis",
        "height_above_head",
        "parent_known",
        "payload_parent",
        "payload_number",
    ]
    assert names.index("signature") < names.index("withdrawals") < names.index("pegout_due")
    assert [rule.name for rule in WITH_POW][:2] == ["pow_present", "pow_target"]
    assert [rule.name for rule in WITHOUT_POW] == ["pow_gap", "pegouts_need_pow"]
    assert len(set(rule_names())) == len(rule_names())


def test_the_first_of_two_broken_rules_is_named(stage: Stage) -> None:
    """Forged signature and stolen money at once: the signature comes first."""
    mutant = mutate("withdrawals", stage)
    broken = replace(mutant.signed, signature=replace(mutant.signed.signature, point=bytes(96)))
    assert verdict_of(_on_parent(stage, mutant), broken, mutant.now_ms) == "signature"


@pytest.mark.parametrize("rule", [rule.name for rule in RULES if rule.who == "validators"])
def test_full_nodes_skip_what_needs_bitcoin(stage: Stage, rule: str) -> None:
    """Incident 8: full nodes without a wallet rejected the chain."""
    mutant = mutate(rule, stage)
    assert verdict_of(_on_parent(stage, mutant, validator=False), mutant.signed, mutant.now_ms) == "accepted"


def test_a_rejected_block_changes_nothing(stage: Stage) -> None:
    """Import is all or nothing; half an import forks the node for ever."""
    node = node_on(stage.builder)
    before = (node.head_root, node.state.root, node.fees_wei, node.pow, dict(node.wallet.unspent))
    for rule in rule_names():
        if rule != "pow_gap":
            mutant = mutate(rule, stage)
            assert verdict_of(node, mutant.signed, mutant.now_ms) == rule
    assert before == (node.head_root, node.state.root, node.fees_wei, node.pow, dict(node.wallet.unspent))


def test_examine_names_every_rule_with_its_claim(builder: Builder) -> None:
    """The notebook takes a block apart with it."""
    node = node_on(builder, builder.blocks[:-1])
    signed = builder.blocks[-1]
    context = Context(node, signed, signed.block.root, signed.block.slot * builder.spec.slot_ms)
    examined = validation.examine(context)
    assert all(finding is None for _, finding in examined)
    assert all(rule.summary.endswith(".") for rule, _ in examined)
    assert all(summary.endswith(".") for summary in ENGINE_RULES.values())


def test_rules_that_are_left_out_have_nothing_to_look_at(builder: Builder) -> None:
    """A rule about peg-ins or proposals may be skipped only where it can't find anything."""
    node = builder.node()
    skipped = 0
    for signed in builder.blocks:
        now_ms = signed.block.slot * builder.spec.slot_ms
        context = Context(node, signed, signed.block.root, now_ms, signature_checked=True)
        present = {"block": True, "pegins": signed.block.pegins, "proposal": signed.block.pegout_proposal}
        for rule in RULES:
            if not present[rule.about]:
                assert rule.check(context) is None
                skipped += 1
        node.import_unsigned(signed, now_ms)
    assert skipped > 0
