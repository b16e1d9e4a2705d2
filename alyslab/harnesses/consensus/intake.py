"""What a node does with each kind of message; whatever it holds, nothing of it raises.

A message that no honest node sends costs its sender points; one that only
shows that the two nodes stand at different places does not.

Source: alys-system.md §1, "process_block order", "Gossip"; §7, "Remote abort".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from alyslab.harnesses.consensus.approvals import approve, forged_among
from alyslab.harnesses.consensus.importing import import_candidate, queued
from alyslab.harnesses.consensus.rules import fault_of, is_the_senders_fault
from alyslab.harnesses.consensus.votes import Vote
from alyslab.harnesses.consensus.wire import PegoutSignatures, Proposal
from alyslab.model.aura import author_index
from alyslab.model.block import AuxPowHeader
from alyslab.model.candidates import Approval
from alyslab.model.transaction import Transaction

if TYPE_CHECKING:
    from alyslab.harnesses.consensus.core import Core
    from alyslab.harnesses.consensus.evidence import Equivocation


VALID_MAX: Final = 65_536
"""Approvals that a run remembers as verified."""


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
    author = author_index(core.spec, block.slot)
    if not _signed_by(core, proposal, author):
        core.rejected("block", "author", block.height, proposal.text, parcel.sender)
        core.rows.forged(name, "block", author, proposal.text, parcel.sender)
        core.scores.offend(parcel.sender, "forged", "author")
        return True
    if parcel.new:
        core.gossip.pass_on(*parcel[:3])
        core.rows.received(name, block.height, proposal.text, block.slot, author, parcel.sender)
    _noticed(core, core.evidence.block(block.slot, author, proposal.root))
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
    if _take(core, proposal, author):
        await _approve(core, proposal)
        await import_candidate(core)
    return True


def _signed_by(core: Core, proposal: Proposal, author: int) -> bool:
    """Return whether the block bears its author's signature and nobody else's."""
    mark = proposal.signed.signature
    if len(mark.signers) != core.members or not mark.signers[author] or mark.count != 1:
        return False
    return core.scheme.verify([core.spec.authorities[author]], proposal.root, mark.point)


def _take(core: Core, proposal: Proposal, author: int) -> bool:
    """Make the block the candidate of its height; return whether it is."""
    taken = core.candidates.offer(proposal)
    if taken is None:
        return False
    block, name = proposal.signed.block, core.name
    held = -1 if taken.replaced is None else taken.replaced.signed.block.slot
    core.rows.candidate(
        name, block.height, proposal.text, block.slot, author, taken.early, held, core.now_ms()
    )
    for authority in sorted(taken.candidate.points):
        _noticed(core, core.evidence.approval(authority, proposal.root))
    count(core, Approval(proposal.root, author, proposal.signed.signature.point))
    return True


async def _approve(core: Core, proposal: Proposal) -> None:
    """Sign the candidate, unless this node follows only or has promised otherwise, and tell everybody."""
    block, authority = proposal.signed.block, core.member.authority
    if authority < 0 or not core.votes.may_sign(block.height, block.slot, proposal.root):
        return
    await core.votes.write(Vote(block.height, block.slot, proposal.root))
    held = core.candidates.at(block.height)
    if held is None or held.proposal.root != proposal.root:
        return  # the disk took its time, and a better candidate came
    approval = approve(core.member.secret, authority, proposal.root, core.scheme)
    core.rows.approved(core.name, block.height, proposal.text, block.slot, authority, core.now_ms())
    count(core, approval)
    core.gossip.publish(core.codec.topics["approval"], core.codec.encode("approval", approval))


def count(core: Core, approval: Approval) -> None:
    """Count a valid approval, or keep it for its block."""
    outcome = core.candidates.add(approval)
    if outcome != "again":
        core.rows.counted(core.name, approval.root.hex(), approval.authority, outcome == "early")


def on_approvals(core: Core, approvals: Sequence[tuple[Approval, Parcel]]) -> None:
    """Verify approvals together, drop the forged ones, count the others.

    What one node has found valid is valid for all of them, since it depends on
    the bytes alone; so it is verified once in a run.
    """
    valid = core.around.valid_approvals
    new = [(place, each[0]) for place, each in enumerate(approvals) if each[1].payload not in valid]
    forged: frozenset[int] = frozenset()
    if new:
        found = forged_among(
            [approval for _, approval in new],
            core.spec.authorities,
            core.scheme,
            first_only=core.defects.batch_checks_first_only,
        )
        forged = frozenset(new[index][0] for index in found)
        if len(valid) > VALID_MAX:
            valid.clear()
        if not core.defects.batch_checks_first_only:
            valid.update((approvals[place][1].payload, None) for place, _ in new if place not in forged)
    for place, (approval, parcel) in enumerate(approvals):
        if place in forged:
            text = approval.root.hex()
            core.rows.forged(core.name, "approval", approval.authority, text, parcel.sender)
            core.scores.offend(parcel.sender, "forged", "signature")
            continue
        if parcel.new:
            core.gossip.pass_on(*parcel[:3])
        core.heard(approval.authority)
        _noticed(core, core.evidence.approval(approval.authority, approval.root))
        if core.chain.height_of(approval.root) is None:
            count(core, approval)


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
    if core.member.authority < 0:
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


def _noticed(core: Core, found: Equivocation | None) -> None:
    if found is not None and not core.defects.equivocation_unnoticed:
        core.rows.equivocation(
            core.name, found.what, found.authority, found.slot, found.first.hex(), found.second.hex()
        )
