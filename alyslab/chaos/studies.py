"""Chaos over a range: resilience by family of faults and by system, and what surrounds a violation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random
from typing import TYPE_CHECKING, Any, Final

from alyslab.chaos.conduct import Outcome, run_plan
from alyslab.chaos.faults import FAULTS
from alyslab.chaos.plan import Plan
from alyslab.chaos.resilience import interval, resilience
from alyslab.chaos.swarm import draw_plan
from alyslab.chaos.systems import system_named
from alyslab.checkers.verdict import Check
from alyslab.runtime.sites import ACTIVATION_RATIO

if TYPE_CHECKING:
    import pandas as pd

    from alyslab.chaos.incidents import Incident
    from alyslab.chaos.search import Search
    from alyslab.chaos.shrink import Shrunk
    from alyslab.runtime import Journal

FAMILIES: Final = tuple(dict.fromkeys(fault.family for fault in FAULTS.values()))
APART: Final = 1_000
"""Between the seeds of two runs of one study; the plan is drawn from the study's own."""
SEED_END: Final = 2**63
SHRUNK_MOST: Final = 3
"""Entries that may be left of a plan whose cause is one or two faults.  Source: issue 7."""


def plan_of_family(system: str, family: str, seed: int) -> Plan | None:
    """Return a drawn plan with faults of one family only; None where the system knows none of them."""
    from dataclasses import replace

    spec = system_named(system)
    faults = frozenset(name for name in spec.faults if FAULTS[name].family == family)
    return draw_plan(replace(spec, faults=faults), seed) if faults else None


def by_family(
    systems: Sequence[str], seeds: Iterable[int], *, families: Sequence[str] = FAMILIES
) -> tuple[pd.DataFrame, list[Outcome]]:
    """Run drawn plans of each family over each system, with fault sites as in a search.

    Returns
    -------
    frame
        A row for each run: system, family, seed, score, availability_ratio,
        mttr_s, convergence_s, messages_lost, violations.
    outcomes
        The runs.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    outcomes: list[Outcome] = []
    for seed in seeds:
        for system in systems:
            for family in families:
                plan = plan_of_family(system, family, seed)
                if plan is None:
                    continue
                # Sites are armed by the run's seed: with one for all runs they would go together.
                own = (seed + APART * len(outcomes)) % SEED_END
                outcome = run_plan(plan, seed=own, activation_ratio=ACTIVATION_RATIO)
                figures = resilience(outcome.run.journal)
                outcomes.append(outcome)
                rows.append(
                    {
                        "system": system,
                        "family": family,
                        "seed": seed,
                        "score": figures.score,
                        "availability_ratio": figures.availability_ratio,
                        "mttr_s": figures.mttr_s,
                        "convergence_s": figures.convergence_s,
                        "messages_lost": figures.messages_lost,
                        "violations": len(figures.violations),
                    }
                )
    return pd.DataFrame(rows), outcomes


def with_intervals(runs: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Return, for each family, the mean score over its runs with its bootstrap interval.

    Columns: family, runs, score_mean, score_low, score_high, availability_mean,
    mttr_s_mean (NaN where nothing had to recover), violations.
    """
    import pandas as pd

    rows = []
    for family, group in runs.groupby("family", sort=False):
        scores = [float(score) for score in group["score"].dropna()]
        low, high = interval(scores, Random(seed))
        rows.append(
            {
                "family": family,
                "runs": len(group),
                "score_mean": sum(scores) / len(scores) if scores else float("nan"),
                "score_low": low,
                "score_high": high,
                "availability_mean": group["availability_ratio"].mean(),
                "mttr_s_mean": group["mttr_s"].astype(float).mean(),
                "violations": int(group["violations"].sum()),
            }
        )
    return pd.DataFrame(rows)


def metric_frame(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs of :func:`by_family` as tidy metrics: metric, value, unit, labels."""
    import pandas as pd

    rows = [
        {
            "metric": name,
            "value": float(row[name]),
            "unit": "s" if name.endswith("_s") else "",
            "labels": {"system": row["system"], "family": row["family"], "seed": str(row["seed"])},
        }
        for row in runs.to_dict("records")
        for name in map(str, row)
        if name not in ("system", "family", "seed") and row[name] is not None and row[name] == row[name]
    ]
    return pd.DataFrame(rows, columns=["metric", "value", "unit", "labels"])


def spans(journal: Journal) -> list[dict[str, Any]]:
    """Return each fault of a run as it was: entry, fault, family, targets, begin_s, end_s."""
    healed = {event.subject: event.time_ns / 1e9 for event in journal.select(kind="chaos.healed")}
    return [
        {
            "entry": event.subject,
            "fault": event.fields["fault"],
            "family": FAULTS[event.fields["fault"]].family,
            "targets": event.fields["targets"].split(),
            "begin_s": event.time_ns / 1e9,
            "end_s": healed.get(event.subject, event.time_ns / 1e9),
        }
        for event in journal.select(kind="chaos.injected")
    ]


def incident_rows(incidents: Sequence[Incident]) -> tuple[tuple[str, str, str, float | str], ...]:
    """Return each incident as a row: fault, who was affected, whose outage is shared, recovery in s."""
    return tuple(
        (
            f"{one.entry} {one.fault}",
            " ".join(one.affected) or "none",
            " ".join(one.shared) or "none",
            _recovery(one),
        )
        for one in incidents
    )


def _recovery(one: Incident) -> float | str:
    """Return the time to recover, or why there is none."""
    if not one.recovered:
        return "never"
    if one.recover_s is not None:
        return round(one.recover_s, 1)
    return "counted with another" if one.affected else "nobody stopped"


def checks(runs: pd.DataFrame, found: Search, small: Shrunk | None) -> tuple[Check, ...]:
    """Hold what a study saw against what issue 7 asks for."""
    source = "issue 7, numbers"
    return (
        Check(
            name="no promise is broken where no bug is planted",
            observed=int(runs["violations"].sum()) if len(runs) else None,
            comparison="==",
            limit=0,
            unit="promises",
            source=source,
        ),
        Check(
            name="every run has a steady state to be compared with",
            observed=int(runs["score"].isna().sum()) if len(runs) else None,
            comparison="==",
            limit=0,
            unit="runs",
            source="the score's definition",
        ),
        Check(
            name="the planted bug is found",
            observed=len(found.violations) if found.trials else None,
            comparison=">=",
            limit=1,
            unit="runs",
            source=source,
            note=f"after {len(found.trials)} seeds",
        ),
        Check(
            name="its plan shrinks to the cause",
            observed=small.after.entries if small is not None else None,
            comparison="<=",
            limit=SHRUNK_MOST,
            unit="faults",
            source=source,
            note=f"from {small.before.entries} in {small.runs} runs"
            if small is not None
            else "nothing found",
        ),
    )
