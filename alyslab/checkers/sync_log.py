"""What the rows of a sync say, read once and by node, for the checkers of the synchronisation.

Rows of the world: ``sync.member``, ``sync.source``, ``sync.truth``,
``faults.over``; of nodes: all other kinds that begin with ``sync.`` or
``store.``, and :data:`OTHERS`.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from alyslab.checkers.verdict import Check
from alyslab.runtime.event import Event

STALENESS_S: Final = 16.0
"""How old a peer's latest word may be when a node relies on it, in virtual seconds.

An interval of 5 s between rounds of statuses, 5 s to connect again, 5 s until
a status times out for which the others wait, and a little.
"""

OTHERS: Final = frozenset({"node.crash", "fault.checkpoint", "disk.fault", "disk.crash"})
"""Rows of nodes that are no sync's own."""


@dataclass(slots=True)
class SyncLog:
    """The rows of one run, sorted by what they are about."""

    nodes: dict[str, list[Event]] = field(default_factory=dict)
    """Rows of each syncing node, in order."""
    behaviours: dict[str, str] = field(default_factory=dict)
    """What each peer does."""
    truths: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Root and state root of the source by height, where they were written down."""
    source_ns: list[int] = field(default_factory=list)
    source_heights: list[int] = field(default_factory=list)
    """When the source's head moved, and where to."""
    faults: list[Event] = field(default_factory=list)
    """Beginnings and ends of what was broken on purpose."""
    aware: bool = True
    """Whether nodes knew of every change of the federation."""
    over: Event | None = None
    """When the last fault had ended and the source stood still."""
    end_ns: int = 0
    """When the run ended."""

    @classmethod
    def read(cls, journal: Iterable[Event]) -> SyncLog:
        """Read a journal."""
        log = cls()
        for event in journal:
            kind, fields = event.kind, event.fields
            log.end_ns = max(log.end_ns, event.time_ns)
            if kind == "sync.member":
                if fields["role"] == "syncing":
                    log.nodes[event.subject] = []
                else:
                    log.behaviours[event.subject] = fields["behaviour"]
            elif kind == "sync.truth":
                log.truths[fields["height"]] = fields["root"], fields["state_root"]
            elif kind == "sync.source":
                log.source_ns.append(event.time_ns)
                log.source_heights.append(fields["height"])
            elif kind in ("fault.begin", "fault.end"):
                log.faults.append(event)
            elif kind == "sync.world":
                log.aware = fields["aware"]
            elif kind == "faults.over":
                log.over = event
            elif event.subject in log.nodes and (kind.startswith(("sync.", "store.")) or kind in OTHERS):
                log.nodes[event.subject].append(event)
        return log

    def of(self, kind: str) -> list[Event]:
        """Return the nodes' rows of one kind, node by node."""
        return [event for rows in self.nodes.values() for event in rows if event.kind == kind]

    def source_height(self, time_ns: int) -> int:
        """Return the height of the source at a time; 0 before there was one."""
        place = bisect.bisect_right(self.source_ns, time_ns)
        return self.source_heights[place - 1] if place else 0

    def known_height(self, time_ns: int) -> int:
        """Return the height that a node which listens must know of at a time."""
        return self.source_height(max(0, time_ns - round(STALENESS_S * 1e9)))


def count_none(
    name: str, *, seen: int, broken: Iterable[Event | Mapping[str, Any]], unit: str, source: str
) -> Check:
    """Hold the number of violations among ``seen`` cases against none; with no case it is inconclusive."""
    found = [event.as_dict() if isinstance(event, Event) else dict(event) for event in broken]
    return Check(
        name=name,
        observed=len(found) if seen else None,
        comparison="==",
        limit=0,
        unit=unit,
        source=source,
        evidence=tuple(found[:2]),
        note="" if seen else "nothing of the kind was observed",
    )
