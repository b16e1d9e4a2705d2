"""Every planted bug of the laboratory, hunted: which are found, how soon, and what is found without one."""

from __future__ import annotations

import importlib
import pkgutil
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from alyslab.chaos.cases import all_cases
from alyslab.chaos.search import search
from alyslab.chaos.systems import SYSTEMS, system_named
from alyslab.chaos.trial import Trial
from alyslab.errors import BadInputError, Problem
from alyslab.runtime.sites import CatalogueEntry, catalogue

SEEDS: Final = 200
"""Seeds within which each bug should be found.  Source: issue 7."""
SOON: Final = 50
"""Seeds within which nine tenths should be.  Source: issue 7."""
APART: Final = 1_000_000
"""Seeds without a bug begin so far from those of the hunts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunt:
    """The search for one planted bug."""

    defect: str
    cases: tuple[str, ...]
    """What was run; empty where no case can show it."""
    seeds: int | None
    """How many seeds it took; None if it was not found."""
    limit: int
    checks: tuple[str, ...]
    """The checks that found it."""
    case: str
    """Where it showed."""
    token: str
    """Repeats the first run that showed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """The hunts for all bugs, and what was found where there was none."""

    hunts: tuple[Hunt, ...]
    clean_runs: int
    false_alarms: tuple[Trial, ...]

    @property
    def hunted(self) -> tuple[Hunt, ...]:
        """The bugs that some case can show."""
        return tuple(hunt for hunt in self.hunts if hunt.cases)

    @property
    def found_ratio(self) -> float | None:
        """Share of the hunted bugs that were found; None if none was hunted."""
        hunted = self.hunted
        return sum(hunt.seeds is not None for hunt in hunted) / len(hunted) if hunted else None

    @property
    def soon_ratio(self) -> float | None:
        """Share of the hunted bugs found within :data:`SOON` seeds."""
        hunted = self.hunted
        soon = sum(hunt.seeds is not None and hunt.seeds <= SOON for hunt in hunted)
        return soon / len(hunted) if hunted else None

    @property
    def seeds_p50(self) -> float | None:
        """Median number of seeds over the bugs found; None if none was."""
        needed = [hunt.seeds for hunt in self.hunts if hunt.seeds is not None]
        return statistics.median(needed) if needed else None

    @property
    def seeds_p90(self) -> float | None:
        """The 90th percentile of seeds over the bugs found; None for fewer than two."""
        needed = [hunt.seeds for hunt in self.hunts if hunt.seeds is not None]
        return statistics.quantiles(needed, n=10, method="inclusive")[8] if len(needed) > 1 else None

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        return {
            "planted": len(self.hunts),
            "hunted": len(self.hunted),
            "found_ratio": self.found_ratio,
            "found_soon_ratio": self.soon_ratio,
            "seeds_p50": self.seeds_p50,
            "seeds_p90": self.seeds_p90,
            "clean_runs": self.clean_runs,
            "false_alarms": [
                {"case": one.case, "seed": one.seed, "checks": list(one.checks), "token": one.token}
                for one in self.false_alarms
            ],
            "hunts": [
                {
                    "defect": hunt.defect,
                    "cases": list(hunt.cases),
                    "seeds": hunt.seeds,
                    "checks": list(hunt.checks),
                    "case": hunt.case,
                    "token": hunt.token,
                }
                for hunt in self.hunts
            ],
        }


@cache
def planted_bugs() -> tuple[CatalogueEntry, ...]:
    """Return every planted bug of every part, by name; loads all modules that register one."""
    import alyslab.harnesses
    import alyslab.model

    for room in (alyslab.harnesses, alyslab.model):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            importlib.import_module(module.name)
    for name in SYSTEMS:
        system_named(name)
    return tuple(entry for entry in catalogue() if entry.kind == "planted")


def cases_for(defect: str) -> tuple[str, ...]:
    """Return the cases that can show a bug: systems that name it, and workloads of its own harness."""
    part = defect.partition(".")[0]
    systems = [f"chaos:{name}" for name in SYSTEMS if defect in system_named(name).defects]
    if part == "gossip":
        return ("network:flood",)
    if f"{part}:trial" in all_cases():  # which has a bit of everything that its harness does
        return (f"{part}:trial", *(name for name in systems if not name.endswith(":actors")))
    return (*(name for name in all_cases() if name.startswith(f"{part}:")), *systems)


def detect(
    defects: Sequence[str] = (),
    *,
    limit: int = SEEDS,
    clean: int = 0,
    first_seed: int = 0,
    jobs: int = 1,
    progress: Any = None,
) -> Detection:
    """Hunt planted bugs one by one, then run seeds with none planted.

    Parameters
    ----------
    defects
        Which; all without one.
    limit
        Seeds for each.
    clean
        Seeds to run without a bug, each over the cases of the bugs hunted.
    first_seed
        Where each hunt begins.
    jobs
        Processes.
    progress
        Wraps the bugs as they are hunted.

    Raises
    ------
    BadInputError
        For a bug that does not exist.
    """
    known = [entry.name for entry in planted_bugs()]
    unknown = [name for name in defects if name not in known]
    if unknown:
        raise BadInputError(
            Problem(where="catalogue", key="defect", what="no such bug", value=name, allowed=", ".join(known))
            for name in unknown
        )
    wanted: Iterable[str] = list(dict.fromkeys(defects)) or known
    hunts = tuple(
        _hunt(defect, limit, first_seed, jobs)
        for defect in (progress(wanted) if progress is not None else wanted)
    )
    cases = tuple(dict.fromkeys(case for hunt in hunts for case in hunt.cases))
    alarms: tuple[Trial, ...] = ()
    runs = 0
    if clean and cases:
        seeds = range(first_seed + APART, first_seed + APART + clean)
        found = search(seeds=seeds, cases=cases, jobs=jobs)
        alarms = tuple(trial for trial in found.trials if trial.status in ("fail", "error"))
        runs = len(found.trials)
    return Detection(hunts=hunts, clean_runs=runs, false_alarms=alarms)


def _hunt(defect: str, limit: int, first_seed: int, jobs: int) -> Hunt:
    cases = cases_for(defect)
    trial: Trial | None = None
    if cases:
        seeds = range(first_seed, first_seed + limit)
        found = search(seeds=seeds, cases=cases, planted=(defect,), jobs=jobs, stop_at_first=True)
        trial = next((one for one in found.trials if one.violates), None)
    return Hunt(
        defect=defect,
        cases=cases,
        seeds=trial.seed - first_seed + 1 if trial is not None else None,
        limit=limit,
        checks=trial.checks if trial is not None else (),
        case=trial.case if trial is not None else "",
        token=trial.token if trial is not None else "",
    )
