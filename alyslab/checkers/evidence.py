"""How a checker says what it found: a count held against none, the earliest case, and its neighbourhood."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from alyslab.checkers.message_log import MessageLog
from alyslab.checkers.verdict import Check

NEIGHBOURS: Final = 4
"""Messages shown before and after the one that breaks a promise."""
NAMED: Final = 10
"""Messages that a note names; the evidence begins with the earliest."""


def none_of(
    name: str,
    *,
    seen: int,
    broken: int,
    source: str,
    unit: str = "messages",
    evidence: Iterable[Mapping[str, Any]] = (),
    note: str = "",
) -> Check:
    """Hold the number of violations among ``seen`` cases against none; with no case it is inconclusive."""
    return Check(
        name=name,
        observed=broken if seen else None,
        comparison="==",
        limit=0,
        unit=unit,
        source=source,
        evidence=tuple(evidence),
        note=note if seen else "nothing of the kind was observed",
    )


def breaking(
    name: str, log: MessageLog, places: Iterable[Any], *, source: str, seen: int | None = None
) -> Check:
    """Return the check that no message breaks a promise; ``places`` of the log are those that do."""
    found = [int(place) for place in places]
    earliest = min(found, key=lambda place: int(log.ended_ns[place]), default=None)
    return none_of(
        name,
        seen=len(log) if seen is None else seen,
        broken=len(found),
        source=source,
        evidence=() if earliest is None else neighbourhood(log, earliest),
        note="" if earliest is None else _name(log, found, earliest),
    )


def neighbourhood(log: MessageLog, place: int) -> list[dict[str, Any]]:
    """Return the row at ``place``, marked, and those around it that its sender or receiver took part in."""
    import numpy as np

    near = (log.receiver == log.receiver[place]) | (log.sender == log.sender[place])
    # The receiver's own sends belong to the picture too: they are what made it late.
    near |= log.sender == log.receiver[place]
    places = np.flatnonzero(near)
    at = int(np.searchsorted(places, place))
    around = places[max(0, at - NEIGHBOURS) : at + NEIGHBOURS + 1]
    rows = [log.describe(int(other), breaks=False) for other in around if other != place]
    return [log.describe(place, breaks=True), *rows]


def _name(log: MessageLog, places: Sequence[int], earliest: int) -> str:
    names = log.names
    shown = ", ".join(
        f"{int(log.number[place])} ({names[int(log.sender[place])]} → {names[int(log.receiver[place])]}, "
        f"sequence {int(log.sequence[place])})"
        for place in places[:NAMED]
    )
    more = f" and {len(places) - NAMED} more" if len(places) > NAMED else ""
    return f"earliest at {int(log.ended_ns[earliest]) / 1e9:.6f} s; messages {shown}{more}"
