"""What an option of a policy may be, and the problems of one that is something else.

Every policy of this package is checked by it, so that a text where a number
belongs, a NaN or a number that no journal could keep is refused with a typed
error before anything starts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from math import isfinite
from typing import Any, Final, Protocol

from alyslab.errors import Problem

LONGEST_S: Final = 1e9
"""Some 31 years; virtual time ends after 292, when its 64 bits of nanoseconds do."""
LONGEST_MS: Final = LONGEST_S * 1_000
MOST: Final = 10**9
"""Of whatever is counted; far beyond what a run can hold."""


class Allowed(Protocol):
    """A set of values, with words for it."""

    def __contains__(self, value: object, /) -> bool:
        """Return whether the value is one of them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Numbers from ``low`` to ``high``; never a bool, a NaN or an infinity."""

    low: float
    high: float
    whole: bool = False
    """Whether only an int will do."""
    above: bool = False
    """Whether ``low`` itself is left out."""

    def __contains__(self, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int if self.whole else (int, float)):
            return False
        if isinstance(value, float) and not isfinite(value):
            return False
        return (self.low < value if self.above else self.low <= value) and value <= self.high

    def __str__(self) -> str:
        number = "a whole number" if self.whole else "a number"
        return f"{number} {'above' if self.above else 'from'} {self.low:g} to {self.high:g}"


@dataclass(frozen=True, slots=True)
class OneOf:
    """The members of an enumeration, or their values."""

    kind: type[Enum]

    def __contains__(self, value: object) -> bool:
        return not isinstance(value, bool) and any(value in (one, one.value) for one in self.kind)

    def __str__(self) -> str:
        return ", ".join(str(one.value) for one in self.kind)


@dataclass(frozen=True, slots=True)
class Such:
    """Values for which a function says so, with words for them."""

    fits: Callable[[Any], bool]
    words: str

    def __contains__(self, value: object) -> bool:
        return self.fits(value)

    def __str__(self) -> str:
        return self.words


COUNT: Final = Range(low=1, high=MOST, whole=True)
WHOLE: Final = Range(low=0, high=MOST, whole=True)
SECONDS: Final = Range(low=0, high=LONGEST_S, above=True)
FLAG: Final = Such(lambda value: isinstance(value, bool), "True or False")


Option = tuple[object, Allowed]
"""A value, and what it may be."""


def problems_of(where: str, values: Mapping[str, Option]) -> list[Problem]:
    """Return a problem for each option, by name, whose value is not allowed."""
    return [
        Problem(where=where, key=key, what=f"can't be {value!r}", value=value, allowed=str(allowed))
        for key, (value, allowed) in values.items()
        if value not in allowed
    ]


def problems_in(where: str, given: object, allowed: Mapping[str, Allowed]) -> list[Problem]:
    """Return a problem for each attribute of ``given`` whose value is not allowed."""
    return problems_of(where, {key: (getattr(given, key), what) for key, what in allowed.items()})
