"""Resilience within a phase: its system under drawn plans of faults, each a run of the phase's result."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from alyslab.checkers.verdict import Check, Verdict

if TYPE_CHECKING:
    from alyslab.chaos.resilience import Resilience
    from alyslab.phases.context import PhaseContext

PARAMETER: Final = "chaos_seeds"
"""How many drawn plans a phase runs over its system; 0 runs none and leaves the checks inconclusive."""
SOURCE: Final = "issue 7: safety under faults, then convergence within a stated bound"
SEED_END: Final = 2**63


async def observe_resilience(context: PhaseContext, system: str) -> None:
    """Break a phase's system by plans drawn from its seed, and add what came of it to the phase's result.

    Needs the parameter ``chaos_seeds`` among the phase's own.  The checks are
    inconclusive where nothing was run: with ``chaos_seeds`` 0, or with
    ``execution.chaos_enabled`` off.

    Parameters
    ----------
    context
        The phase; its runs, metrics and checks are added to.
    system
        What chaos calls the phase's system.

    Raises
    ------
    BadInputError
        For an unknown system.
    """
    from alyslab.chaos.conduct import run_plan
    from alyslab.chaos.resilience import resilience
    from alyslab.chaos.swarm import draw_plan
    from alyslab.chaos.systems import system_named

    spec = system_named(system)
    plans = int(context.parameters[PARAMETER]) if context.chaos_enabled else 0
    note = "" if context.chaos_enabled else "execution.chaos_enabled is off: nothing was broken"
    seen = []
    for number in range(plans):
        await asyncio.sleep(0)
        seed = (context.seed + number) % SEED_END
        outcome = run_plan(draw_plan(spec, seed), seed=seed)
        context.runs.append(outcome.run)
        seen.append((outcome.run.token, resilience(outcome.run.journal)))
    context.include(Verdict(resilience_checks(system, seen, note=note)))
    _measure(context, system, [figures for _, figures in seen])


def resilience_checks(
    system: str, seen: Sequence[tuple[str, Resilience]], *, note: str = ""
) -> tuple[Check, ...]:
    """Hold what runs under plans came to against what is promised; inconclusive without a run.

    Parameters
    ----------
    system
        Whose runs they are.
    seen
        The token and the figures of each run.
    note
        Why there is none, where there is none.
    """
    broken = [
        {"token": token, "broken": list(figures.violations)} for token, figures in seen if figures.violations
    ]
    gone = [
        {"token": token, "entry": one.entry, "fault": one.fault, "affected": list(one.affected)}
        for token, figures in seen
        for one in figures.incidents
        if not one.recovered
    ]
    incidents = sum(bool(one.affected) for _, figures in seen for one in figures.incidents)
    return (
        Check(
            name=f"resilience of {system}: no promise is broken under drawn faults, and it converges",
            observed=len(broken) if seen else None,
            comparison="==",
            limit=0,
            unit="runs",
            source=SOURCE,
            note=note or f"of {len(seen)} plans",
            evidence=tuple(broken[:1]),
        ),
        Check(
            name=f"resilience of {system}: whoever stops serving serves again",
            observed=len(gone) if incidents else None,
            comparison="==",
            limit=0,
            unit="incidents",
            source=SOURCE,
            note=note or (f"of {incidents} incidents" if incidents else "no fault stopped anybody"),
            evidence=tuple(gone[:1]),
        ),
    )


def _measure(context: PhaseContext, system: str, seen: Sequence[Resilience]) -> None:
    """Keep the figures of each run, and the mean score with its interval, as metrics."""
    from random import Random

    from alyslab.chaos.resilience import interval

    gauge = context.metrics.gauge
    for number, figures in enumerate(seen):
        for name, unit, value in (
            ("resilience_score", "", figures.score),
            ("resilience_availability_ratio", "", figures.availability_ratio),
            ("resilience_mttr_s", "s", figures.mttr_s),
            ("resilience_convergence_s", "s", figures.convergence_s),
            ("resilience_messages_lost", "messages", figures.messages_lost),
            ("resilience_incidents", "incidents", sum(bool(one.affected) for one in figures.incidents)),
        ):
            if value is not None:
                gauge(name, unit, system=system, plan=str(number)).set(value)
    scores = [figures.score for figures in seen if figures.score is not None]
    if scores:
        low, high = interval(scores, Random(context.seed))
        gauge("resilience_score_mean", "", system=system).set(sum(scores) / len(scores))
        gauge("resilience_score_low", "", system=system).set(low)
        gauge("resilience_score_high", "", system=system).set(high)
