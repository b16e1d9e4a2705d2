"""What a fault is, as data: its family, what it acts on, its parameters with units and ranges.

A plan names a fault and how strong it is.  *Intensity* runs from 0 (excluded:
no fault) to 1 and stands for a point between each parameter's mild and severe
value; a plan may also give a parameter outright.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Family = Literal["network", "process", "resource", "storage", "clock", "byzantine"]
Value = bool | int | float | str | list[Any]
ParameterKind = Literal["ratio", "number", "whole", "choice", "groups"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One dial of a fault."""

    name: str
    """What a plan calls it; the unit comes last."""
    summary: str
    """What it does, in a line."""
    kind: ParameterKind = "number"
    """``groups`` is a list of lists of members; the others are what they say."""
    low: float = 0.0
    """Least value allowed."""
    high: float = 1.0
    """Greatest value allowed."""
    mild: float = 0.0
    """Value at intensity 0."""
    severe: float = 0.0
    """Value at intensity 1."""
    choices: tuple[str, ...] = ()
    """For ``choice``: what is allowed; the first is the default."""

    def at(self, intensity: float) -> Value:
        """Return the value at an intensity: between mild and severe, by ratio where both are above 0."""
        if self.kind == "choice":
            return self.choices[0]
        if self.kind == "groups":
            return []
        if self.mild > 0 and self.severe > 0:
            value: float = self.mild * (self.severe / self.mild) ** intensity
        else:
            value = self.mild + (self.severe - self.mild) * intensity
        return round(value) if self.kind == "whole" else value

    def refuses(self, value: object) -> str | None:
        """Return what would be allowed instead of ``value``; None if it is allowed."""
        if self.kind == "choice":
            return None if value in self.choices else ", ".join(self.choices)
        if self.kind == "groups":
            fits = isinstance(value, list) and all(
                isinstance(group, list) and all(isinstance(name, str) for name in group) for group in value
            )
            return None if fits else "lists of members"
        whole = self.kind == "whole"
        number = type(value) is int or (type(value) is float and math.isfinite(value) and not whole)
        if number and self.low <= value <= self.high:  # type: ignore[operator]
            return None
        return f"{'a whole number, ' if whole else ''}{self.low:g} to {self.high:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One kind of fault."""

    name: str
    """``family.what``."""
    summary: str
    """What it does to its targets, in a line."""
    effect: str
    """The rows of the journal that show that it bit."""
    parameters: tuple[Parameter, ...] = ()
    instant: bool = False
    """Happens once, at its start; what it damaged is not undone when it ends."""
    alone: bool = False
    """Whether two of it on one target at one time contradict each other."""
    contradicts: tuple[str, ...] = ()
    """Other faults that a target can't meet at the same time."""
    may_stay: bool = False
    """Whether a plan may let it last beyond the quiet phase (``heal: never``)."""
    destroys: bool = False
    """Whether it damages durable data, so that it must not reach a majority of a recoverable system."""
    needs: str = ""
    """What else it must be given, in words; empty if nothing."""

    @property
    def family(self) -> str:
        """The first part of the name."""
        return self.name.partition(".")[0]

    def parameter(self, name: str) -> Parameter | None:
        """Return the parameter of that name, if there is one."""
        return next((one for one in self.parameters if one.name == name), None)

    def resolve(self, intensity: float, given: Mapping[str, Value]) -> dict[str, Value]:
        """Return all parameters: those given, the others at this intensity."""
        return {one.name: given.get(one.name, one.at(intensity)) for one in self.parameters}
