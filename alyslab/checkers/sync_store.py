"""Verdicts over what survives in a node's log: commits after a crash, and the pointer.

Source: issue 6, "persist what must survive a crash"; alys-system.md §7,
incident 12 (a pointer to the latest proof of work that did not follow the head).
"""

from __future__ import annotations

from typing import Final

from alyslab.checkers.sync_damage import INTACT, destroyed_from
from alyslab.checkers.sync_log import SyncLog, count_none
from alyslab.checkers.verdict import Verdict
from alyslab.runtime.event import Event

INCIDENT: Final = "alys-system.md §7, incident 12"


class _Survival:
    """What one node's log must still have, row by row, and what it had when it was opened."""

    def __init__(self) -> None:
        self.recoveries = self.pointed = 0
        self.lost: list[Event] = []
        """Openings that found less than was committed."""
        self.astray: list[Event] = []
        """Openings that found another pointer than that of their head."""
        self._commits: list[tuple[int, int]] = []
        """Where each commit ends in the log, and its height."""
        self._pointers: dict[int, tuple[str, int]] = {}
        self._cut: int | None = None
        """Height of a rollback whose commit has not been told yet."""
        self._sound = INTACT
        """Up to which byte the log can be relied on when it is opened next."""

    def take(self, row: Event) -> None:
        """Follow one row."""
        fields = row.fields
        match row.kind:
            case "store.commit":
                self._commits.append((fields["end"], fields["height"]))
                self._pointers[fields["height"]] = fields["root"], fields["pow_height"]
                self._cut = None
            case "store.truncate":
                self._cut = fields["height"]
            case "store.recovered" | "store.begun":
                self._opened(row)
            case "disk.fault" | "disk.crash":
                self._sound = min(self._sound, destroyed_from(row))

    def _opened(self, row: Event) -> None:
        fields = row.fields
        self._commits = [commit for commit in self._commits if commit[0] <= self._sound]
        least = self._commits[-1][1] if self._commits else 0
        if self._cut is not None:
            least = min(least, self._cut)
        self.recoveries += row.kind == "store.recovered" or bool(self._commits)
        if fields["height"] < least:
            self.lost.append(row)
        expected = self._pointers.get(fields["height"])
        if expected is not None and expected[0] == fields["root"]:
            self.pointed += 1
            if expected[1] != fields["pow_height"]:
                self.astray.append(row)
        here = [commit for commit in self._commits if commit[0] < fields["end"]]
        self._commits = [*here, (fields["end"], fields["height"])]
        self._cut = None
        self._sound = INTACT


def survives(log: SyncLog) -> Verdict:
    """Return whether each recovery found every committed block, and the pointer of that commit.

    Commits that stood behind a byte that a fault destroyed are not asked for.
    """
    nodes = [_Survival() for _ in log.nodes]
    for node, rows in zip(nodes, log.nodes.values(), strict=True):
        for row in rows:
            node.take(row)
    return Verdict(
        (
            count_none(
                "a recovery finds every block that was committed",
                seen=sum(node.recoveries for node in nodes),
                broken=[row for node in nodes for row in node.lost],
                unit="recoveries",
                source="issue 6: persist what must survive a crash",
            ),
            count_none(
                "a recovery finds the pointer to the latest proof of work",
                seen=sum(node.pointed for node in nodes),
                broken=[row for node in nodes for row in node.astray],
                unit="recoveries",
                source=INCIDENT,
            ),
        )
    )
