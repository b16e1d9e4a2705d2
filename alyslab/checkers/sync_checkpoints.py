"""Verdict over checkpoints: true, complete, and none trusted that was damaged.

Source: issue 6, "Checkers": checkpoint transitions.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from alyslab.checkers.sync_log import SyncLog, count_none
from alyslab.checkers.verdict import Verdict
from alyslab.runtime.event import Event

SOURCE: Final = "issue 6, Checkers: checkpoint transitions"


class _Checkpoints:
    """The checkpoints of one node, row by row."""

    def __init__(self, truths: dict[int, tuple[str, str]]) -> None:
        self._truths = truths
        self.known = self.decisions = 0
        """Created ones that the source's roots are known of; recoveries, and refusals of damaged ones."""
        self.false: list[Event] = []
        """Created, and not what the source has at that height."""
        self.trusted: list[Event] = []
        """Recovered from, although damaged."""
        self.made: set[int] = set()
        """Heights of those that were made, or could not be since the disk refused."""
        self.reached = self.interval = 0
        self._damaged: set[int] = set()
        self._kept: dict[str, tuple[int, int]] = {}
        """Height and bytes of the state in each directory."""
        self._flips: Counter[tuple[str, int]] = Counter()
        """How often a bit of this byte of a directory's state was flipped."""
        self._refused_ns = -1
        """When the disk last refused something."""

    def take(self, row: Event) -> None:
        """Follow one row."""
        height = row.fields.get("height", 0)
        match row.kind:
            case "sync.policy":
                self.interval = row.fields["checkpoints"]
            case "sync.checkpoint_created":
                self._created(row, height)
            case "sync.checkpoint_refused":
                self.decisions += height in self._damaged or height in self._rotten()
                if row.fields["rule"] == "not_written" and row.time_ns == self._refused_ns:
                    self.made.add(height)
            case "fault.checkpoint":
                self._damaged.add(height)
            case "disk.fault":
                self._refused_ns = row.time_ns
                self._rotted(row)
            case "sync.checkpoint_recovered":
                self.decisions += 1
                if height in self._damaged or height in self._rotten():
                    self.trusted.append(row)
            case "sync.imported":
                self.reached = max(self.reached, height)

    def _created(self, row: Event, height: int) -> None:
        fields = row.fields
        self.made.add(height)
        self._damaged.discard(height)
        directory = fields["directory"]
        self._kept[directory] = height, fields["bytes"]
        for key in [key for key in self._flips if key[0] == directory]:
            del self._flips[key]
        self.known += height in self._truths
        roots = fields["root"], fields["state_root"]
        if self._truths.get(height, roots) != roots:
            self.false.append(row)

    def _rotted(self, row: Event) -> None:
        directory, _, name = str(row.fields["file"]).rpartition("/")
        if row.fields["what"] == "rot" and name == "state":
            self._flips[directory, row.fields["at"]] += 1

    def _rotten(self) -> set[int]:
        """Return the heights whose state has a byte that surely is another than it was."""
        return {
            self._kept[directory][0]
            for (directory, place), flips in self._flips.items()
            if flips % 2 and directory in self._kept and place < self._kept[directory][1]
        }

    @property
    def due(self) -> range:
        """Heights of the checkpoints that the node has come to."""
        return range(self.interval, self.reached + 1, self.interval) if self.interval else range(0)


def checkpoints_hold(log: SyncLog) -> Verdict:
    """Return whether checkpoints say what is so, none damaged is recovered from, and none due is left out.

    The last that is due may still be under way when the run ends.
    """
    nodes = {name: _Checkpoints(log.truths) for name in log.nodes}
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
                seen=sum(node.decisions for node in nodes.values()),
                broken=[row for node in nodes.values() for row in node.trusted],
                unit="checkpoints",
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
