"""Properties within a phase: examined under its seed, each a check of the phase's verdict."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from alyslab.checkers.verdict import Verdict

if TYPE_CHECKING:
    from alyslab.phases.context import PhaseContext

PARAMETER: Final = "property_cases"
"""How many cases a phase tries of each property; 0 tries none and leaves the checks inconclusive."""


async def observe_properties(context: PhaseContext, names: Iterable[str]) -> None:
    """Examine properties and machines by name, and add their checks and counts to the phase's result.

    Needs the parameter ``property_cases`` among the phase's own.  Hypothesis
    draws from the phase's seed, so equal seeds try equal cases.

    Raises
    ------
    KeyError
        For a name that is neither a property nor a machine.
    """
    from alyslab.property.hunt import look, target_named
    from alyslab.property.judging import metrics_of, property_check

    cases = int(context.parameters[PARAMETER])
    for name in names:
        target = target_named(name)
        await asyncio.sleep(0)
        if not cases:
            context.include(Verdict.inconclusive(f"property: {name}", f"{PARAMETER} is 0"))
            continue
        examination = look(target, cases=cases, seed=context.seed)
        context.include(Verdict((property_check(examination),)))
        for row in metrics_of([examination]):
            context.metrics.gauge(row.metric, row.unit, **row.labels).set(row.value)
