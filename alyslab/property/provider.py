"""What Hypothesis draws from: its own constants, and none that it finds in modules that happen to be there.

Hypothesis reads the source of every local module that is loaded, and draws
the numbers and texts that stand in it more often.  Then what a seed draws
depends on what else was imported, and on whether the package is installed or
lies in a checkout; two people would talk of two searches.  Reading them takes
a second or two of each process, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

_KEPT: Final = 1_024
"""Answers that Hypothesis keeps about which of the constants a strategy may draw."""


@contextmanager
def own_constants_only() -> Iterator[None]:
    """Let what is drawn in the block depend on the seed alone; outside, all is as Hypothesis has it.

    Hypothesis offers no setting for this; one that looks for no constants
    (before 6.131) is left as it is.
    """
    from hypothesis.internal.cache import LRUCache
    from hypothesis.internal.conjecture import providers

    place: Any = providers
    if not hasattr(place, "_get_local_constants"):
        yield
        return
    none = place.Constants()
    before = place._get_local_constants, place.CONSTANTS_CACHE
    place._get_local_constants, place.CONSTANTS_CACHE = (lambda: none), LRUCache(_KEPT)
    try:
        yield
    finally:
        place._get_local_constants, place.CONSTANTS_CACHE = before
