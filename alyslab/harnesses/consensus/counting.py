"""Approvals of others: verified together, held against what is known, counted.

What one node has found valid is valid for all of them, since it depends on
the bytes and the key alone; so it is verified once in a run.

Source: alys-system.md §1, "Gossip" (approve_block); §7, "Early approvals".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from alyslab.harnesses.consensus.approvals import signers_of
from alyslab.model.candidates import Approval

if TYPE_CHECKING:
    from alyslab.harnesses.consensus.core import Core
    from alyslab.harnesses.consensus.evidence import Equivocation
    from alyslab.harnesses.consensus.intake import Parcel

VALID_MAX: Final = 65_536
"""Approvals that a run remembers as verified."""


def on_approvals(core: Core, approvals: Sequence[tuple[Approval, Parcel]]) -> None:
    """Verify approvals together, drop the forged ones, count the others."""
    height_of, suspicion, evidence = core.chain.height_of, core.suspicion, core.evidence
    now_ms = core.now_ms()
    slot = now_ms // core.spec.slot_ms
    for (approval, parcel), key in zip(approvals, _signers(core, approvals), strict=True):
        suspicion.spoke(parcel.sender)
        if key is None:
            core.rows.forged(core.name, "approval", approval.authority, approval.root.hex(), parcel.sender)
            core.scores.offend(parcel.sender, "forged", "signature")
            continue
        if parcel.new:
            core.gossip.pass_on(*parcel[:3])
        number = core.roster.number(key)
        core.heard(number)
        found = evidence.approval(number, approval.root)
        if found is not None:
            noticed(core, found)
        suspicion.votes.came(approval.root, number, slot, now_ms)
        if height_of(approval.root) is None:
            count(core, approval, key)


def count(core: Core, approval: Approval, key: bytes) -> None:
    """Count a valid approval, or keep it for its block."""
    outcome = core.candidates.add(approval, key)
    if outcome != "again":
        core.rows.counted(core.name, approval.root.hex(), core.roster.number(key), outcome == "early")


def noticed(core: Core, found: Equivocation | None) -> None:
    """Write down that an authority has signed what excludes what it signed before."""
    if found is not None and not core.defects.equivocation_unnoticed:
        core.rows.equivocation(
            core.name, found.what, found.authority, found.slot, found.first.hex(), found.second.hex()
        )


def _signers(core: Core, approvals: Sequence[tuple[Approval, Parcel]]) -> list[bytes | None]:
    """Return whose key signed each approval, None for one that nobody's did who may."""
    valid = core.around.valid_approvals
    changes = core.roster.changes or core.spec is not core.around.spec  # others may know other members
    signers = [valid.get(parcel.payload) for _, parcel in approvals]
    new = [
        place
        for place, known in enumerate(signers)
        if known is None or (changes and known not in _may_sign(core, approvals[place][0]))
    ]
    if not new:
        return signers
    first_only = core.defects.batch_checks_first_only
    found = signers_of(
        [approvals[place][0] for place in new],
        [_may_sign(core, approvals[place][0]) for place in new],
        core.scheme,
        first_only=first_only,
    )
    if len(valid) > VALID_MAX:
        valid.clear()
    for place, signer in zip(new, found, strict=True):
        signers[place] = signer
        if signer is not None and not first_only:
            valid[approvals[place][1].payload] = signer
    return signers


def _may_sign(core: Core, approval: Approval) -> tuple[bytes, ...]:
    """Return the keys that may have given an approval, the likeliest first."""
    held = core.candidates.of(approval.root)
    if held is not None:
        key = held.term.key(approval.authority)
        return () if key is None else (key,)
    height = core.chain.height_of(approval.root)
    terms = core.roster.near(core.chain.height + 1 if height is None else height)
    found = (term.key(approval.authority) for term in terms)
    return tuple(dict.fromkeys(key for key in found if key is not None))
