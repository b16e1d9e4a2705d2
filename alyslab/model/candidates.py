"""Blocks that wait for approvals: one candidate per height, imported once a majority has signed.

Source: alys-system.md §1, "Fork choice/reorg" (one candidate per height),
"process_block order" (cache, self-approve, import at majority); §7 incident 9
and "Early approvals".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from alyslab.model.aura import quorum_of
from alyslab.model.block import AggregateSignature, Block, SignedBlock
from alyslab.model.chain import Chain
from alyslab.model.errors import CandidateCacheError


@dataclass(frozen=True, slots=True)
class Approval:
    """One authority's signature over a block root."""

    root: bytes
    """The block's consensus root."""
    authority: int
    """Index of the authority in the spec."""
    point: bytes
    """Its signature, 96 bytes."""


@dataclass(slots=True)
class _Candidate:
    block: Block
    root: bytes
    points: dict[int, bytes] = field(default_factory=dict)


class Candidates:
    """The candidates of one node.

    Of two blocks at one height the higher slot wins, as V1 intends.  Its code
    passes the sync flag inverted, the deviation ``latest_candidate_wins``:
    once synced the latest block wins, whatever its slot; while syncing, a
    block of a lower slot than the candidate is an error, and the sync stops
    (incident 9).  ``lowest_slot_wins`` is a planted bug.  An approval may
    arrive before its block and counts all the same, unless
    ``early_approvals_lost``.
    """

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._by_height: dict[int, _Candidate] = {}
        self._early: dict[bytes, dict[int, bytes]] = {}

    def candidate(self, height: int) -> Block | None:
        """Return the block that waits at this height."""
        held = self._by_height.get(height)
        return None if held is None else held.block

    def insert(self, block: Block, *, syncing: bool = False) -> bool:
        """Make the block the candidate of its height, unless a better one is; return whether it was taken.

        ``syncing`` says that the block came by sync and not by gossip, which
        only V1's inverted flag asks: then :class:`CandidateCacheError` is raised.
        """
        held = self._by_height.get(block.height)
        if held is not None and not self._replaces(block, held, syncing):
            return False
        root = block.root
        early = {} if "early_approvals_lost" in self._chain.deviations else self._early.pop(root, {})
        self._by_height[block.height] = _Candidate(block, root, dict(early))
        return True

    def _replaces(self, block: Block, held: _Candidate, syncing: bool) -> bool:
        slot, held_slot = block.slot, held.block.slot
        if "latest_candidate_wins" in self._chain.deviations:
            if syncing and slot < held_slot:
                raise CandidateCacheError(
                    "lower_slot_dropped", height=block.height, slot=slot, held_slot=held_slot
                )
            return block.root != held.root
        if "lowest_slot_wins" in self._chain.deviations:
            return slot < held_slot
        return slot > held_slot

    def approve(self, approval: Approval) -> bool:
        """Count an approval; return whether it was valid: one authority's signature over that root."""
        held = next((c for c in self._by_height.values() if c.root == approval.root), None)
        height = self._chain.height + 1 if held is None else held.block.height
        authorities = self._chain.authorities_at(height)
        if not 0 <= approval.authority < len(authorities):
            return False
        if not self._chain.scheme.verify([authorities[approval.authority]], approval.root, approval.point):
            return False
        points = self._early.setdefault(approval.root, {}) if held is None else held.points
        points[approval.authority] = approval.point
        return True

    def approvals(self, height: int) -> Mapping[int, bytes]:
        """Return the signatures gathered for the candidate at this height, by authority."""
        held = self._by_height.get(height)
        return {} if held is None else dict(held.points)

    def ready(self, height: int) -> SignedBlock | None:
        """Return the candidate with its aggregate signature once a majority has approved, else None."""
        held = self._by_height.get(height)
        members = len(self._chain.authorities_at(height))
        if held is None or len(held.points) < quorum_of(self._chain.spec, members, self._chain.deviations):
            return None
        signers = tuple(index in held.points for index in range(members))
        point = self._chain.scheme.aggregate([held.points[index] for index in sorted(held.points)])
        return SignedBlock(block=held.block, signature=AggregateSignature(signers=signers, point=point))

    def drop_to(self, height: int) -> None:
        """Forget candidates at or below this height, once the chain has passed it."""
        for old in [h for h in self._by_height if h <= height]:
            del self._by_height[old]
