"""What a node does with each kind of message; whatever it holds, nothing of it raises.

A message that no honest node sends costs its sender points; one that only
shows that the two nodes stand at different places does not.

Source: alys-system.md §1, "process_block order", "Gossip"; §7, "Remote abort".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from alyslab.harnesses.consensus.approvals import approve
from alyslab.harnesses.consensus.counting import count, noticed
from alyslab.harnesses.consensus.importing import import_candidate, queued
from alyslab.harnesses.consensus.rules import fault_of, is_the_senders_fault
from alyslab.harnesses.consensus.sites import VOTE_LATE, VOTE_LATE_S
from alyslab.harnesses.consensus.votes import Vote
from alyslab.harnesses.consensus.wire import PegoutSignatures, Proposal
from alyslab.model.aura import slot_start_ms
from alyslab.model.block import AuxPowHeader, SignedBlock
from alyslab.model.candidates import Approval
from alyslab.model.transaction import Transaction
from alyslab.runtime.sites import site

if TYPE_CHECKING:
    from alyslab.harnesses.consensus.core import Core
    from alyslab.harnesses.consensus.roster import Term


class Parcel(NamedTuple):
    """A gossiped message in the hands of its receiver."""

    topic: str
    payload: bytes
    sender: str
    new: bool
    """False for a copy, which only nodes with certain planted bugs look at."""


async def on_block(core: Core, proposal: Proposal, parcel: Parcel) -> bool:
    """Take a block as far as it goes; return False if it stands on a parent that is not the head."""
    block, name = proposal.signed.block, core.name
    term = core.term(block.height)
    place = term.author(block.slot)
    author = term.seats[place]
    if not _signed_by(core, proposal, term, place):
        core.rejected("block", "author", block.height, proposal.text, parcel.sender)
        core.rows.forged(name, "block", author, proposal.text, parcel.sender)
        core.scores.offend(parcel.sender, "forged", "author")
        return True
    if parcel.new:
        core.gossip.pass_on(*parcel[:3])
        core.rows.received(name, block.height, proposal.text, block.slot, author, parcel.sender)
    noticed(core, core.evidence.block(block.slot, author, proposal.root))
    core.suspicion.turns.wrote(block.slot, author, core.now_ms() - slot_start_ms(core.spec, block.slot))
    if block.height <= core.chain.height:
        return True
    now_ms = core.now_ms()
    if core.defects.future_block_accepted:
        now_ms = max(now_ms, block.payload.timestamp_s * 1_000)
    fault = fault_of(core.chain, proposal, now_ms)
    if fault == "parent_known" or (fault == "payload_number" and block.height > core.chain.height + 1):
        core.rows.orphan(name, block.height, proposal.text, parcel.sender)
        return False
    if fault is not None:
        core.rejected("block", fault, block.height, proposal.text, parcel.sender)
        if is_the_senders_fault(fault) and parcel.sender == core.around.authors[author]:
            core.scores.offend(parcel.sender, "invalid", fault)
        return True
    if _take(core, proposal, term, place):
        await _approve(core, proposal)
        await import_candidate(core)
    return True


def _signed_by(core: Core, proposal: Proposal, term: Term, place: int) -> bool:
    """Return whether the block bears its author's signature and nobody else's."""
    mark = proposal.signed.signature
    if len(mark.signers) != term.members or not mark.signers[place] or mark.count != 1:
        return False
    return core.scheme.verify([term.keys[place]], proposal.root, mark.point)


def _take(core: Core, proposal: Proposal, term: Term, place: int) -> bool:
    """Make the block the candidate of its height; return whether it is."""
    taken = core.candidates.offer(proposal, term)
    if taken is None:
        return False
    block, name, author = proposal.signed.block, core.name, term.seats[place]
    held = -1 if taken.replaced is None else taken.replaced.signed.block.slot
    core.rows.candidate(
        name, block.height, proposal.text, block.slot, author, taken.early, held, core.now_ms()
    )
    for early in sorted(taken.candidate.points):
        noticed(core, core.evidence.approval(term.seats[early], proposal.root))
    core.suspicion.votes.candidate(
        proposal.root, block.slot, author, core.now_ms(), voters=term.seats, quorum=term.quorum
    )
    count(core, Approval(proposal.root, place, proposal.signed.signature.point), term.keys[place])
    return True


async def _approve(core: Core, proposal: Proposal) -> None:
    """Sign the candidate, unless this node follows only or has promised otherwise, and tell everybody."""
    block, authority = proposal.signed.block, core.member.authority
    place = core.term(block.height).place
    if place < 0 or core.unsure or not core.votes.may_sign(block.height, block.slot, proposal.root):
        return
    decided_ms = core.now_ms()  # while the vote is written the clock may be set
    if not core.defects.vote_sent_before_written:
        await core.votes.write(Vote(block.height, block.slot, proposal.root))
    if site(VOTE_LATE):
        await core.node.sleep(VOTE_LATE_S)
    held = core.candidates.at(block.height)
    if held is None or held.proposal.root != proposal.root:
        return  # the disk took its time, and a better candidate came
    approval = approve(core.member.secret, place, proposal.root, core.scheme)
    core.rows.approved(core.name, block.height, proposal.text, block.slot, authority, decided_ms)
    count(core, approval, core.member.key)
    core.gossip.publish(core.codec.topics["approval"], core.codec.encode("approval", approval))
    if core.defects.vote_sent_before_written:
        await core.votes.write(Vote(block.height, block.slot, proposal.root))


def on_work(core: Core, header: AuxPowHeader, parcel: Parcel) -> bool:
    """Queue proof of work that another node was given by a miner; return False if its range is unknown.

    Such work shows that others have blocks that this node has not.  When the
    chain is halted nothing else does, and those who have them may wait for
    this node's signature over the payments in them.
    """
    fault = core.work.offer(core.chain, header)
    if fault is None:
        core.gossip.pass_on(*parcel[:3])
        queued(core, header, parcel.sender)
        return True
    core.rejected("work", fault, header.height, header.range_end.hex(), parcel.sender)
    if fault in ("pow_present", "pow_chain_id", "pow_coinbase_branch", "pow_parent_chain"):
        core.scores.offend(parcel.sender, "invalid", fault)
        return True
    return core.chain.height_of(header.range_end) is not None


def on_pegouts(core: Core, given: PegoutSignatures, parcel: Parcel) -> None:
    """Keep a member's signatures over a payment; who only follows can't check them, and passes them on."""
    if core.member.authority < 0:  # it keeps no wallet
        core.gossip.pass_on(*parcel[:3])
        return
    outcome = core.pegouts.offer(core.chain, given)
    if outcome == "forged":
        core.rows.forged(core.name, "pegouts", given.member, given.txid.hex(), parcel.sender)
        core.scores.offend(parcel.sender, "forged", "pegout_signature")
    elif outcome == "counted":
        core.gossip.pass_on(*parcel[:3])


def on_transaction(core: Core, transaction: Transaction) -> None:
    """Keep a user's transaction for a block."""
    core.pool.add(transaction, core.chain.state)


def note_branch(core: Core, blocks: Sequence[SignedBlock]) -> None:
    """Hold the certificates of another's branch against what this node has seen signed before."""
    for signed in blocks:
        block, mark, root = signed.block, signed.signature, signed.block.root
        term = core.term(block.height)
        if core.chain.height_of(root) is not None or len(mark.signers) != term.members:
            continue
        signers = [place for place, bit in enumerate(mark.signers) if bit]
        keys = [term.keys[place] for place in signers]
        if not signers or not core.scheme.verify(keys, root, mark.point):
            continue
        author = term.author(block.slot)
        if author in signers:
            noticed(core, core.evidence.block(block.slot, term.seats[author], root))
        for place in signers:
            noticed(core, core.evidence.certified(block.slot, term.seats[place], root))


def look_back(core: Core, slot: int) -> None:
    """Judge, as a slot begins, who has kept votes and blocks back."""

    def known(root: bytes) -> bool:
        return core.evidence.knows(root) or core.chain.height_of(root) is not None

    term = core.term(core.chain.height + 1)
    author = term.seats[term.author(slot)]
    core.suspicion.tick(slot, author, blind=core.rejoining, spared=core.evidence.has_twins, known=known)
