"""Blocks that break exactly one named rule, on chains that were drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from alyslab.model.mutate import CASES, Mutant, mutate
from alyslab.model.stage import FORMER_SCRIPT, STAGE_GAS_LIMIT, Stage
from alyslab.property.case import case
from alyslab.property.generators.building import built, draft
from alyslab.property.generators.chains import BlockPlan, ChainPlan, block_plans
from alyslab.property.generators.events import Burn, Deposit, Transfer

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

BELOW: Final = (BlockPlan(work=True), BlockPlan(events=(Burn(sat=2_000_000),)))
"""What each stage stands on: work, so that ranges begin above genesis; a burn, whose payment is due next."""
DUE: Final = BlockPlan(events=(Burn(sat=2_000_000), Burn(user=1, sat=3_000_000)))
"""The block below the stage: two burns, which the stage must propose to pay."""
NEXT: Final = BlockPlan(
    events=(Transfer(0, 1), Transfer(1, 2), Deposit(0, 50_000), Deposit(1, 60_000)),
)
"""The block on the stage: it has something for every rule to look at."""


@case
@dataclass(frozen=True, slots=True)
class MutantPlan:
    """Blocks that each break one rule, and what happened below them."""

    breaks: tuple[str, ...]
    """How each breaks its rule: names of :data:`alyslab.model.mutate.CASES`."""
    below: tuple[BlockPlan, ...] = ()
    """Blocks under the stage, beside those that every stage needs."""

    def on_stage(self) -> tuple[Stage, Iterator[Mutant]]:
        """Return the stage, and its mutants one by one.

        Each is to be judged before the next one is made, which may let
        Bitcoin grow and so confirm what is not to be confirmed yet.
        """
        stage = stage_of(self.below)
        return stage, (mutate(name, stage) for name in self.breaks)


def mutant_plans(
    *, breaks: Sequence[str] = CASES, most_breaks: int = 12, most_below: int = 2
) -> SearchStrategy[MutantPlan]:
    """Draw up to ``most_breaks`` of ``breaks`` and up to ``most_below`` blocks below their stage.

    Shrinks to the first one on the least chain.  Several share a stage, since
    that is what costs time.
    """
    from hypothesis import strategies as st

    chosen = st.lists(st.sampled_from(tuple(breaks)), min_size=1, max_size=most_breaks, unique=True)
    below = st.lists(block_plans(events=1), max_size=most_below)
    return st.builds(MutantPlan, breaks=chosen.map(tuple), below=below.map(tuple))


def mutants(*, breaks: Sequence[str] = CASES) -> SearchStrategy[Mutant]:
    """Draw a block that breaks exactly one rule, in one of these ways."""
    return mutant_plans(breaks=breaks, most_breaks=1).map(lambda plan: next(plan.on_stage()[1]))


def stage_of(below: tuple[BlockPlan, ...]) -> Stage:
    """Return a chain of these blocks and what a stage needs, and its valid next block in two forms.

    Mutations use the builder up, so a stage is made anew for each of them.
    """
    blocks = (*below, *BELOW, DUE)
    builder = built(
        ChainPlan(blocks=blocks),
        gas_limit=STAGE_GAS_LIMIT,
        former_scripts=(FORMER_SCRIPT,),
        bypassed_heights=frozenset({len(blocks) + 2}),  # the stage's own, block 1 being in no plan
    )
    plain, mined = (draft(builder, replace(NEXT, work=work))[0] for work in (False, True))
    return Stage(builder, plain, mined)
