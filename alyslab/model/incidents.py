"""Alys's incidents as scenes that run: what a sound node answers, and what the node answered then.

Each scene builds its own chain from a seed, puts one node through it, and
returns an :class:`Outcome`.  A sound node observes what is expected; a node
with the deviation that the scene is made for does not.  The workload
``validation`` plays all of them, so that a planted deviation is found.

Source: alys-system.md §7, by incident number; §1 where no incident is known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random
from typing import Any, NamedTuple

from alyslab.model.admission import Candidacy, admitted, candidacy
from alyslab.model.block import SignedBlock
from alyslab.model.candidates import Candidates
from alyslab.model.chain import Chain
from alyslab.model.deviations import planted_deviations
from alyslab.model.errors import ModelError
from alyslab.model.generate import MINER, Builder
from alyslab.model.miner import MinerState, payments_carried
from alyslab.model.mining import mine
from alyslab.model.production import build, empty_block
from alyslab.model.rollback import rollback_target
from alyslab.model.scheme import SignatureScheme
from alyslab.model.shape import QUIET, Shape

Deviations = frozenset[str] | None
"""How the node deviates; None for what the running simulation has planted."""


class Outcome(NamedTuple):
    """How a scene ended."""

    expected: str
    """What a sound node does."""
    observed: str
    """What this node did."""


def _answer(action: Callable[[], object], well: str) -> str:
    """Return ``well``, or the rule for which the action was refused."""
    try:
        action()
    except ModelError as error:
        return error.rule
    return well


def _follow(node: Chain, blocks: list[SignedBlock]) -> str:
    """Import blocks; return ``imported``, or the first rule that was broken."""
    slot_ms = node.spec.slot_ms
    return _answer(
        lambda: [node.import_block(signed, signed.block.slot * slot_ms) for signed in blocks], "imported"
    )


def _builder(
    rng: Random, shape: Shape, scheme: SignatureScheme, deviations: Deviations, **changes: Any
) -> Builder:
    """Return a builder of the chain that such nodes make; a sound one where deviations are planted."""
    return Builder(rng, shape, scheme, deviations=deviations or frozenset(), **changes)


def two_candidates(rng: Random, scheme: SignatureScheme, deviations: Deviations = None) -> Outcome:
    """Incident 9: two blocks for one height, the higher slot first; once by gossip, once by sync."""
    builder = _builder(rng, QUIET, scheme, deviations)
    node = builder.node(deviations=deviations)
    slot = node.head.block.slot
    low, high = (empty_block(node, slot + ahead) for ahead in (1, 2))
    seen = []
    for syncing in (False, True):
        candidates = Candidates(node)
        candidates.insert(high)
        answer = _answer(lambda c=candidates, s=syncing: c.insert(low, syncing=s), "")  # type: ignore[misc]
        held = candidates.candidate(1)
        seen.append(answer or ("higher slot" if held == high else "lower slot"))
    return Outcome("higher slot, higher slot", ", ".join(seen))


def import_again(rng: Random, scheme: SignatureScheme, deviations: Deviations = None) -> Outcome:
    """Incident 16: a batch that fails while syncing, a rollback to before it, and the way back.

    V1's rollback leaves wallet and credited peg-ins as they were: the first
    block with a peg-in is refused the second time, the node rolls back
    further, and so on down: the observed heights are where each round ended.
    """
    builder = _builder(rng, Shape(pow_interval=0, pegin_interval=1, pegout_interval=0), scheme, deviations)
    builder.extend(12)
    node = builder.node(deviations=deviations)
    _follow(node, builder.blocks[:9])
    heights, upper = [], node.height
    for _ in range(3):  # each time the next batch begins at the head, and fails
        node.rollback(rollback_target("sync_error", node.height, node.height))
        _follow(node, builder.blocks[node.height : upper])
        heights.append(str(node.height))
    return Outcome("9, 9, 9", ", ".join(heights))


def changed_federation(rng: Random, scheme: SignatureScheme, deviations: Deviations = None) -> Outcome:
    """Incident 2: a node syncs a history whose first half another federation signed."""
    builder = _builder(rng, Shape(pow_interval=0, pegout_interval=0, handover_height=4), scheme, deviations)
    builder.extend(8)
    return Outcome("imported", _follow(builder.node(deviations=deviations), builder.blocks))


def lost_receipt(rng: Random, scheme: SignatureScheme, deviations: Deviations = None) -> Outcome:
    """Lose the receipt of a burn in the execution layer: import must wait, not go on without it."""
    builder = _builder(rng, QUIET, scheme, deviations)
    builder.extend(1)
    burn = builder.burn(20_000_000)
    builder.append(*builder.draft(transactions=[burn]))
    builder.extend(1)
    node = builder.node(deviations=deviations, receipts_missing=frozenset({burn.id}))
    return Outcome("receipt_missing", _follow(node, builder.blocks))


def unsigned_pegout(rng: Random, scheme: SignatureScheme, deviations: Deviations = None) -> Outcome:
    """Signature starvation: a producer has work to carry, and one peg-out is not signed yet."""
    builder, node = _with_two_pegouts(rng, scheme, deviations)
    header, payments = builder.work()
    known = {payment.txid: payment for payment in payments[1:]}

    def produce() -> None:
        carried = payments_carried(node, header, known)
        slot = builder.next_slot()
        block, _ = build(
            builder.chain,
            slot=slot,
            timestamp_s=builder.timestamp_s(slot),
            auxpow_header=header,
            finalised_pegouts=carried,
        )
        node.import_block(builder.sign(block), slot * node.spec.slot_ms)

    return Outcome("pegout_unsigned", _answer(produce, "imported"))


def _with_two_pegouts(rng: Random, scheme: SignatureScheme, deviations: Deviations) -> tuple[Builder, Chain]:
    builder = _builder(rng, QUIET, scheme, deviations)
    builder.extend(1)
    builder.append(*builder.draft(transactions=[builder.burn(20_000_000)]))
    builder.append(*builder.draft(transactions=[builder.burn(30_000_000)]))
    builder.extend(1)
    node = builder.node(deviations=deviations)
    _follow(node, builder.blocks)
    return builder, node


def submitted_twice(rng: Random, scheme: SignatureScheme, deviations: Deviations = None) -> Outcome:
    """Let a miner submit wrong work, then the right work for the same template."""
    builder = _builder(rng, QUIET, scheme, deviations)
    builder.extend(2)
    node = builder.node(deviations=deviations)
    _follow(node, builder.blocks)
    state = MinerState(node)
    commitment, header = state.create(MINER)
    proof = mine(node, header, rng).auxpow
    assert proof is not None
    wrong = replace(proof, chain_side_mask=proof.chain_side_mask ^ 1)
    refused = _answer(lambda: state.submit(commitment, wrong), "queued")
    return Outcome(
        "work_refused, queued", f"{refused}, {_answer(lambda: state.submit(commitment, proof), 'queued')}"
    )


def ignored_head(rng: Random, scheme: SignatureScheme, deviations: Deviations = None) -> Outcome:
    """Incident 5: work waits while the head stands at a height that is written into the code."""
    builder = _builder(rng, QUIET, scheme, deviations, pow_ignored_heads=frozenset({2}))
    builder.extend(2)
    node = builder.node(deviations=deviations)
    _follow(node, builder.blocks)
    state = MinerState(node)
    commitment, header = state.create(MINER)
    proof = mine(node, header, rng).auxpow
    assert proof is not None
    submitted = _answer(lambda: state.submit(commitment, proof), "")
    return Outcome("carried", submitted or ("ignored" if state.carried() is None else "carried"))


def unproved_key(rng: Random, scheme: SignatureScheme, deviations: Deviations = None) -> Outcome:
    """Somebody wants to become an authority with a key and another's proof."""
    found = planted_deviations() if deviations is None else deviations
    members = [candidacy(scheme, rng.randrange(1, 1 << 250)) for _ in range(2)]
    members[1] = Candidacy(members[1].key, members[0].proof)
    return Outcome("possession_not_proved", _answer(lambda: admitted(members, scheme, found), "admitted"))


Scene = Callable[..., Outcome]
SCENES: Mapping[str, Scene] = {
    scene.__name__: scene
    for scene in (
        two_candidates,
        import_again,
        changed_federation,
        lost_receipt,
        unsigned_pegout,
        submitted_twice,
        ignored_head,
        unproved_key,
    )
}
"""Every scene by name."""
