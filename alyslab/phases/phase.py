"""The vocabulary of migration phases: which there are, what one runs, what it is held against."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from alyslab.checkers.verdict import COMPARISONS
from alyslab.errors import ParameterError, Problem
from alyslab.wording import meant

if TYPE_CHECKING:
    from alyslab.config import LabConfig
    from alyslab.harnesses.harness import Harness
    from alyslab.phases.context import PhaseContext

ParameterValue = bool | int | float | str
HarnessFactory = Callable[["LabConfig"], "Harness"]
"""Makes a harness without starting anything."""
Workload = Callable[["PhaseContext"], Awaitable[None]]
"""Runs a phase on the harnesses of its context and records there what it observed."""


class Phase(StrEnum):
    """The migration's phases, in order.  Source: the testing guide, Phase 1, ``MigrationPhase``."""

    FOUNDATION = "foundation"
    ACTOR_CORE = "actor_core"
    SYNC_IMPROVEMENT = "sync_improvement"
    LIGHTHOUSE_MIGRATION = "lighthouse_migration"
    GOVERNANCE_INTEGRATION = "governance_integration"

    @classmethod
    def named(cls, name: str) -> Phase:
        """Return the phase of that name; raises :class:`ParameterError` for any other."""
        try:
            return cls(name)
        except ValueError:
            problem = Problem(
                where="phase", what=f"no phase is named {name!r}", value=name, allowed=", ".join(cls)
            )
            raise ParameterError(problem) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A promise of a phase: what an observation of its workload is held against."""

    name: str
    """The observation concerned, as the workload records it."""
    claim: str
    """What is promised, in words; the name of the check."""
    comparison: str
    """How the observation must stand to ``limit``; a key of :data:`COMPARISONS`."""
    limit: bool | int | float | str
    """The bound, in ``unit``, or as a share of the parameter ``per``."""
    unit: str = ""
    """Unit of the observation and of the bound; empty for counts, ratios and flags."""
    per: str = ""
    """A parameter whose value multiplies ``limit``: a share of a slot, whatever the slot's length."""
    source: str
    """The document, constant or formula that the bound comes from."""

    def __post_init__(self) -> None:
        if self.comparison not in COMPARISONS:
            known = ", ".join(COMPARISONS)
            raise ValueError(f"limit {self.name}: comparison {self.comparison!r} is none of {known}")
        if self.per and isinstance(self.limit, str):
            raise ValueError(f"limit {self.name}: {self.limit!r} is no share of {self.per}")
        if not self.source:
            raise ValueError(f"limit {self.name}: a limit without a source is an opinion")


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseSpec:
    """What a phase runs and what it must show."""

    phase: Phase
    title: str
    """A line for people."""
    workload: Workload
    limits: tuple[Limit, ...]
    """Each must be met by an observation; what was not observed leaves its check inconclusive."""
    harnesses: Mapping[str, HarnessFactory] = field(default_factory=dict)
    """What the workload needs, by name.  Phases that give the same name share the harness."""
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    """Every parameter with its default, whose type is the parameter's type."""
    injects_faults: bool = False
    """Whether the workload breaks things; it then runs only with ``execution.chaos_enabled``."""

    def __post_init__(self) -> None:
        if not self.limits:
            raise ValueError(f"phase {self.phase}: without a limit it could only be inconclusive")
        for limit in self.limits:
            if limit.per and not isinstance(self.parameters.get(limit.per), int | float):
                raise ValueError(f"limit {limit.name}: {limit.per!r} is no number among the parameters")

    def resolve(self, given: Mapping[str, ParameterValue]) -> dict[str, ParameterValue]:
        """Return all parameters, those ``given`` in place of their defaults.

        Raises
        ------
        ParameterError
            With every unknown name and wrong type at once.
        """
        problems = [problem for name, value in given.items() if (problem := self._problem(name, value))]
        if problems:
            raise ParameterError(problems)
        return {name: given.get(name, default) for name, default in self.parameters.items()}

    def _problem(self, name: str, value: ParameterValue) -> Problem | None:
        where = f"phase {self.phase}"
        if name not in self.parameters:
            allowed = meant(name, self.parameters, otherwise=", ".join(self.parameters) or "it has none")
            return Problem(where=where, key=name, what="unknown parameter", value=value, allowed=allowed)
        expected = type(self.parameters[name])
        if type(value) is expected or (expected is float and type(value) is int):
            return None
        what = f"is {type(value).__name__}, not {expected.__name__}"
        return Problem(
            where=where, key=name, what=what, value=value, allowed=f"such as {self.parameters[name]!r}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NotBuilt:
    """A phase that nothing implements yet; asked to run, it is inconclusive and says so."""

    phase: Phase
    title: str
    """A line for people."""
