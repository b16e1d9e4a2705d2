"""Workloads that are smaller in one way: fewer nodes, a shorter run; what shrinking tries without a plan.

Units come last in the names of this laboratory, so a whole number whose name
ends with none of them is a count: of peers, blocks, rounds.  Counts are what
makes a workload long.  What a workload refuses is no variant of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

UNITS: Final = ("ns", "us", "ms", "s", "bytes", "bps", "ratio", "km", "ppm", "height")


def counts(main: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, int]:
    """Return the counts among the parameters of a workload, those given and the others at their defaults."""
    defaults = {name: one.default for name, one in inspect.signature(main).parameters.items()}
    return {name: value for name, value in {**defaults, **given}.items() if _is_count(name, value)}


def smaller_counts(main: Callable[..., Any], given: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the parameters of a workload with one count made smaller, the greatest steps first."""
    for name, now in counts(main, given).items():
        for smaller in dict.fromkeys((1, now // 4, now // 2, 3 * now // 4, now - 1)):
            if 0 < smaller < now:
                yield {**given, name: smaller}


def _is_count(name: str, value: object) -> bool:
    return type(value) is int and value > 0 and name.rpartition("_")[2] not in UNITS
