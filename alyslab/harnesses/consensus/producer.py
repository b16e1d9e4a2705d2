"""Whether the author of a slot writes a block, and what it puts in.

Source: alys-system.md §1, "Aura", "Halt/finality"; §7, "Signature starvation".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from alyslab.harnesses.consensus.approvals import approve
from alyslab.harnesses.consensus.importing import import_candidate
from alyslab.harnesses.consensus.rules import fault_of
from alyslab.harnesses.consensus.votes import Vote
from alyslab.harnesses.consensus.wire import Proposal
from alyslab.model import production
from alyslab.model.aura import slot_start_ms
from alyslab.model.bitcoin import BitcoinTransaction
from alyslab.model.block import AggregateSignature, AuxPowHeader, Block, SignedBlock
from alyslab.model.errors import InvalidBlockError, ModelError

if TYPE_CHECKING:
    from alyslab.harnesses.consensus.core import Core
    from alyslab.harnesses.consensus.roster import Term
    from alyslab.model.candidates import Approval

Work = tuple[AuxPowHeader | None, tuple[BitcoinTransaction, ...]]
"""Proof of work for a block with the payments that it finalises; None and nothing for a block without."""


def is_mine(core: Core, slot: int) -> bool:
    """Return whether this node writes the slot."""
    turn = slot + 1 if core.defects.produces_out_of_turn else slot
    term = core.term(core.chain.height + 1)
    return term.author(turn) == term.place


def work_at_hand(core: Core) -> Work:
    """Return the work that the next block can carry: queued, still right, its payments all signed."""
    header = None if core.defects.queued_work_forgotten else core.work.usable(core.chain)
    if header is None:
        return None, ()
    signed = core.pegouts.signed(core.chain, header, skip_missing=core.defects.pegout_signatures_skipped)
    return (None, ()) if signed is None else (header, signed)


def reason_to_skip(core: Core, slot: int, *, has_work: bool) -> str | None:
    """Return why the author must not write this slot, or None."""
    return next((reason for reason, holds in _reasons(core, slot, has_work) if holds), None)


def _reasons(core: Core, slot: int, has_work: bool) -> Iterator[tuple[str, bool]]:
    """Yield what may keep the author from writing, and whether it does."""
    chain, votes = core.chain, core.votes
    yield "syncing", falls_behind(core)
    if core.gate is not None:
        yield "gate", not core.gate.opens(slot)
    yield "blocks lost", core.unsure
    yield "votes lost", slot <= votes.abstains_until
    yield "signed already", not votes.may_write(chain.height + 1, slot)
    yield "slot not after the head's", slot <= chain.head.block.slot
    gap = chain.height + 1 - chain.pow.finalised_height
    yield "halted", gap > core.spec.max_blocks_without_pow and not has_work and not core.defects.halt_ignored


def falls_behind(core: Core) -> bool:
    """Return whether the node must not write since it catches up; with a gate, that decides instead."""
    return core.rejoining and core.gate is None and not core.defects.produces_while_syncing


async def write_slot(core: Core, slot: int) -> None:
    """Write the block of a slot, check it as any other, vote for it, and send it."""
    header, payments = work_at_hand(core)
    reason = reason_to_skip(core, slot, has_work=header is not None)
    if reason is not None:
        skip(core, slot, reason)
        return
    try:
        block = draft(core, slot, header, payments)
    except ModelError as error:
        skip(core, slot, error.rule)
        return
    term = core.term(block.height)
    approval = approve(core.member.secret, term.place, block.root, core.scheme)
    signers = tuple(place == term.place for place in range(term.members))
    signed = SignedBlock(block=block, signature=AggregateSignature(signers=signers, point=approval.point))
    proposal = Proposal(signed, block.root, block.root.hex())
    decided_ms = core.now_ms()  # while the vote is written the clock may be set
    fault = fault_of(core.chain, proposal, decided_ms)
    if fault is not None and not core.defects.produces_out_of_turn:
        core.rejected("block", fault, block.height, proposal.text, core.name)
        return
    head = core.chain.head_root
    await core.votes.write(Vote(block.height, slot, block.root))
    # The disk took its time: the chain may have gone on, or the node noticed that it has fallen behind.
    if core.chain.head_root != head or falls_behind(core):
        skip(core, slot, "overtaken")
        return
    _announce(core, proposal, term, approval, decided_ms)
    await import_candidate(core)


def _announce(core: Core, proposal: Proposal, term: Term, approval: Approval, decided_ms: int) -> None:
    """Make a block that this node wrote its candidate, count its own vote for it, and send it to all."""
    taken = core.candidates.offer(proposal, term)
    block, root, own = proposal.signed.block, proposal.root, core.member.authority
    name, slot = core.name, block.slot
    core.rows.produced(
        name,
        block.height,
        proposal.text,
        slot,
        decided_ms,
        len(block.payload.transactions),
        len(block.pegins),
        block.auxpow_header is not None,
    )
    core.written.append(root)
    core.evidence.block(slot, own, root)
    core.suspicion.votes.candidate(root, slot, own, decided_ms, voters=term.seats, quorum=term.quorum)
    core.suspicion.turns.wrote(slot, own, 0)
    if taken is not None:
        held = -1 if taken.replaced is None else taken.replaced.signed.block.slot
        core.rows.candidate(name, block.height, proposal.text, slot, own, taken.early, held, decided_ms)
    core.rows.approved(name, block.height, proposal.text, slot, own, decided_ms)
    if core.candidates.add(approval, core.member.key) == "counted":
        core.rows.counted(name, proposal.text, own, False)
    core.gossip.publish(core.codec.topics["block"], core.codec.encode("block", proposal.signed))


def draft(
    core: Core, slot: int, header: AuxPowHeader | None, payments: tuple[BitcoinTransaction, ...]
) -> Block:
    """Return the block; raises :class:`ModelError` where none can be made, as when burns can't be paid."""
    chain = core.chain
    parent = chain.head.block.payload
    timestamp_s = max(-(-slot_start_ms(core.spec, slot) // 1000), parent.timestamp_s + 1)
    pegins = core.watch.ripe(chain, offer_again=core.defects.pegin_offered_again)
    transactions = core.pool.take(chain.state, parent, core.settings.transactions_most)
    try:
        return production.build(
            chain,
            slot=slot,
            timestamp_s=timestamp_s,
            transactions=transactions,
            pegins=pegins,
            auxpow_header=header,
            finalised_pegouts=payments,
        )[0]
    except InvalidBlockError:  # a transaction can't be run after all
        return production.build(
            chain,
            slot=slot,
            timestamp_s=timestamp_s,
            pegins=pegins,
            auxpow_header=header,
            finalised_pegouts=payments,
        )[0]


def skip(core: Core, slot: int, reason: str) -> None:
    """Write down why the slot stays empty, and once for each height that the chain is halted."""
    core.rows.skipped(core.name, slot, reason)
    chain = core.chain
    if reason == "halted" and core.halted_at != chain.height:
        core.halted_at = chain.height
        limit = core.spec.max_blocks_without_pow
        core.rows.halted(core.name, chain.height + 1, chain.pow.finalised_height, limit)
