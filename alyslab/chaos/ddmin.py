"""Delta debugging: the smallest part of a list that still does it.

Source: Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing
Input", IEEE Transactions on Software Engineering 2002.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def ddmin(items: Sequence[T], still: Callable[[Sequence[T]], bool]) -> list[T]:
    """Return a part of ``items``, in order, for which ``still`` is true and of which no item can be left out.

    Parameters
    ----------
    items
        The whole; ``still(items)`` is taken for true.
    still
        Whether a part does what the whole does.  It may give up on its own (a
        time limit) by answering False; the result is then the smallest part found.
    """
    if still([]):
        return []
    kept, parts = list(items), 2
    while len(kept) > 1:
        size = -(-len(kept) // parts)
        chunks = [kept[at : at + size] for at in range(0, len(kept), size)]
        smaller = next((chunk for chunk in chunks if len(chunks) > 1 and still(chunk)), None)
        if smaller is not None:
            kept, parts = list(smaller), 2
            continue
        rests = (kept[:at] + kept[at + size :] for at in range(0, len(kept), size))
        rest = next((rest for rest in rests if len(rest) < len(kept) and rest and still(rest)), None)
        if rest is not None:
            kept, parts = rest, max(parts - 1, 2)
        elif size == 1:
            break
        else:
            parts = min(len(kept), parts * 2)
    return kept
