"""Forks and reorganisations: two branches of one chain, and when each block of them arrives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from alyslab.model.aura import slot_start_ms
from alyslab.model.block import SignedBlock
from alyslab.property.case import case
from alyslab.property.generators.building import built, play
from alyslab.property.generators.chains import EMPTY, BlockPlan, ChainPlan, block_plans, chain_plans

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from alyslab.model.generate import Builder


@case
@dataclass(frozen=True, slots=True)
class ForkPlan:
    """A chain, and a second branch that leaves it."""

    chain: ChainPlan = EMPTY
    depth: int = 0
    """Blocks of the chain that the branch replaces, as far as finality allows."""
    branch: tuple[BlockPlan, ...] = (BlockPlan(),)

    def forked(self, **spec_changes: Any) -> Fork:
        """Return both branches; the builder stands on the second."""
        builder = built(self.chain, **spec_changes)
        first = tuple(builder.blocks)
        height = max(builder.chain.height - self.depth, builder.chain.finalised_height, 1)
        later = builder.chain.head.block.slot - builder.chain.records[height].block.slot
        builder.chain.rollback(height)
        del builder.blocks[height:]
        # Later slots than those of the first branch, so that no block of it is repeated.
        begun = replace(self.branch[0], missed_slots=self.branch[0].missed_slots + later)
        play(builder, (begun, *self.branch[1:]))
        return Fork(builder, height, first, tuple(builder.blocks[height:]))


@dataclass(frozen=True, slots=True)
class Fork:
    """Two branches of one world."""

    builder: Builder
    height: int
    """Of the last block in common."""
    first: tuple[SignedBlock, ...]
    """The first chain, from block 1."""
    second: tuple[SignedBlock, ...]
    """The other branch, from the block after the common one."""

    @property
    def now_ms(self) -> int:
        """A moment at which no block of either lies in the future."""
        slots = [signed.block.slot for signed in (*self.first, *self.second)]
        return slot_start_ms(self.builder.spec, max(slots))


def fork_plans(*, most: int = 6, depth: int = 4) -> SearchStrategy[ForkPlan]:
    """Draw a chain of up to ``most`` blocks and a branch that leaves it up to ``depth`` blocks back.

    Shrinks to a branch of one empty block on the head.
    """
    from hypothesis import strategies as st

    return st.builds(
        ForkPlan,
        chain=chain_plans(most=most, events=2),
        depth=st.integers(0, depth),
        branch=st.lists(block_plans(events=1), min_size=1, max_size=most).map(tuple),
    )


def reorganisations(*, most: int = 6) -> SearchStrategy[Fork]:
    """Draw two branches of one chain."""
    return fork_plans(most=most).map(ForkPlan.forked)
