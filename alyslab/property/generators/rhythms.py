"""Long chains by how often what happens in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alyslab.property.case import case
from alyslab.property.generators.chains import BlockPlan, ChainPlan
from alyslab.property.generators.events import USERS, Burn, Deposit, Transfer

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


@case
@dataclass(frozen=True, slots=True)
class Rhythm:
    """A long chain by how often what happens in it: few choices for many blocks; 0 is never."""

    blocks: int = 0
    """After block 1."""
    transfer_interval: int = 0
    deposit_interval: int = 0
    burn_interval: int = 0
    work_interval: int = 0
    missed_interval: int = 0
    """Blocks from one that comes a slot late to the next."""

    @property
    def plan(self) -> ChainPlan:
        """The chain, block for block; users take turns."""

        def due(interval: int, number: int) -> bool:
            return interval > 0 and number % interval == 0

        return ChainPlan(
            blocks=tuple(
                BlockPlan(
                    events=(
                        *[Transfer(n % USERS, (n + 1) % USERS)] * due(self.transfer_interval, n),
                        *[Deposit(n % USERS, 1_000 + n)] * due(self.deposit_interval, n),
                        *[Burn(n % USERS)] * due(self.burn_interval, n),
                    ),
                    work=due(self.work_interval, n),
                    missed_slots=int(due(self.missed_interval, n)),
                )
                for n in range(1, self.blocks + 1)
            )
        )


def rhythms(*, least: int = 20, most: int = 100) -> SearchStrategy[Rhythm]:
    """Draw a chain of ``least`` to ``most`` blocks by its rhythm; shrinks to ``least`` empty blocks.

    A long chain costs Hypothesis no more choices than a short one.
    """
    from hypothesis import strategies as st

    seldom = st.integers(0, 10)
    return st.builds(
        Rhythm,
        blocks=st.integers(least, most),
        transfer_interval=seldom,
        deposit_interval=seldom,
        burn_interval=seldom,
        work_interval=seldom,
        missed_interval=seldom,
    )
