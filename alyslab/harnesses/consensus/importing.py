"""What moves a node's chain: imports at the quorum, what follows from them, and rollbacks.

Source: alys-system.md §1, "process_block order", "Fork choice/reorg".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alyslab.harnesses.consensus.sites import IMPORT_LATE, IMPORT_LATE_S
from alyslab.model.block import AuxPowHeader
from alyslab.model.errors import ModelError
from alyslab.runtime.sites import site

if TYPE_CHECKING:
    from alyslab.harnesses.consensus.candidates import Candidate
    from alyslab.harnesses.consensus.core import Core


def ready(core: Core) -> Candidate | None:
    """Return the candidate above the head if enough have approved it and the node is not catching up."""
    held = core.candidates.at(core.chain.height + 1)
    return None if held is None or held.count < core.quorum(core.chain.height + 1) or core.rejoining else held


async def import_candidate(core: Core) -> bool:
    """Import the candidate above the head if enough have approved it; return whether the head moved."""
    if ready(core) is not None and site(IMPORT_LATE):
        await core.node.sleep(IMPORT_LATE_S)
    held = ready(core)
    if held is None:
        return False
    height, proposal = core.chain.height + 1, held.proposal
    own = proposal.root in core.written
    try:
        certificate = core.candidates.certificate(height, core.scheme)
        await core.ledger.import_block(certificate)
    except ModelError as error:
        core.rejected("block", error.rule, height, proposal.text, core.name if own else "approved")
        core.candidates.drop(height)
        return False
    after_import(core)
    return True


def after_import(core: Core) -> None:
    """Let go of what the chain has passed, and take up work that waited for its head."""
    chain = core.chain
    core.candidates.passed(chain.height)
    above = core.candidates.at(chain.height + 1)
    if above is not None and above.proposal.signed.block.parent_root != chain.head_root:
        core.candidates.drop(chain.height + 1)  # it stands on a head that this node has left
    core.halted_at = -1
    header = core.work.look_again(core.chain)
    if header is not None:
        queued(core, header, core.name)


def queued(core: Core, header: AuxPowHeader, sender: str) -> None:
    """Write down that work waits, and sign the payments that it will finalise."""
    lost = core.work.displaced if core.work.queued is header else None
    recipient = header.fee_recipient
    core.suspicion.raced(recipient.hex(), lost is not None and lost.fee_recipient != recipient)
    core.rows.queued(core.name, header.height, header.range_start.hex(), header.range_end.hex(), sender)
    publish_payments(core)


def publish_payments(core: Core) -> None:
    """Sign the payments of the queued work's range and tell everybody.

    Members that have them drop the copies; one that lost them gets them.
    """
    header = core.work.usable(core.chain)
    if header is None or core.member.custody < 0:
        return
    core.payments_told = core.slot
    topic = core.codec.topics["pegouts"]
    for given in core.pegouts.sign(core.chain, header, core.member.custody, core.member.bitcoin_secret):
        core.pegouts.offer(core.chain, given)
        core.gossip.publish(topic, core.codec.encode("pegouts", given))


def publish_payments_again(core: Core) -> None:
    """Tell everybody again in each slot, once the work has waited for a whole one: signatures may be lost."""
    if core.slot > core.payments_told + 1:
        publish_payments(core)


async def roll_back(core: Core, height: int, reason: str) -> int:
    """Go back to a height, or to the finalised one if that is higher; return where the head then is."""
    chain = core.chain
    before = chain.height
    target = height if core.defects.finality_ignored else max(height, chain.finalised_height)
    target = max(0, min(target, before))
    if target < before:
        core.rollback_reason = reason
        await core.ledger.rollback(target)
    return target
