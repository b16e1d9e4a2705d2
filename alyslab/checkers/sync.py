"""Verdicts over a sync's end: it is honest, and it comes.

A node that says it is synced has the source's height, as far as anybody could
have told it, and the source's state root, computed by its own chain.  Once
faults are over, every node gets there within a bound.

Source: issue 6, "Checkers": convergence, and sync finished honestly (state
root, not height).
"""

from __future__ import annotations

from typing import Final

from alyslab.checkers.sync_log import SyncLog, count_none
from alyslab.checkers.verdict import Check, Verdict

CONVERGENCE_S: Final = 120.0
"""Default bound, in virtual seconds, where the workload states none.

A range's time-out of 30 s, the longest back-off of 30 s, and a silence of 60 s
after which a partition is suspected.  Source: alys-system.md §3; our sum.
"""
SOURCE: Final = "issue 6, Checkers: sync finished honestly"


def finished_honestly(log: SyncLog) -> Verdict:
    """Return whether every ``sync.done`` was at the source's head, with the source's roots."""
    done = log.of("sync.done")
    short = [event for event in done if event.fields["height"] < log.known_height(event.time_ns)]
    known = [event for event in done if event.fields["height"] in log.truths]
    wrong = [
        event
        for event in known
        if (event.fields["root"], event.fields["state_root"]) != log.truths[event.fields["height"]]
    ]
    return Verdict(
        (
            count_none(
                "nodes that say they are synced have the source's height",
                seen=len(done),
                broken=short,
                unit="syncs",
                source=SOURCE,
            ),
            count_none(
                "nodes that say they are synced have the source's state root",
                seen=len(known),
                broken=wrong,
                unit="syncs",
                source=SOURCE,
            ),
        )
    )


def never_claimed(log: SyncLog) -> Verdict:
    """Return whether no node said that it is synced: for nodes that can't be, which must refuse something."""
    refused = log.of("sync.refused")
    return Verdict(
        (
            count_none(
                "a node that can't follow the chain never says that it is synced",
                seen=len(refused) + len(log.of("sync.done")),
                broken=log.of("sync.done"),
                unit="syncs",
                source=SOURCE,
            ),
        )
    )


def converges(log: SyncLog, within_s: float = CONVERGENCE_S) -> Verdict:
    """Return whether every node is synced at the source's last head within a bound once faults are over.

    The bound is the one that the workload wrote with the end of its faults.
    """
    if log.over is not None:
        within_s = log.over.fields["within_s"]
    name = f"nodes are synced within {within_s:g} s once faults are over"
    source = "issue 6, Checkers: convergence within a bound once faults stop"
    if log.over is None:
        return Verdict.inconclusive(name, "faults never stopped")
    began_ns, height = log.over.time_ns, log.over.fields["height"]
    worst, late = 0.0, []
    for node, rows in log.nodes.items():
        arrived = [row.time_ns for row in rows if row.kind == "sync.done" and row.fields["height"] >= height]
        lost = [row.time_ns for row in rows if row.kind == "node.crash"]
        after = [time_ns for time_ns in arrived if time_ns > max(lost, default=-1)]
        took_s = (max(0, after[0] - began_ns) if after else log.end_ns - began_ns) / 1e9
        if not after:
            head = next((row.fields["height"] for row in reversed(rows) if row.kind == "sync.imported"), 0)
            late.append({"node": node, "height": head, "of": height, "waited_s": took_s})
        worst = max(worst, took_s)
    unfinished = late and worst < within_s
    return Verdict(
        (
            Check(
                name=name,
                observed=None if unfinished or not log.nodes else worst,
                comparison="<=",
                limit=within_s,
                unit="s",
                source=source,
                evidence=tuple(late[:2]),
                note="the run ended before the bound" if unfinished else "",
            ),
        )
    )
