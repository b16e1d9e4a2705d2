"""Verdicts over progress: that blocks come, that work finalises them, and that payments arrive.

Reads ``chain.finalised``, ``block.imported``, ``consensus.queued``,
``faults.over`` and ``run.over``; the subject of an event is the node.

Source: alys-system.md §1, "Halt/finality"; §7, incidents 5 and 10 (work that
is queued and never used).
"""

from __future__ import annotations

from collections.abc import Iterable

from alyslab.checkers.verdict import Check, Verdict
from alyslab.runtime.event import Event

KINDS = ("block.imported", "chain.finalised", "consensus.started", "faults.over", "run.over")
"""What the checks of this module read."""
NS_PER_S = 1_000_000_000


def goes_on(events: Iterable[Event], *, blocks_within_s: float, finality_within_s: float) -> Verdict:
    """Once faults are over, every node soon imports a block, and finalises one, that it had not before.

    Observed is the time of the slowest node; a node that never did counts with
    the whole time that the run had left.
    """
    kept = list(events)
    over_ns = next((event.time_ns for event in kept if event.kind == "faults.over"), None)
    end_ns = next((event.time_ns for event in kept if event.kind == "run.over"), None)
    nodes = list(dict.fromkeys(event.subject for event in kept if event.kind == "consensus.started"))
    promises = (
        ("block.imported", "imports a block", blocks_within_s),
        ("chain.finalised", "finalises a block", finality_within_s),
    )
    checks = []
    for kind, what, within_s in promises:
        observed, note = None, "the run ended before the time was up"
        if over_ns is not None and end_ns is not None and end_ns - over_ns >= within_s * NS_PER_S:
            waits = {node: _wait_s(kept, kind, node, over_ns, end_ns) for node in nodes}
            slowest = max(waits, key=waits.__getitem__, default=None)
            observed = None if slowest is None else waits[slowest]
            note = "no node" if slowest is None else f"slowest: {slowest}"
        checks.append(
            Check(
                name=f"time from the end of faults until every node {what}",
                observed=observed,
                comparison="<=",
                limit=within_s,
                unit="s",
                source="alys-system.md §1, Halt/finality; §3, partition recovery ≤ 60 s",
                note=note,
            )
        )
    return Verdict(tuple(checks))


def _wait_s(events: list[Event], kind: str, node: str, over_ns: int, end_ns: int) -> float:
    """Return when, after ``over_ns``, a node's height of this kind first rises above what it was."""
    before = 0
    for event in events:
        if event.kind != kind or event.subject != node:
            continue
        height = event.fields["height"]
        if event.time_ns <= over_ns:
            before = max(before, height)
        elif height > before:
            return (event.time_ns - over_ns) / NS_PER_S
    return (end_ns - over_ns) / NS_PER_S
