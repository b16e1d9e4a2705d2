"""Workloads of the model: what a node under test is put through, with every event in the journal.

``validation`` gives the node a chain that is valid by the sound rules, one
block for every rule that breaks it, a rollback and a way back; the checkers in
:mod:`alyslab.checkers.chain`, ``finality`` and ``conservation`` then judge the
journal.  How long blocks take is measured in :mod:`alyslab.model.timing`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from random import Random
from typing import Any

from alyslab.model.block import SignedBlock
from alyslab.model.branches import two_orders
from alyslab.model.bridge import payments_of
from alyslab.model.candidates import Approval, Candidates
from alyslab.model.chain import Chain
from alyslab.model.errors import ChainError, InvalidBlockError
from alyslab.model.execution import DEAD
from alyslab.model.generate import Builder
from alyslab.model.incidents import SCENES
from alyslab.model.mutate import CASES, Mutant, mutate
from alyslab.model.production import empty_block
from alyslab.model.scheme import IdealScheme, RealScheme, SignatureScheme
from alyslab.model.shape import Shape
from alyslab.model.spec import Retarget
from alyslab.model.stage import set_stage
from alyslab.model.state import recomputed_root
from alyslab.model.timing import BlockTiming, validation_rate
from alyslab.model.trace import Trace
from alyslab.model.validation import rule_names

__all__ = ["SCHEMES", "BlockTiming", "judge_candidates", "validation", "validation_rate", "verdict_of"]

SCHEMES: Mapping[str, Callable[[], SignatureScheme]] = {"ideal": IdealScheme, "real": RealScheme}


WORKLOAD_BLOCKS = 30
WORKLOAD_SHAPE = Shape(pow_heights=(7, 13, 22, 25), foreign_burns=True)
"""Proofs of work so spaced that the target is raised once and cut once, and once neither."""
READABLE_ADDRESS = b"twenty ascii letters"
"""A raw address that is also valid text, as one in a few thousand million is by chance."""


async def validation(*, scheme: str = "ideal") -> dict[str, Any]:
    """Put a node through validation, mutations, rollback and finality; return counts.

    Journal rows: those of :data:`~alyslab.model.trace.Trace` with the node as
    subject; ``block.judged`` for every block with what was expected of it;
    ``bridge.pegin``, ``bridge.pegout`` and ``bridge.balance`` for where the
    money is; ``state.recomputed`` for roots computed from nothing;
    ``incident.judged`` for each scene of :mod:`alyslab.model.incidents`.  Two
    further nodes, ``fork main`` and ``fork branch``, hear of two branches.
    """
    from alyslab.runtime import require_current

    sim = require_current()
    recorded = sim.journal.record

    def trace_of(name: str) -> Trace:
        return lambda kind, fields: recorded(kind, name, **fields)

    builder = workload_chain(sim.random("model.validation"), SCHEMES[scheme]())
    counts = {"accepted": 0, "rejected": 0}

    def judge(node: Chain, signed: SignedBlock, now_ms: int, expected: str) -> str:
        observed = verdict_of(node, signed, now_ms)
        counts["accepted" if observed == "accepted" else "rejected"] += 1
        recorded("block.judged", "node", height=signed.block.height, expected=expected, observed=observed)
        return observed

    node = builder.node(trace=trace_of("node"))
    for signed in builder.blocks:
        judge(node, signed, _slot_ms(builder, signed), "accepted")
    tell_balance(node, recorded)
    fork_and_return(builder, node, lambda signed: judge(node, signed, _slot_ms(builder, signed), "accepted"))
    judge_candidates(builder, recorded)
    two_orders(sim.random("model.fork"), SCHEMES[scheme](), trace_of("fork main"), trace_of("fork branch"))
    for name, scene in SCENES.items():
        outcome = scene(sim.random(f"model.{name}"), SCHEMES[scheme]())
        recorded("incident.judged", name, expected=outcome.expected, observed=outcome.observed)
    stage = set_stage(sim.random("model.mutations"), SCHEMES[scheme]())
    fresh: Chain | None = None
    for case in CASES:
        mutant = mutate(case, stage)
        if fresh is None or fresh.height != len(mutant.below):
            fresh = _prepared(stage.builder, mutant)
        if judge(fresh, mutant.signed, mutant.now_ms, mutant.rule) == "accepted":
            tell_consequences(stage.builder, mutant, recorded)
            fresh = None
    return {
        **counts,
        "rules": len(rule_names()),
        "cases": len(CASES),
        "incidents": len(SCENES),
        "height": node.height,
        "finalised_height": node.finalised_height,
    }


def workload_chain(rng: Random, scheme: SignatureScheme) -> Builder:
    """Return the valid chain of the workload; consumes ``rng``."""
    retarget = Retarget(pow_limit=0x201F_FFFF, pow_lower_limit=0x1F7F_FFFF)
    builder = Builder(rng, WORKLOAD_SHAPE, scheme, retarget=retarget)
    builder.extend(1)
    builder.pay_federation(READABLE_ADDRESS, 1_234_567)
    builder.extend(WORKLOAD_BLOCKS - 1)
    return builder


def fork_and_return(builder: Builder, node: Chain, judge: Callable[[SignedBlock], object]) -> None:
    """Roll the node back over its latest proof of work and forward again, and tempt it below finality.

    What it takes back it must accept again; a rollback below the finalised
    height must be refused, and is a finding of the finality checker if not.
    """
    for target in (max(node.finalised_height, 0), max(0, node.finalised_height - 2)):
        upper = node.height
        try:
            node.rollback(target)
        except ChainError:
            return
        for signed in builder.blocks[node.height : upper]:
            judge(signed)


def judge_candidates(builder: Builder, recorded: Callable[..., None]) -> None:
    """Offer two candidates for one height, and an approval before its block."""
    node = builder.node()
    candidates, slot = Candidates(node), node.head.block.slot
    first, second = (empty_block(node, slot + ahead) for ahead in (1, 2))
    root = second.root
    early = Approval(root, 0, builder.scheme.sign(builder.secrets[:1], root))
    candidates.approve(early)
    candidates.insert(first)
    candidates.insert(second)
    held = candidates.candidate(1)
    recorded(
        "candidate.judged",
        "node",
        expected_slot=second.slot,
        observed_slot=-1 if held is None else held.slot,
        expected_approvals=1,
        observed_approvals=len(candidates.approvals(1)),
    )


def tell_consequences(builder: Builder, mutant: Mutant, recorded: Callable[..., None]) -> None:
    """Record the chain and the balance of a node that takes the mutant, with the rule's name as subject."""
    subject = f"mutant {mutant.rule}"
    rows: list[tuple[str, dict[str, object]]] = []

    def keep(kind: str, _: str, **fields: object) -> None:
        rows.append((kind, fields))

    node = _prepared(builder, mutant, lambda kind, fields: rows.append((kind, dict(fields))))
    verdict_of(node, mutant.signed, mutant.now_ms)
    tell_balance(node, keep)
    for kind, fields in rows:
        recorded(kind, subject, **fields)


