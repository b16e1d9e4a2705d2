"""Between what a given number must be: what is none, not finite or too large is refused by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from alyslab.errors import Problem

LONGEST_MS: Final = 1e9
"""Longest latency that can be asked for, in ms: eleven days; sums of longer ones leave 64 bits of ns."""
SHORTEST_MS: Final = 1e-6
"""Shortest latency above 0, in ms: the clock's own step, 1 ns."""


def is_number(value: object) -> bool:
    """Answer whether it counts or measures something; a truth value does not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Between what a number must be."""

    low: float
    high: float
    high_excluded: bool = False
    """Whether ``high`` itself is too much."""
    or_zero: bool = False
    """Whether 0 is good as well."""
    whole: bool = False
    """Whether it counts something."""
    optional: bool = False
    """Whether None is good as well."""

    def holds(self, value: object) -> bool:
        """Answer whether a value is such a number; NaN is none."""
        if value is None:
            return self.optional
        if not isinstance(value, int | float) or isinstance(value, bool):
            return False
        if self.whole and not isinstance(value, int):
            return False
        if self.or_zero and value == 0:
            return True
        return self.low <= value < self.high or (value == self.high and not self.high_excluded)

    def problem(self, where: str, key: str, value: object) -> Problem | None:
        """Return what is wrong with a value; None if nothing is."""
        if self.holds(value):
            return None
        kind = "a whole number" if self.whole else "a number"
        zero, upper = "0, or " if self.or_zero else "", " (excluded)" if self.high_excluded else ""
        none = ", or None" if self.optional else ""
        allowed = f"{zero}{kind} from {self.low:g} to {self.high:g}{upper}{none}"
        return Problem(where=where, key=key, what=f"is {value!r}", value=value, allowed=allowed)


LATENCY_MS: Final = Bounds(low=SHORTEST_MS, high=LONGEST_MS, or_zero=True)
"""A time that a message may take."""
RATIO: Final = Bounds(low=0.0, high=1.0)
"""A share of all messages, or a chance."""
CORRELATION: Final = Bounds(low=0.0, high=1.0, high_excluded=True)
"""How much something hangs on the one before."""
