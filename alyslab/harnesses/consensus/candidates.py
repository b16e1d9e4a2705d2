"""Blocks that wait for approvals, and approvals that wait for their block.

There is one candidate for each height; of two the higher slot stays (V1's
intention; once synced its code lets the latest win).  An approval names a root
and no height, so one that overtakes its block is kept by root until the block
comes.  A block is imported when ⌈2n/3⌉ authorities have approved it: of the
federation that signs its height.

Source: alys-system.md §1, "Fork choice/reorg", "process_block order"; §7,
incident 9 and "Early approvals".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from alyslab.harnesses.consensus.defects import Defects
from alyslab.harnesses.consensus.roster import Term
from alyslab.harnesses.consensus.wire import Proposal
from alyslab.model.block import AggregateSignature, SignedBlock
from alyslab.model.candidates import Approval
from alyslab.model.scheme import SignatureScheme

EARLY_MAX: Final = 256
"""Unknown roots for which approvals are kept; each costs a peer a signature of an authority."""

Counted = Literal["counted", "early", "again"]
Given = tuple[bytes, bytes]
"""An approval's signature, and the key that made it."""


@dataclass(slots=True)
class Candidate:
    """A block that waits for approvals."""

    proposal: Proposal
    term: Term
    """Whose approvals count."""
    points: dict[int, bytes] = field(default_factory=dict)
    """Signatures by the place of their member."""
    count: int = 0
    """How many were counted; only a planted bug makes it differ from the points."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a block that was offered."""

    candidate: Candidate
    early: int
    """Approvals that had come before it."""
    replaced: Proposal | None
    """The candidate that it takes the place of."""


class Candidates:
    """The candidates of one node.

    Parameters
    ----------
    defects
        What is planted.
    """

    def __init__(self, defects: Defects) -> None:
        self._defects = defects
        self._by_height: dict[int, Candidate] = {}
        self._by_root: dict[bytes, Candidate] = {}
        self._early: dict[bytes, dict[int, Given]] = {}

    def at(self, height: int) -> Candidate | None:
        """Return the candidate of this height."""
        return self._by_height.get(height)

    def of(self, root: bytes) -> Candidate | None:
        """Return the candidate with this root."""
        return self._by_root.get(root)

    def offer(self, proposal: Proposal, term: Term) -> Taken | None:
        """Make the block the candidate of its height, or return None when a better one is there.

        Of the approvals that came before it those count that members of ``term`` gave at their places.
        """
        block = proposal.signed.block
        held = self._by_height.get(block.height)
        if held is not None and not self._replaces(proposal, held.proposal):
            return None
        if held is not None:
            del self._by_root[held.proposal.root]
        early = self._early.pop(proposal.root, {}) if not self._defects.early_approvals_misfiled else {}
        points = {place: point for place, (point, key) in early.items() if term.key(place) == key}
        candidate = Candidate(proposal, term, points, len(points))
        self._by_height[block.height] = self._by_root[proposal.root] = candidate
        return Taken(candidate, len(points), None if held is None else held.proposal)

    def _replaces(self, proposal: Proposal, held: Proposal) -> bool:
        if proposal.root == held.root:
            again: bool = self._defects.duplicate_taken_again
            return again
        if self._defects.candidate_replaced or self._defects.votes_not_consulted:
            return self._defects.candidate_replaced or proposal.signed.block.slot == held.signed.block.slot
        return proposal.signed.block.slot > held.signed.block.slot

    def add(self, approval: Approval, key: bytes) -> Counted:
        """Count an approval that ``key`` has signed, or keep it until its block comes."""
        candidate = self._by_root.get(approval.root)
        if candidate is None:
            return self._keep(approval, key)
        if approval.authority in candidate.points:
            if self._defects.vote_counted_twice:
                candidate.count += 1
            return "again"
        candidate.points[approval.authority] = approval.point
        candidate.count += 1
        return "counted"

    def _keep(self, approval: Approval, key: bytes) -> Counted:
        waiting = self._early.get(approval.root)
        if waiting is None:
            if len(self._early) >= EARLY_MAX:
                del self._early[next(iter(self._early))]
            waiting = self._early[approval.root] = {}
        if approval.authority in waiting:
            return "again"
        waiting[approval.authority] = approval.point, key
        return "early"

    def certificate(self, height: int, scheme: SignatureScheme) -> SignedBlock:
        """Return the candidate of this height with the sum of the signatures gathered.

        Raises :class:`KeyError` without a candidate, and :class:`KeyMaterialError`
        when one of the signatures is none.
        """
        candidate = self._by_height[height]
        signers = tuple(place in candidate.points for place in range(candidate.term.members))
        point = scheme.aggregate([candidate.points[index] for index in sorted(candidate.points)])
        return SignedBlock(
            block=candidate.proposal.signed.block, signature=AggregateSignature(signers=signers, point=point)
        )

    def drop(self, height: int) -> None:
        """Forget the candidate of this height: it turned out not to be valid."""
        held = self._by_height.pop(height, None)
        if held is not None:
            del self._by_root[held.proposal.root]

    def passed(self, height: int) -> None:
        """Forget candidates at or below this height, once the chain has come so far."""
        for old in [old for old in self._by_height if old <= height]:
            self.drop(old)