def tell_balance(node: Chain, recorded: Callable[..., None]) -> None:
    """Record where the money is: what Bitcoin saw, what accounts hold, and their root from nothing."""
    for record in node.records:
        block = record.block
        for payment in payments_of(block.pegins, node.bitcoin, node.federation, frozenset()):
            recorded(
                "bridge.pegin",
                "node",
                height=block.height,
                txid=payment.outpoint[0].hex(),
                sat=payment.amount_sat,
            )
        if block.pegout_proposal is not None:
            paid = sum(
                o.value_sat for o in block.pegout_proposal.outputs if o.script != node.federation.script
            )
            total = sum(output.value_sat for output in block.pegout_proposal.outputs)
            fee = sum(output.value_sat for output in record.spent) - total
            recorded("bridge.pegout", "node", height=block.height, paid_sat=paid, fee_sat=fee)
    recorded(
        "bridge.balance",
        "node",
        height=node.height,
        wallet_sat=node.wallet.balance_sat,
        circulating_wei=str(sum(balance for address, (_, balance) in node.state if address != DEAD)),
        dead_wei=str(node.state.balance_wei(DEAD)),
        fees_pending_wei=str(node.fees_wei),
    )
    root = recomputed_root(node.state.accounts, node.state.positions)
    recorded("state.recomputed", "node", height=node.height, root=root.hex())


def verdict_of(node: Chain, signed: SignedBlock, now_ms: int) -> str:
    """Import the block and return ``accepted``, or the rule that the node rejected it for."""
    try:
        node.import_block(signed, now_ms)
    except InvalidBlockError as error:
        return error.rule
    return "accepted"


def _prepared(builder: Builder, mutant: Mutant, trace: Trace | None = None) -> Chain:
    """Return a fresh node on the mutant's parent, or as far as it gets; then it rejects the mutant.

    Signatures below are not checked again; the valid chain has shown that the node accepts them.
    """
    node = builder.node(trace=trace)
    with suppress(InvalidBlockError):
        for signed in mutant.below:
            node.import_unsigned(signed, _slot_ms(builder, signed))
    return node


def _slot_ms(builder: Builder, signed: SignedBlock) -> int:
    return signed.block.slot * builder.spec.slot_ms
