"""What came of examining a property or a machine: counts, distributions, and the minimal counterexample."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Status = Literal["held", "falsified"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterexample:
    """The smallest case that was found for which a claim does not hold."""

    case: str
    """The case as text: an expression, or the steps of a machine."""
    data: Any
    """The case as JSON values."""
    seen: str
    """What was seen instead of what is claimed."""
    token: str
    """``alyslab replay TOKEN`` runs it again; empty if it could not be made to fail in a run of its own."""
    found_after: int
    """Valid cases that were tried up to and including the first failing one."""
    runs: int
    """Times that the property was run in all, shrinking included."""

    @property
    def report(self) -> str:
        """What a person wants to read."""
        how = f"replay with: alyslab replay {self.token}" if self.token else "it has no replay token"
        return (
            f"minimal example, found after {self.found_after} cases:\n  {self.case}\nseen: {self.seen}\n{how}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """One search for a counterexample, and what it looked at."""

    name: str
    claim: str
    planted: tuple[str, ...]
    """Defects that were switched on."""
    seed: int | None
    """Hypothesis' seed; None where the profile derandomises."""
    weight: int = 1
    """By what the profile ``quick`` divides its cases for this one."""
    weight_reason: str = ""
    """What of a case costs so much."""
    cases: int
    """Valid cases that were tested before anything failed."""
    discarded: int
    """Cases that were drawn in vain, because the strategy or the property refused them."""
    cut_short: int
    """Cases that Hypothesis gave up as they were drawn: it asks for small ones first, and for others."""
    wall_s: float
    """Real seconds, shrinking included."""
    distribution: Mapping[str, Mapping[Hashable, int]]
    """How often each value of each feature was generated."""
    counterexample: Counterexample | None = None

    @property
    def status(self) -> Status:
        """Whether the claim held for every case."""
        return "held" if self.counterexample is None else "falsified"

    @property
    def held(self) -> bool:
        """Whether at least one case was tested and the claim held for all."""
        return self.counterexample is None and self.cases > 0

    @property
    def discarded_ratio(self) -> float:
        """Share of the cases that were drawn in vain."""
        tried = self.cases + self.discarded
        return self.discarded / tried if tried else 0.0

    @property
    def report(self) -> str:
        """What a person wants to read: a line, and the counterexample if there is one."""
        line = (
            f"{self.name}: {self.status}, {self.cases} cases, "
            f"{self.discarded_ratio:.1%} discarded, {self.wall_s:.2f} s"
        )
        return line if self.counterexample is None else f"{line}\n{self.counterexample.report}"

    def row(self) -> dict[str, Any]:
        """Return the counts as plain values, for a table or a scrap."""
        found = self.counterexample
        return {
            "property": self.name,
            "claim": self.claim,
            "planted": ", ".join(self.planted),
            "status": self.status,
            "cases": self.cases,
            "weight": self.weight,
            "weight_reason": self.weight_reason,
            "discarded": self.discarded,
            "discarded_ratio": self.discarded_ratio,
            "cut_short": self.cut_short,
            "wall_s": self.wall_s,
            "found_after": None if found is None else found.found_after,
            "minimal": "" if found is None else found.case,
            "seen": "" if found is None else found.seen,
            "token": "" if found is None else found.token,
        }


@dataclass(slots=True)
class Tally:
    """Counts what a search does, up to its first failure; shrinking is counted apart."""

    cases: int = 0
    discarded: int = 0
    cut_short: int = 0
    runs: int = 0
    found_after: int | None = None
    features: dict[str, Counter[Hashable]] = field(default_factory=dict)

    def count(self, features: Mapping[str, Hashable]) -> None:
        """Count a valid case with its features; nothing once a failure was found."""
        self.runs += 1
        if self.found_after is not None:
            return
        self.cases += 1
        for name, value in features.items():
            self.features.setdefault(name, Counter())[value] += 1

    def discard(self, *, cut_short: bool) -> None:
        """Count a case that was drawn in vain; nothing once a failure was found."""
        if self.found_after is None:
            self.discarded += not cut_short
            self.cut_short += cut_short

    def fail(self) -> None:
        """Note that the case counted last failed."""
        if self.found_after is None:
            self.found_after = self.cases
