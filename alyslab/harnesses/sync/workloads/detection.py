"""How many seeds it takes to find a planted bug with the trial, and that there is none to find without."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from alyslab.harnesses.sync.workloads.registry import WORKLOADS
from alyslab.runtime.sites import catalogue

DEFECTS: Final = tuple(
    entry.name for entry in catalogue() if entry.kind == "planted" and entry.name.startswith("sync.")
)
"""Every bug that can be planted in the sync, by its full name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """The search for one planted bug."""

    defect: str
    """Its name, as ``simulate(planted=…)`` takes it."""
    seeds: int | None
    """How many seeds it took; None where the limit came first."""
    checks: tuple[str, ...]
    """The checks that found it."""
    token: str
    """Replays the run that showed it; empty if none did."""


def search(defect: str, *, first_seed: int = 0, limit: int = 200) -> Detection:
    """Run trials with one bug planted until a check fails, at most ``limit`` of them.

    Raises
    ------
    BadInputError
        For a bug that is not in the catalogue.
    """
    for tried in range(1, limit + 1):
        outcome = WORKLOADS["trial"].run(first_seed + tried - 1, planted=[defect])
        failed = outcome.verdict.failed
        if failed:
            checks = tuple(check.name for check in failed)
            return Detection(defect=defect, seeds=tried, checks=checks, token=outcome.run.token)
    return Detection(defect=defect, seeds=None, checks=(), token="")


def search_all(defects: Sequence[str] = DEFECTS, *, first_seed: int = 0, limit: int = 200) -> list[Detection]:
    """Search for each of ``defects``; arguments as for :func:`search`."""
    return [search(defect, first_seed=first_seed, limit=limit) for defect in defects]


def false_alarms(seeds: Iterable[int]) -> list[tuple[int, str]]:
    """Return (seed, check) for every check that fails in a trial with no bug planted."""
    return [(seed, check.name) for seed in seeds for check in WORKLOADS["trial"].run(seed).verdict.failed]
