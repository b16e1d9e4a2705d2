"""What a run will execute; :mod:`alyslab.batch.planner` settles it before anything starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from alyslab.batch.kinds import Value
from alyslab.batch.notebook import SUMMARY, SourceNotebook


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What somebody asked to be run, in their words."""

    profile: str = "quick"
    """Name of a file in ``parameters/profiles/``."""
    notebooks: tuple[str, ...] = ()
    """``name`` or ``name:scenario``; empty for all that the profile selects."""
    overrides: tuple[str, ...] = ()
    """``name=value``, as given with ``-p``."""
    seed: int | None = None
    """Overrides the seed of every notebook; ``None`` leaves it to the files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One notebook with all its parameters settled."""

    notebook: SourceNotebook
    """The source."""
    scenario: str
    """Which parameter file of the notebook was used."""
    parameters: Mapping[str, Value]
    """Every declared parameter with the value that it will have."""

    @property
    def id(self) -> str:
        """``notebook__scenario__sSEED``, or the bare name of the summary."""
        if self.notebook.name == SUMMARY:
            return SUMMARY
        return f"{self.notebook.name}__{self.scenario}__s{self.parameters['seed']}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A run, checked and complete."""

    request: Request
    """What it answers."""
    jobs: tuple[Job, ...]
    """The experiments, in the order of their names; at least one."""
    summary: Job
    """The summary notebook's job, which runs last."""

    @property
    def required_checks(self) -> tuple[str, ...]:
        """Globs ``notebook:check`` that must not stay inconclusive."""
        required = self.summary.parameters.get("required_checks")
        return tuple(str(pattern) for pattern in required) if isinstance(required, list) else ()

    @property
    def seed(self) -> int | None:
        """The seed that all jobs share, or ``None`` if they differ."""
        seeds = {job.parameters["seed"] for job in self.jobs}
        return seed if len(seeds) == 1 and isinstance(seed := seeds.pop(), int) else None
