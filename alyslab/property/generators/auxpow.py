"""Merged mining: headers with work, at any place of any tree, over any range."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from alyslab.model import mining
from alyslab.model.block import AuxPowHeader
from alyslab.property.case import case
from alyslab.property.generators.building import built
from alyslab.property.generators.chains import EMPTY, ChainPlan, chain_plans

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from alyslab.model.generate import Builder


@case
@dataclass(frozen=True, slots=True)
class WorkPlan:
    """Work over all blocks of a chain that are not finalised."""

    chain: ChainPlan = EMPTY
    depth: int = 0
    """Of the merged-mining tree; 0 where this chain is mined alone."""
    nonce: int = 0
    """Decides the place in the tree."""

    def mined(self) -> tuple[Builder, AuxPowHeader]:
        """Return who built the chain, and a header with its proof."""
        builder = built(self.chain)
        header = mining.template(builder.chain, bytes([0xA1]) * 20)
        return builder, mining.mine(builder.chain, header, Random(0), depth=self.depth, nonce=self.nonce)


def work_plans(*, most: int = 4, depth: int = 8) -> SearchStrategy[WorkPlan]:
    """Draw work in a tree of up to ``depth`` levels; shrinks to a tree of one over block 1."""
    from hypothesis import strategies as st

    return st.builds(
        WorkPlan,
        chain=chain_plans(most=most, events=1),
        depth=st.integers(0, depth),
        nonce=st.integers(0, (1 << 32) - 1),
    )


def auxpow_headers() -> SearchStrategy[AuxPowHeader]:
    """Draw a header whose work is right for its range."""
    return work_plans().map(lambda plan: plan.mined()[1])
