"""Workloads that are smaller in one way: fewer nodes, a shorter run; what shrinking tries without a plan.

Units come last in the names of this laboratory, so a whole number whose name
ends with none of them is a count: of peers, blocks, rounds.  Counts are what
makes a workload long; so do lists of words, which say what it is made of.
What a workload refuses is no variant of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

UNITS: Final = ("ns", "us", "ms", "s", "bytes", "bps", "ratio", "km", "ppm", "height")


def counts(main: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, int]:
    """Return the counts among the parameters of a workload, and how long its lists are."""
    return {
        name: value if isinstance(value, int) else len(value)
        for name, value in _parameters(main, given).items()
        if _is_count(name, value) or _is_words(value)
    }


def smaller_counts(main: Callable[..., Any], given: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the parameters of a workload with one count or list made smaller, the greatest steps first."""
    for name, now in _parameters(main, given).items():
        if _is_words(now):
            yield from ({**given, name: fewer} for fewer in _fewer(list(now)))
        elif _is_count(name, now):
            for smaller in dict.fromkeys((1, now // 4, now // 2, 3 * now // 4, now - 1)):
                if 0 < smaller < now:
                    yield {**given, name: smaller}


def _parameters(main: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a workload, those given and the others at their defaults."""
    return {**{name: one.default for name, one in inspect.signature(main).parameters.items()}, **given}


def _fewer(words: Sequence[str]) -> Iterator[list[str]]:
    """Yield each half, then all but one; an empty list is no workload."""
    half = len(words) // 2
    if half:
        yield from (list(words[:half]), list(words[half:]))
    if len(words) > 2:
        yield from ([*words[:at], *words[at + 1 :]] for at in range(len(words)))


def _is_words(value: object) -> bool:
    return isinstance(value, tuple | list) and bool(value) and all(isinstance(one, str) for one in value)


def _is_count(name: str, value: object) -> bool:
    return type(value) is int and value > 0 and name.rpartition("_")[2] not in UNITS
