"""How many cases it takes a property or a machine to find each planted defect that it can reach."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alyslab.property.examination import Examination
from alyslab.property.examine import examine
from alyslab.property.examine_machine import examine_machine
from alyslab.property.property import Property
from alyslab.property.reach import REACH

if TYPE_CHECKING:
    from alyslab.property.machine import SimulationMachine

CASES_MOST = 1_000
"""Source: issue 8, "Numbers"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunt:
    """The search for one planted defect."""

    defect: str
    by: str
    """Name of the property or machine that looked for it."""
    cases: tuple[int | None, ...]
    """For each search, how many cases it took; None where the limit came first."""
    last: Examination
    """The last search."""

    @property
    def found(self) -> bool:
        """Whether every search found it."""
        return None not in self.cases

    @property
    def median_cases(self) -> float | None:
        """Median over the searches; None unless all found it."""
        return statistics.median(one for one in self.cases if one is not None) if self.found else None

    def row(self) -> dict[str, Any]:
        """Return a row of the table of defects."""
        found = self.last.counterexample
        return {
            "defect": self.defect,
            "found by": self.by,
            "cases": self.median_cases,
            "searches": len(self.cases),
            "minimal": "" if found is None else found.case,
            "seen": "" if found is None else found.seen,
            "token": "" if found is None else found.token,
        }


def target_named(name: str) -> Property | type[SimulationMachine]:
    """Return the property or machine of that name; raises KeyError for any other."""
    from alyslab.property.machines import MACHINES
    from alyslab.property.properties import PROPERTIES

    return MACHINES[name] if name in MACHINES else PROPERTIES[name]


def look(target: Property | type[SimulationMachine], **how: Any) -> Examination:
    """Examine a property or a machine; arguments as for either."""
    return examine(target, **how) if isinstance(target, Property) else examine_machine(target, **how)


def hunt(
    defect: str, *, first_seed: int = 0, searches: int = 1, cases: int = CASES_MOST, shrink: bool = False
) -> Hunt:
    """Plant one defect and look for it with the property or machine that reaches it.

    Parameters
    ----------
    defect
        A key of :data:`~alyslab.property.reach.REACH`.
    first_seed
        Of Hypothesis' draws in the first search; each further one has the next seed.
    searches
        How often to search.
    cases
        Most cases of a search.
    shrink
        Whether to look for the smallest case, too.
    """
    name = REACH[defect]
    target = target_named(name)
    found = [
        look(target, cases=cases, seed=first_seed + number, planted=(defect,), shrink=shrink)
        for number in range(searches)
    ]
    needed = tuple(None if one.counterexample is None else one.counterexample.found_after for one in found)
    return Hunt(defect=defect, by=name, cases=needed, last=found[-1])


def hunt_all(
    defects: Iterable[str] | None = None, *, first_seed: int = 0, searches: int = 1, cases: int = CASES_MOST
) -> list[Hunt]:
    """Hunt these defects, or all that are reachable; arguments as for :func:`hunt`."""
    chosen = tuple(REACH) if defects is None else tuple(defects)
    return [hunt(one, first_seed=first_seed, searches=searches, cases=cases) for one in chosen]
