"""Chains that link and validate, drawn as plans.

A plan says what users, miners and slots do; everything else of the chain
follows from it (:mod:`~alyslab.property.generators.building`).  So Hypothesis
shrinks the plan, and what a reader sees of a failing chain is a few lines and
not a page of hashes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from alyslab.property.case import case
from alyslab.property.generators.events import Burn, Deposit, Transfer, burns, deposits, transfers

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

MEMBERS: Final = 5
"""Authorities of a chain unless the plan says otherwise."""


@case
@dataclass(frozen=True, slots=True)
class BlockPlan:
    """What happens in one block."""

    events: tuple[Transfer | Deposit | Burn, ...] = ()
    """What users do; calls run in this order."""
    work: bool = False
    """Whether a miner finalises what came before; a block that may not go without gets it anyhow."""
    missed_slots: int = 0
    """Slots before this one that nobody filled."""


@case
@dataclass(frozen=True, slots=True)
class ChainPlan:
    """A chain: block 1 pegs the users in, then come these blocks."""

    blocks: tuple[BlockPlan, ...] = ()
    members: int = MEMBERS
    """Authorities, which are the federation too."""


EMPTY: Final = ChainPlan()
"""Nothing but block 1."""


def block_plans(*, events: int = 3) -> SearchStrategy[BlockPlan]:
    """Draw one block with up to ``events`` things that users do; shrinks to an empty one in the next slot."""
    from hypothesis import strategies as st

    return st.builds(
        BlockPlan,
        events=st.lists(st.one_of(transfers(), deposits(), burns()), max_size=events).map(tuple),
        work=st.booleans(),
        missed_slots=st.integers(0, 3),
    )


def chain_plans(
    *, least: int = 0, most: int = 12, events: int = 3, members: SearchStrategy[int] | int = MEMBERS
) -> SearchStrategy[ChainPlan]:
    """Draw a chain of ``least`` to ``most`` blocks after block 1; shrinks to few and empty ones."""
    from hypothesis import strategies as st

    drawn = st.just(members) if isinstance(members, int) else members
    blocks = st.lists(block_plans(events=events), min_size=least, max_size=most).map(tuple)
    return st.builds(ChainPlan, blocks=blocks, members=drawn)
