"""Import, batches, rollback, finality and fork choice of one node."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from alyslab.model.candidates import Approval, Candidates
from alyslab.model.chain import rollback_target
from alyslab.model.errors import ChainError, InvalidBlockError
from alyslab.model.forkchoice import ForkChoice
from alyslab.model.generate import Builder, generate
from alyslab.model.genesis import genesis_block
from alyslab.model.production import empty_block
from alyslab.model.scheme import IdealScheme, RealScheme
from alyslab.model.shape import Shape
from alyslab.model.state import State
from tests.model.nodes import follow, node_on


def _now(builder: Builder) -> int:
    return builder.now_ms + 100_000


def test_a_batch_imports_what_single_imports_do() -> None:
    """Speed may not change the verdict."""
    builder = generate(Random(2), RealScheme(), 12)
    batched, single = builder.node(), node_on(builder)
    assert batched.import_batch(builder.blocks, builder.now_ms)[-1] == single.head_root
    assert (batched.state.root, batched.fees_wei, batched.pow) == (
        single.state.root,
        single.fees_wei,
        single.pow,
    )


def test_a_batch_stops_at_the_forged_block() -> None:
    """The blocks before the forger are good and stay."""
    builder = generate(Random(2), RealScheme(), 8)
    blocks = list(builder.blocks)
    forged = replace(blocks[5].signature, point=blocks[4].signature.point)
    blocks[5] = replace(blocks[5], signature=forged)
    node = builder.node()
    with pytest.raises(InvalidBlockError) as caught:
        node.import_batch(blocks, builder.now_ms)
    assert (caught.value.rule, caught.value.height, node.height) == ("signature", 6, 5)


def test_a_rollback_restores_everything_and_the_way_forward(builder: Builder) -> None:
    """Incidents 12 and 16: what a rollback forgets makes the same blocks invalid the second time."""
    node = node_on(builder)
    target = node.finalised_height
    reference = node_on(builder, builder.blocks[:target])
    node.rollback(target)
    for name in ("head_root", "fees_wei", "pow"):
        assert getattr(node, name) == getattr(reference, name)
    assert node.state.root == reference.state.root
    assert node.state.accounts == reference.state.accounts
    assert node.wallet.unspent == reference.wallet.unspent
    assert node.wallet.credited == reference.wallet.credited
    assert follow(node, builder.blocks[target:]).head_root == builder.chain.head_root


def test_finality_survives_a_rollback_and_bounds_it(builder: Builder) -> None:
    """A finalised block that disappears is the one promise that a chain may not break."""
    node = node_on(builder)
    finalised = node.finalised_height
    with pytest.raises(ChainError, match="rollback_below_finalised"):
        node.rollback(finalised - 1)
    node.rollback(finalised)
    assert node.finalised_height == finalised
    for height in (-1, node.height + 1):
        with pytest.raises(ChainError, match="rollback_out_of_range"):
            node.rollback(height)


def test_rollback_targets_are_those_of_v1() -> None:
    """A sync error takes back the whole batch; at height 0 nothing underflows (incident 15)."""
    assert rollback_target("missing_payload", 100, 7) == 99
    assert rollback_target("sync_error", 1_100, 77) == 76
    assert rollback_target("sync_error", 5, 0) == rollback_target("missing_payload", 0, 0) == 0


def test_the_chain_halts_at_the_gap_and_goes_on_with_work() -> None:
    """Finality follows merged mining: without it there is a last block."""
    builder = generate(Random(3), IdealScheme(), 20, Shape(pow_interval=0))
    node = node_on(builder)
    stuck, _ = builder.draft()
    with pytest.raises(InvalidBlockError, match="pow_gap"):
        node.import_block(builder.sign(stuck), _now(builder))
    mined, _ = builder.draft(with_pow=True)
    node.import_block(builder.sign(mined), _now(builder))
    assert (node.height, node.finalised_height) == (21, 20)


def test_v1_takes_no_side_blocks() -> None:
    """V1 has no reorganisation: a branch is rejected however long it is."""
    builder = generate(Random(4), IdealScheme(), 8, Shape(pow_interval=0))
    branch = builder.branch(4, 6)
    choice = ForkChoice(node_on(builder))
    with pytest.raises(InvalidBlockError, match="height_above_head"):
        choice.receive(branch[0], _now(builder))


def _v2(seed: int, blocks: int = 8, **changes: object) -> Builder:
    fields = {"fork_choice": "highest", "reorganisation_depth": 4} | changes
    builder = Builder(Random(seed), Shape(pow_interval=0, pegin_interval=0), IdealScheme(), **fields)
    builder.extend(blocks)
    return builder


def test_v2_follows_the_highest_branch() -> None:
    """As V2 documents: once the branch is higher, and not before."""
    builder = _v2(4)
    branch = builder.branch(6, 3)
    choice = ForkChoice(node_on(builder))
    assert [choice.receive(block, _now(builder)) for block in branch] == [False, False, True]
    assert choice.chain.head_root == branch[-1].block.root
    assert choice.chain.state.root == branch[-1].block.payload.state_root


def test_v2s_code_lets_almost_any_block_win() -> None:
    """It compares a slot with a height; slots are Unix time."""
    builder = _v2(4, fork_choice="slot_against_height")
    branch = builder.branch(6, 1)
    choice = ForkChoice(node_on(builder))
    assert choice.receive(branch[0], _now(builder))
    assert choice.chain.height == 7


def test_a_reorganisation_is_bounded_by_depth_and_finality() -> None:
    """Three files of V2 give three depths; none may reach below finality."""
    builder = _v2(5)
    deep = builder.branch(2, 7)
    choice = ForkChoice(node_on(builder))
    for block in deep[:-1]:
        choice.receive(block, _now(builder))
    with pytest.raises(ChainError, match="reorganisation_too_deep"):
        choice.receive(deep[-1], _now(builder))
    builder = _v2(5, blocks=4)
    branch = builder.branch(3, 3)
    builder.append(*builder.draft(with_pow=True))
    choice = ForkChoice(node_on(builder))
    choice.receive(branch[0], _now(builder))
    choice.receive(branch[1], _now(builder))
    with pytest.raises(ChainError, match="reorganisation_below_finalised"):
        choice.receive(branch[2], _now(builder))


def test_the_depth_of_a_reorganisation_is_exact() -> None:
    """Four blocks may be taken back, five may not."""
    for fork, allowed in ((4, True), (3, False)):
        builder = _v2(8)
        branch = builder.branch(fork, 9 - fork)
        choice = ForkChoice(node_on(builder))
        for block in branch[:-1]:
            choice.receive(block, _now(builder))
        if allowed:
            assert choice.receive(branch[-1], _now(builder))
        else:
            with pytest.raises(ChainError, match="reorganisation_too_deep"):
                choice.receive(branch[-1], _now(builder))


def test_the_genesis_depends_on_what_makes_the_chain() -> None:
    """Incident 17: another bits, chain id or execution genesis is another chain."""
    spec = generate(Random(1), IdealScheme(), 0).spec
    changed = [{}, {"bits": 0x2010FFFF}, {"chain_id": 7}, {"gas_limit": 1}, {"genesis_timestamp_s": 1}]
    roots = {genesis_block(replace(spec, **change), State()).root for change in changed}
    roots.add(genesis_block(spec, State({bytes(20): (0, 0)})).root)
    assert len(roots) == 6


def test_an_invalid_branch_leaves_the_chain_as_it_was() -> None:
    """Otherwise an attacker could roll nodes back for free."""
    builder = _v2(6)
    branch = builder.branch(6, 3)
    forged = replace(branch[2], signature=replace(branch[2].signature, point=bytes(96)))
    choice = ForkChoice(node_on(builder))
    choice.receive(branch[0], _now(builder))
    choice.receive(branch[1], _now(builder))
    with pytest.raises(InvalidBlockError, match="signature"):
        choice.receive(forged, _now(builder))
    assert choice.chain.head_root == builder.chain.head_root
    assert choice.chain.state.root == builder.chain.state.root


def test_orphans_are_refused_by_name() -> None:
    """A block whose parent nobody has can't be judged."""
    builder = _v2(7)
    branch = builder.branch(6, 2)
    with pytest.raises(InvalidBlockError, match="parent_known"):
        ForkChoice(node_on(builder)).receive(branch[1], _now(builder))


