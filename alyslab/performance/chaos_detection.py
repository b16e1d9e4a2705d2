"""How good searches are: planted bugs found, how soon, and what is found where none is planted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from alyslab.chaos.catalogue import planted_bugs
from alyslab.chaos.detection import SEEDS, SOON, SOON_RATIO, detect
from alyslab.checkers.verdict import Check

NUMBERS: Final = "issue 7, numbers"
FIRST_SEED: Final = 500_000
"""Seeds that no plan or workload was made with."""
CLEAN_RUNS: Final = 5_000
"""Runs in which nothing may be found.  Source: issue 7."""
SAMPLE_EVERY: Final = 8
"""Of the bugs by name, how many apart those of a sample are."""
SAMPLE_CLEAN_RUNS: Final = 60
"""Of a sample: about one for each case."""


def detection_checks(
    defects: Sequence[str] = (), *, clean: int = CLEAN_RUNS, first_seed: int = FIRST_SEED, jobs: int = 2
) -> list[Check]:
    """Hunt these bugs, or all, over seeds that nobody has tuned on, and run as many without a bug as asked.

    All of them, with all clean runs, take hours; :func:`sample_checks` takes minutes.
    """
    found = detect(defects, clean=clean, first_seed=first_seed, jobs=jobs)
    planted = len(planted_bugs())
    hunted = f"{len(found.hunted)} of {planted} bugs hunted, seeds from {first_seed}"
    missed = ", ".join(one.defect for one in found.missed) or "none"
    quantiles = f"median {found.seeds_p50}, 90th percentile {found.seeds_p90} seeds"
    alarms = "; ".join(f"{alarm['case']} seed {alarm['seed']}" for alarm in found.clean.alarms)
    return [
        Check(
            name=f"share of planted bugs found within {SEEDS} seeds",
            observed=found.found_ratio,
            comparison=">=",
            limit=1.0,
            unit="of those hunted",
            source=NUMBERS,
            note=f"{hunted}; missed: {missed}",
        ),
        Check(
            name=f"share of planted bugs found within {SOON} seeds",
            observed=found.soon_ratio,
            comparison=">=",
            limit=SOON_RATIO,
            unit="of those hunted",
            source=NUMBERS,
            note=f"{hunted}; {quantiles}",
        ),
        Check(
            name="false alarms where nothing is planted",
            observed=len(found.clean.alarms) if found.clean.runs else None,
            comparison="==",
            limit=0,
            unit="runs",
            source=NUMBERS,
            note=f"in {found.clean.runs} runs over all cases in turn, {CLEAN_RUNS} are asked for"
            + (f": {alarms}" if alarms else ""),
        ),
    ]


def sample_checks() -> list[Check]:
    """Hunt every eighth bug by name, and run about one seed of each case without a bug."""
    names = [entry.name for entry in planted_bugs()]
    return detection_checks(names[::SAMPLE_EVERY], clean=SAMPLE_CLEAN_RUNS)
