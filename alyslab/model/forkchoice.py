"""Fork choice: what a node does with a valid block that is not on its head.

V1 does nothing: whatever is not above the head is rejected.  V2 documents the
highest chain within a reorganisation depth.  Its code compares the new
block's *slot* with the head's *height*; slots are Unix time, so almost any
block wins.

Source: alys-system.md §1, "Fork choice/reorg"; §2, "V1→V2 parameter drift".
"""

from __future__ import annotations

from collections.abc import Sequence

from alyslab.model.block import SignedBlock
from alyslab.model.chain import Chain
from alyslab.model.errors import ChainError, InvalidBlockError


class ForkChoice:
    """A chain with the blocks beside it.

    Blocks beside the chain are kept unvalidated until their branch would win;
    then the chain goes back to where they fork off and imports them one by
    one.  If one is invalid, the chain is as before and the block is reported.
    """

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self._beside: dict[bytes, SignedBlock] = {}

    def receive(self, signed: SignedBlock, now_ms: int) -> bool:
        """Take a block; return whether the head changed.

        Raises :class:`InvalidBlockError` for a block that breaks a rule, and
        :class:`ChainError` for a reorganisation deeper than the spec allows or
        below the finalised height.
        """
        chain, block = self.chain, signed.block
        if not chain.spec.forks or block.parent_root == chain.head_root:
            chain.import_block(signed, now_ms)
            return True
        root = block.root
        if chain.height_of(root) is not None or root in self._beside:
            return False
        self._beside[root] = signed
        branch, fork = self._branch(root)
        if fork is None:
            raise InvalidBlockError(
                "parent_known", height=block.height, parent_root=branch[0].block.parent_root
            )
        if not self._wins(signed):
            return False
        self._check_depth(fork)
        self._reorganise(branch, fork, now_ms)
        return True

    def _wins(self, signed: SignedBlock) -> bool:
        head = self.chain.height
        if "branch_never_taken" in self.chain.deviations:
            return False
        if self.chain.spec.fork_choice == "slot_against_height":
            return signed.block.slot > head
        return signed.block.height > head

    def _branch(self, root: bytes) -> tuple[list[SignedBlock], int | None]:
        """Return the blocks from the fork up to ``root``, and the height of the last one in common."""
        branch: list[SignedBlock] = []
        while root in self._beside:
            branch.append(self._beside[root])
            root = branch[-1].block.parent_root
        return branch[::-1], self.chain.height_of(root)

    def _check_depth(self, fork: int) -> None:
        chain = self.chain
        depth = chain.height - fork
        if fork < chain.finalised_height:
            raise ChainError("reorganisation_below_finalised", fork=fork, finalised=chain.finalised_height)
        if depth > chain.spec.reorganisation_depth:
            raise ChainError("reorganisation_too_deep", depth=depth, limit=chain.spec.reorganisation_depth)

    def _reorganise(self, branch: Sequence[SignedBlock], fork: int, now_ms: int) -> None:
        chain = self.chain
        before = [record.signed for record in chain.records[fork + 1 :]]
        chain.rollback(fork)
        try:
            for signed in branch:
                chain.import_block(signed, now_ms)
        except InvalidBlockError:
            chain.rollback(fork)
            for signed in before:
                chain.import_unsigned(signed, now_ms)
            for signed in branch:
                self._beside.pop(signed.block.root, None)
            raise
        for signed in branch:
            self._beside.pop(signed.block.root, None)
        self._beside.update((signed.block.root, signed) for signed in before)
