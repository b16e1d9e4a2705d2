"""Planted bugs searched for, and nothing found where none is planted: how a phase shows that checks bite."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from alyslab.harnesses.detection import SEED_END, search
from alyslab.harnesses.workload import Workload
from alyslab.phases.context import PhaseContext
from alyslab.phases.phase import Limit

PLANTED: Final = "design.md, principle 6: the lab must find each planted bug, and nothing without"
CLEAN_SEEDS_APART: Final = 1_000_000
"""Seeds of trials without a bug begin so far from those of the searches."""
SITES_RATIO: Final = 0.25
"""Share of fault sites that are active in every other trial without a bug."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunt:
    """What is searched with which trial, and how long."""

    trial: Workload
    """Run once for each seed."""
    defects: tuple[str, ...]
    """The bugs that can be planted in it."""
    seeds: int
    """Most seeds of a search; 0 hunts nothing."""
    clean_seeds: int
    """Trials without a bug."""
    sites: bool = False
    """Whether every other clean trial has fault sites active."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """The trial's, where they are not its defaults."""
    keeps_finds: bool = False
    """Whether the first run that showed a bug stays among the phase's runs, with its journal."""


def hunting_limits(source: str, *, most: float = 200, quantile: str = "max") -> tuple[Limit, ...]:
    """Return the limits of a hunt: none missed, in so many seeds, and nothing found without.

    Parameters
    ----------
    source
        Where it stands how many seeds a bug may need.
    most
        So many seeds.
    quantile
        Of what: ``max`` or ``p50`` of the bugs.
    """
    claims = {"max": "no planted bug needs many seeds", "p50": "the median planted bug needs few seeds"}
    return (
        Limit(
            name="planted_bugs_missed",
            claim="each planted bug is found",
            comparison="==",
            limit=0,
            unit="bugs",
            source=PLANTED,
        ),
        Limit(
            name=f"planted_bug_seeds_{quantile}",
            claim=claims[quantile],
            comparison="<=",
            limit=most,
            unit="seeds",
            source=source,
        ),
        Limit(
            name="false_alarms",
            claim="nothing is found where no bug is planted",
            comparison="==",
            limit=0,
            unit="checks",
            source=PLANTED,
        ),
    )


async def observe_hunts(context: PhaseContext, hunts: Sequence[Hunt]) -> None:
    """Search for every bug of every hunt, run the clean trials, and record what was found."""
    await _observe_bugs(context, hunts)
    await _observe_alarms(context, hunts)


async def _observe_bugs(context: PhaseContext, hunts: Sequence[Hunt]) -> None:
    missed, needed = [], []
    hunted = [(hunt, defect) for hunt in hunts if hunt.seeds for defect in hunt.defects]
    for hunt, defect in hunted:
        await asyncio.sleep(0)
        found = search(
            hunt.trial, defect, first_seed=context.seed, limit=hunt.seeds, parameters=hunt.parameters
        )
        [seeds] = found.seeds
        if seeds is None:
            missed.append({"missed": defect})
            continue
        if hunt.keeps_finds and found.first is not None:
            context.runs.append(found.first)
        needed.append(seeds)
        context.metrics.gauge("planted_bug_seeds_tried", "seeds", defect=defect).set(seeds)
    every = sum(len(hunt.defects) for hunt in hunts)
    note = f"of {len(hunted)} hunted, {every} can be planted" if hunted else "nothing was hunted"
    count = len(missed) if hunted else None
    context.observe("planted_bugs_missed", count, unit="bugs", note=note, evidence=missed)
    median = statistics.median(needed) if needed else None
    context.observe("planted_bug_seeds_p50", median, unit="seeds", note=note)
    context.observe("planted_bug_seeds_max", max(needed, default=None), unit="seeds", note=note)


async def _observe_alarms(context: PhaseContext, hunts: Sequence[Hunt]) -> None:
    alarms = []
    for hunt in hunts:
        for number in range(hunt.clean_seeds):
            await asyncio.sleep(0)
            seed = (context.seed + CLEAN_SEEDS_APART + number) % SEED_END
            ratio = SITES_RATIO if hunt.sites and number % 2 else 0.0
            outcome = hunt.trial.run(seed, activation_ratio=ratio, **hunt.parameters)
            alarms += [
                {"seed": seed, "token": outcome.run.token, "check": check.name}
                for check in outcome.verdict.failed
            ]
    total = sum(hunt.clean_seeds for hunt in hunts)
    note = f"in {total} trials" if total else "no trial was run"
    found = len(alarms) if total else None
    context.observe("false_alarms", found, unit="checks", note=note, evidence=alarms[:1])
