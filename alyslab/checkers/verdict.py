"""A verdict: named checks, each an observed value held against a limit.

Nothing here can be set to "passed".  A check passes because its observed value
satisfies its comparison; a verdict passes because all of its checks do.  What
was not observed is ``None`` and makes the check inconclusive, never a success.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Status = Literal["pass", "fail", "inconclusive"]
Observable = bool | int | float | str | None

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    ">": operator.gt,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One promise and what was seen of it.

    Raises
    ------
    ValueError
        If ``comparison`` is not one of :data:`COMPARISONS` or the two values
        can't be compared, which is a mistake of the checker's author.
    """

    name: str
    """What was promised, as a short claim: ``blocks reach every peer``."""
    observed: Observable
    """The value seen; ``None`` or NaN when nothing was observed."""
    comparison: str
    """How ``observed`` must stand to ``limit``; a key of :data:`COMPARISONS`."""
    limit: bool | int | float | str
    """The promised bound, in ``unit``."""
    unit: str = ""
    """Unit of both values; empty for counts and flags."""
    source: str = ""
    """Where the limit comes from: a document, a constant, a formula."""
    evidence: tuple[Mapping[str, Any], ...] = ()
    """The fewest events that show a violation, as plain mappings (``Event.as_dict()``)."""
    note: str = ""
    """Why nothing was observed, or what else a reader should know."""
    passed: bool | None = field(init=False)
    """True, False, or None when nothing was observed."""

    def __post_init__(self) -> None:
        if self.comparison not in COMPARISONS:
            raise ValueError(
                f"check {self.name!r}: comparison {self.comparison!r} is none of {', '.join(COMPARISONS)}"
            )
        object.__setattr__(self, "passed", self._compare())

    def _compare(self) -> bool | None:
        if self.observed is None or (isinstance(self.observed, float) and math.isnan(self.observed)):
            return None
        try:
            return bool(COMPARISONS[self.comparison](self.observed, self.limit))
        except TypeError:
            raise ValueError(
                f"check {self.name!r}: {self.observed!r} and {self.limit!r} can't be compared"
            ) from None

    def as_dict(self) -> dict[str, Any]:
        """Return the check as the ``verdict`` scrap carries it; NaN becomes ``None``."""
        unseen = self.passed is None
        return {
            "name": self.name,
            "observed": None if unseen else self.observed,
            "limit": self.limit,
            "comparison": self.comparison,
            "unit": self.unit,
            "passed": self.passed,
            "source": self.source,
            "note": self.note,
            "evidence": [dict(event) for event in self.evidence],
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """The checks of one experiment, in the order in which they were made."""

    checks: tuple[Check, ...] = ()

    @property
    def status(self) -> Status:
        """``fail`` if any check failed, else ``inconclusive`` if any (or all) saw nothing, else ``pass``."""
        if any(check.passed is False for check in self.checks):
            return "fail"
        if not self.checks or any(check.passed is None for check in self.checks):
            return "inconclusive"
        return "pass"

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that saw their promise broken."""
        return tuple(check for check in self.checks if check.passed is False)

    @classmethod
    def inconclusive(cls, name: str, note: str) -> Verdict:
        """Return a verdict whose only check observed nothing, with the reason."""
        return cls((Check(name=name, observed=None, comparison="==", limit=True, note=note),))

    @classmethod
    def of(cls, verdicts: Iterable[Verdict]) -> Verdict:
        """Join verdicts into one with all their checks."""
        return cls(tuple(check for verdict in verdicts for check in verdict.checks))

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict as the ``verdict`` scrap carries it."""
        return {"status": self.status, "checks": [check.as_dict() for check in self.checks]}
