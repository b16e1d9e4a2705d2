"""Every rule bites, alone, in the node's order, under both signature schemes."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from alyslab.model import validation
from alyslab.model.auxpow import pow_target
from alyslab.model.chain import Chain
from alyslab.model.errors import InvalidBlockError
from alyslab.model.generate import Builder
from alyslab.model.mutate import CASES, IMPLIED, Mutant, mutate
from alyslab.model.retarget import bits_of
from alyslab.model.scheme import IdealScheme, RealScheme
from alyslab.model.stage import Stage, set_stage
from alyslab.model.validation import ENGINE_RULES, RULES, WITH_POW, WITHOUT_POW, Context, rule_names
from alyslab.model.workload import verdict_of
from tests.model.nodes import node_on


def _on_parent(stage: Stage, mutant: Mutant, **options: object) -> Chain:
    return node_on(stage.builder, mutant.below, **options)


@pytest.mark.parametrize("case", CASES)
def test_every_mutation_is_rejected_for_its_rule(any_stage: Stage, case: str) -> None:
    """A rule that nothing can break is a comment; one that another hides is not checked."""
    mutant, rule = mutate(case, any_stage), case.partition(":")[0]
    with pytest.raises(InvalidBlockError) as caught:
        _on_parent(any_stage, mutant).import_block(mutant.signed, mutant.now_ms)
    assert caught.value.rule == rule
    assert caught.value.height == mutant.signed.block.height


@pytest.mark.parametrize("case", CASES)
def test_a_mutation_breaks_nothing_but_its_rule(stage: Stage, case: str) -> None:
    """With the one rule waived the block must pass, or the mutation proves less than it says."""
    mutant, rule = mutate(case, stage), case.partition(":")[0]
    waived = frozenset({rule}) | IMPLIED.get(case, frozenset())
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


@pytest.mark.parametrize("case", ["pow_target", "pegouts_witness"])
def test_exempt_heights_end_where_v1_says(stage: Stage, case: str) -> None:
    """Up to and including 533683 neither target nor witnesses are checked; here the limit is the block's."""
    mutant = mutate(case, stage)
    height = mutant.signed.block.height
    for limit, verdict in ((height, "accepted"), (height - 1, case)):
        node = _on_parent(stage, mutant)
        node.spec = replace(node.spec, unchecked_pow_height=limit)
        assert verdict_of(node, mutant.signed, mutant.now_ms) == verdict


def test_work_meets_the_target_exactly(stage: Stage) -> None:
    """A hash just above the target is refused, one just below is not; a mutation misses by more."""
    mutant = mutate("pow_height", stage)
    context = Context(_on_parent(stage, mutant), mutant.signed, mutant.signed.block.root, mutant.now_ms)
    work = mutant.signed.block.auxpow_header
    assert work is not None
    assert work.auxpow is not None
    below = bits_of(int.from_bytes(work.auxpow.parent.hash, "little"))  # rounded down
    for bits, holds in ((below, False), (below + 1, True)):
        context.__dict__["expected_bits"] = bits
        assert (pow_target(context) is None) is holds


def test_exempt_ranges_end_where_v1_says(stage: Stage) -> None:
    """A range that starts at or below 53143 need not follow the last one."""
    mutant = mutate("pow_range_start", stage)
    header = mutant.signed.block.auxpow_header
    assert header is not None
    start = _on_parent(stage, mutant).height_of(header.range_start)
    assert start is not None
    for limit, verdict in ((start, "accepted"), (start - 1, "pow_range_start")):
        node = _on_parent(stage, mutant)
        node.spec = replace(node.spec, unchecked_range_height=limit)
        assert verdict_of(node, mutant.signed, mutant.now_ms) in (verdict, "pegouts_count")
        assert (verdict_of(_on_parent(stage, mutant), mutant.signed, mutant.now_ms)) == "pow_range_start"


def test_peg_ins_below_the_start_height_are_not_known(stage: Stage) -> None:
    """DEV's start height of 95800 lies above every regression chain, and breaks its peg-ins (incident 17)."""
    signed = stage.builder.sign(stage.plain)
    heights = [stage.builder.bitcoin.height_of(pegin.bitcoin_block) for pegin in stage.plain.pegins]
    lowest = min(height for height in heights if height is not None)
    for start, verdict in ((lowest, "accepted"), (lowest + 1, "pegin_known")):
        node = node_on(stage.builder)
        node.spec = replace(node.spec, bitcoin_start_height=start)
        assert verdict_of(node, signed, stage.now_ms) == verdict


def test_the_next_slot_may_come_early(stage: Stage) -> None:
    """One slot ahead is allowed for clocks that differ; two are not, which a mutation shows."""
    signed = stage.builder.sign(stage.plain)
    early = (stage.plain.slot - 1) * stage.builder.spec.slot_ms
    assert verdict_of(node_on(stage.builder), signed, early) == "accepted"


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
