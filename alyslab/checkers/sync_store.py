"""Verdicts over what survives: commits after a crash, the pointer, and checkpoints.

Source: issue 6, "Checkers": checkpoint transitions; alys-system.md §7,
incident 12 (a pointer to the latest proof of work that did not follow the head).
"""

from __future__ import annotations

from typing import Final

from alyslab.checkers.sync_log import SyncLog, count_none
from alyslab.checkers.verdict import Verdict
from alyslab.runtime.event import Event

SOURCE: Final = "issue 6, Checkers: checkpoint transitions"
INCIDENT: Final = "alys-system.md §7, incident 12"


def survives(log: SyncLog) -> Verdict:
    """Return whether each recovery found every committed block, and the pointer of that commit."""
    recoveries, lost, astray, pointed = 0, list[Event](), list[Event](), 0
    for rows in log.nodes.values():
        least, pointers = 0, dict[int, tuple[str, int]]()
        for row in rows:
            fields = row.fields
            if row.kind == "store.commit":
                least = fields["height"]
                pointers[least] = fields["root"], fields["pow_height"]
            elif row.kind == "store.truncate":
                least = min(least, fields["height"])
            elif row.kind == "store.recovered":
                recoveries += 1
                if fields["height"] < least:
                    lost.append(row)
                expected = pointers.get(fields["height"])
                if expected is not None and expected[0] == fields["root"]:
                    pointed += 1
                    if expected[1] != fields["pow_height"]:
                        astray.append(row)
    return Verdict(
        (
            count_none(
                "a recovery finds every block that was committed",
                seen=recoveries,
                broken=lost,
                unit="recoveries",
                source="issue 6: persist what must survive a crash",
            ),
            count_none(
                "a recovery finds the pointer to the latest proof of work",
                seen=pointed,
                broken=astray,
                unit="recoveries",
                source=INCIDENT,
            ),
        )
    )


class _Checkpoints:
    """The checkpoints of one node, row by row."""

    def __init__(self, log: SyncLog) -> None:
        self._truths = log.truths
        self.known = self.recoveries = 0
        self.false: list[Event] = []
        """Created, and not what the source has at that height."""
        self.trusted: list[Event] = []
        """Recovered from, although damaged."""
        self.made: set[int] = set()
        self.reached = self.interval = 0
        self._damaged: set[int] = set()

    def take(self, row: Event) -> None:
        """Follow one row."""
        height = row.fields.get("height", 0)
        match row.kind:
            case "sync.policy":
                self.interval = row.fields["checkpoints"]
            case "sync.checkpoint_created":
                self.made.add(height)
                self._damaged.discard(height)
                self.known += height in self._truths
                roots = row.fields["root"], row.fields["state_root"]
                if self._truths.get(height, roots) != roots:
                    self.false.append(row)
            case "fault.checkpoint":
                self._damaged.add(height)
            case "sync.checkpoint_recovered":
                self.recoveries += 1
                if height in self._damaged:
                    self.trusted.append(row)
            case "sync.imported":
                self.reached = max(self.reached, height)

    @property
    def due(self) -> range:
        """Heights of the checkpoints that the node has come to."""
        return range(self.interval, self.reached + 1, self.interval) if self.interval else range(0)


def checkpoints_hold(log: SyncLog) -> Verdict:
    """Return whether checkpoints say what is so, none damaged is recovered from, and none due is left out.

    The last that is due may still be under way when the run ends.
    """
    nodes = {name: _Checkpoints(log) for name in log.nodes}
    for name, rows in log.nodes.items():
        for row in rows:
            nodes[name].take(row)
    missing = [
        {"node": name, "height": height}
        for name, node in nodes.items()
        for height in node.due[:-1]
        if height not in node.made
    ]
    return Verdict(
        (
            count_none(
                "a checkpoint bears the roots of its own height",
                seen=sum(node.known for node in nodes.values()),
                broken=[row for node in nodes.values() for row in node.false],
                unit="checkpoints",
                source=SOURCE,
            ),
            count_none(
                "no damaged checkpoint is recovered from",
                seen=sum(node.recoveries for node in nodes.values()),
                broken=[row for node in nodes.values() for row in node.trusted],
                unit="recoveries",
                source=SOURCE,
            ),
            count_none(
                "a checkpoint is made wherever one is due",
                seen=sum(len(node.due[:-1]) for node in nodes.values()),
                broken=missing,
                unit="checkpoints",
                source="alys-system.md §3",
            ),
        )
    )
