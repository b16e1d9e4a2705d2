"""How big a failing run is: what shrinking reports before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alyslab.chaos.count_variants import counts
from alyslab.chaos.systems import system_named
from alyslab.chaos.variants import last_s

if TYPE_CHECKING:
    from alyslab.chaos.candidate import Candidate
    from alyslab.chaos.case import Case
    from alyslab.runtime import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How big a failing run is."""

    entries: int
    """Faults of the plan; 0 where there is none."""
    faulty_s: float
    """Times of all faults together, in s."""
    intensity: float
    """Intensities of all faults together."""
    options: Mapping[str, int]
    """Nodes, length of the workload, and whatever else it counts."""
    virtual_s: float
    """Length of the run."""
    events: int
    """Rows of its journal."""
    choices: int
    """Steps that were not first-in-first-out."""
    sites_fired: int
    """Faults that fired at sites of the code."""

    @classmethod
    def of(cls, candidate: Candidate, case: Case, run: Run) -> Size:
        """Measure a candidate and its run."""
        plan = candidate.plan
        entries = plan.entries if plan is not None else ()
        return cls(
            entries=len(entries),
            faulty_s=sum(last_s(plan, entry) - entry.start_s for entry in entries) if plan else 0.0,
            intensity=sum(entry.intensity for entry in entries),
            options=_options(candidate, case),
            virtual_s=run.virtual_s,
            events=len(run.journal),
            choices=sum(1 for choice in run.choices if choice),
            sites_fired=sum(site.fired for site in run.sites),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the size as JSON values."""
        return {
            "entries": self.entries,
            "faulty_s": round(self.faulty_s, 3),
            "intensity": round(self.intensity, 3),
            **self.options,
            "virtual_s": round(self.virtual_s, 3),
            "events": self.events,
            "choices": self.choices,
            "sites_fired": self.sites_fired,
        }


def _options(candidate: Candidate, case: Case) -> dict[str, int]:
    plan = candidate.plan
    if plan is None or plan.system is None:
        return counts(case.main, candidate.parameters)
    spec = system_named(plan.system)
    options = spec.resolved(plan.options)
    return {name: int(options[name]) for name in spec.least}