def test_a_candidate_is_ready_at_the_majority() -> None:
    """Four of five: the fourth approval makes the block, the third does not, and forged ones never do."""
    builder = generate(Random(9), IdealScheme(), 3)
    node = node_on(builder)
    candidates = Candidates(node)
    block = empty_block(node, node.head.block.slot + 1)
    assert candidates.insert(block)
    root, secrets = block.root, builder.secrets
    assert not candidates.approve(Approval(root, 0, builder.scheme.sign(secrets[1:2], root)))
    assert not candidates.approve(Approval(root, 9, bytes(96)))
    for authority in range(4):
        assert candidates.ready(4) is None
        signature = builder.scheme.sign(secrets[authority : authority + 1], root)
        assert candidates.approve(Approval(root, authority, signature))
    signed = candidates.ready(4)
    assert signed is not None
    assert signed.signature.count == 4
    candidates.drop_to(4)
    assert candidates.ready(4) is None


def test_of_two_candidates_the_higher_slot_stays() -> None:
    """Incident 9: an inverted flag kept the lower one."""
    builder = generate(Random(9), IdealScheme(), 3)
    node = node_on(builder)
    low, high = (empty_block(node, node.head.block.slot + ahead) for ahead in (1, 2))
    for order in ([low, high], [high, low]):
        candidates = Candidates(node)
        taken = [candidates.insert(block) for block in order]
        assert candidates.candidate(4) == high
        assert taken == [True, order == [low, high]]
        assert not candidates.insert(replace(high, parent_root=bytes(32)))
