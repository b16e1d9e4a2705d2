"""How many seeds of a harness' trial it takes to find a planted bug, and what it finds without one."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alyslab.harnesses.workload import Workload

if TYPE_CHECKING:
    from alyslab.runtime import Run

SEED_END = 2**63
"""One more than the largest seed of a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """The search for one planted bug."""

    defect: str
    """Its name, as ``simulate(planted=…)`` takes it."""
    seeds: tuple[int | None, ...]
    """For each search, how many seeds it took; None where the limit came first."""
    checks: tuple[str, ...]
    """The checks that found it, each once."""
    first: Run | None
    """The first run that showed it; None if none did."""

    @property
    def token(self) -> str:
        """Replays the first run that showed it; empty if none did."""
        return "" if self.first is None else self.first.token

    @property
    def found(self) -> bool:
        """Whether every search found it."""
        return None not in self.seeds

    @property
    def median_seeds(self) -> float | None:
        """Median over the searches; None unless all found it."""
        return statistics.median(seed for seed in self.seeds if seed is not None) if self.found else None


def search(
    trial: Workload,
    defect: str,
    *,
    first_seed: int = 0,
    searches: int = 1,
    limit: int = 200,
    parameters: Mapping[str, Any] | None = None,
) -> Detection:
    """Run trials with one bug planted until a check fails, ``searches`` times from seeds of their own.

    Parameters
    ----------
    trial
        What is run; by custom a harness' ``WORKLOADS["trial"]``.
    defect
        Which bug, by its full name.
    first_seed
        Seed of the first trial; each search goes on where the one before ended.
        After the largest seed comes 0.
    searches
        How often to search.
    limit
        Trials of one search.
    parameters
        The trial's, where they are not its defaults.

    Raises
    ------
    BadInputError
        For a bug that is not in the catalogue.
    """
    needed: list[int | None] = []
    checks: dict[str, None] = {}
    first: Run | None = None
    seed = first_seed
    for _ in range(searches):
        took = None
        for tried in range(1, limit + 1):
            outcome = trial.run(seed, planted=[defect], **(parameters or {}))
            seed = (seed + 1) % SEED_END
            failed = outcome.verdict.failed
            if failed:
                took = tried
                checks.update(dict.fromkeys(check.name for check in failed))
                first = first or outcome.run
                break
        needed.append(took)
    return Detection(defect=defect, seeds=tuple(needed), checks=tuple(checks), first=first)


def search_all(
    trial: Workload, defects: Sequence[str], *, first_seed: int = 0, searches: int = 1, limit: int = 200
) -> list[Detection]:
    """Search for each of ``defects``; arguments as for :func:`search`."""
    return [search(trial, name, first_seed=first_seed, searches=searches, limit=limit) for name in defects]


def false_alarms(trial: Workload, seeds: Iterable[int]) -> list[tuple[int, str]]:
    """Return (seed, check) for every check that fails in a trial with no bug planted."""
    return [(seed, check.name) for seed in seeds for check in trial.run(seed).verdict.failed]
