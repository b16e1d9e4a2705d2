"""Total order: all replicas apply what they apply in one common order.

That order exists exactly when no message comes before itself, following from
one message to the next in any replica's sequence; replicas may leave messages
out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from alyslab.checkers.evidence import none_of
from alyslab.checkers.verdict import Verdict

if TYPE_CHECKING:
    from alyslab.runtime import Journal

SOURCE = "atomic broadcast: one order for all replicas"


def check_total_order(source: Journal | Mapping[str, Sequence[int]]) -> Verdict:
    """Return whether one order explains what every replica applied.

    Parameters
    ----------
    source
        A journal with rows ``replica.applied`` (subject: the replica, field
        ``key``), or the keys that each replica applied, in its order.

    Takes O(n log n) where one replica has everything, O(n) steps of Python
    otherwise.  Fewer than two replicas are inconclusive.
    """
    orders = source if isinstance(source, Mapping) else applied(source)
    replicas = sum(1 for keys in orders.values() if len(keys))
    circle = _contradiction(orders) if replicas > 1 else None
    evidence: list[dict[str, Any]] = []
    note = ""
    if circle is not None:
        evidence = [
            {"replica": name, "applied": [key for key in keys if key in set(circle)]}
            for name, keys in orders.items()
        ]
        note = f"no order explains both {circle[0]} and {circle[1]}"
    return Verdict(
        (
            none_of(
                "replicas apply in one common order",
                seen=replicas if replicas > 1 else 0,
                broken=0 if circle is None else 1,
                unit="contradictions",
                source=SOURCE,
                evidence=evidence,
                note=note,
            ),
        )
    )


def applied(journal: Journal) -> dict[str, list[int]]:
    """Return the keys that each replica applied, in its order."""
    orders: dict[str, list[int]] = {}
    for event in journal.select(kind="replica.applied"):
        orders.setdefault(event.subject, []).append(event.fields["key"])
    return orders


def _contradiction(orders: Mapping[str, Sequence[int]]) -> tuple[int, int] | None:
    """Return two keys that can't both be explained, or None."""
    import numpy as np

    longest = max(orders.values(), key=len)
    reference = np.asarray(longest, np.int64)
    by_key = np.argsort(reference, kind="stable")
    keys = reference[by_key]
    if len(np.unique(keys)) < len(keys):
        return _circle(orders)
    for sequence in orders.values():
        own = np.asarray(sequence, np.int64)
        place = np.minimum(np.searchsorted(keys, own), len(keys) - 1)
        if not len(own) or not np.array_equal(keys[place], own):
            return _circle(orders)  # something that the longest has not: the plain way decides
        back = np.flatnonzero(np.diff(by_key[place]) <= 0)
        if len(back):
            return int(own[back[0]]), int(own[back[0] + 1])
    return None


def _circle(orders: Mapping[str, Sequence[int]]) -> tuple[int, int] | None:
    """Take away again and again what nothing comes before; what is left runs in a circle."""
    following: dict[int, set[int]] = {}
    for sequence in orders.values():
        for key in sequence:
            following.setdefault(key, set())
        for before, after in pairwise(sequence):
            following[before].add(after)
    waits = dict.fromkeys(following, 0)
    for after_all in following.values():
        for after in after_all:
            waits[after] += 1
    free = [key for key, count in waits.items() if not count]
    while free:
        for after in following.pop(free.pop()):
            waits[after] -= 1
            if not waits[after]:
                free.append(after)
    if not following:
        return None
    first = min(following)
    onward = sorted(key for key in following[first] if key in following)
    return first, onward[0] if onward else first
