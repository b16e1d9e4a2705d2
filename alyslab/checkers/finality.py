"""Verdicts over finality: it never moves back, never forks, and the chain halts when it must.

Reads ``chain.finalised`` (height, root, genesis), ``block.imported`` and
``chain.rolled_back``; the subject of an event is the node.

Source: alys-system.md §1, "Halt/finality".
"""

from __future__ import annotations

from collections.abc import Iterable

from alyslab.checkers.verdict import Check, Verdict
from alyslab.runtime.event import Event


def finality_holds(journal: Iterable[Event]) -> Verdict:
    """No node's finalised height ever falls, and no two finalised blocks stand at one height."""
    latest: dict[str, Event] = {}
    roots: dict[tuple[str, int], Event] = {}  # by genesis too: a journal may hold several chains
    backwards: list[Event] = []
    forks: list[Event] = []
    for event in journal:
        if event.kind == "chain.finalised":
            before = latest.get(event.subject)
            if before is not None and event.fields["height"] < before.fields["height"]:
                backwards += [before, event]
            latest[event.subject] = event
            other = roots.setdefault((event.fields["genesis"], event.fields["height"]), event)
            if other.fields["root"] != event.fields["root"]:
                forks += [other, event]
        elif event.kind == "chain.rolled_back":
            before = latest.get(event.subject)
            if before is not None and event.fields["finalised_height"] < before.fields["height"]:
                backwards += [before, event]
    source = "alys-system.md §1, Halt/finality"
    return Verdict(
        (
            _none("finality moved backwards", backwards, bool(latest), source),
            _none("two finalised blocks at one height", forks, bool(latest), source),
        )
    )


def halts(journal: Iterable[Event], *, max_blocks_without_pow: int) -> Verdict:
    """No block without proof of work stands further above the finalised height than the spec allows."""
    finalised: dict[str, int] = {}
    greatest, at = None, list[Event]()
    for event in journal:
        if event.kind == "chain.finalised":
            finalised[event.subject] = event.fields["height"]
        elif event.kind == "block.imported" and not event.fields["pow_bits"]:
            gap = event.fields["height"] - finalised.get(event.subject, 0)
            if greatest is None or gap > greatest:
                greatest, at = gap, [event]
    held = greatest is None or greatest <= max_blocks_without_pow
    return Verdict(
        (
            Check(
                name="greatest gap above the finalised height",
                observed=greatest,
                comparison="<=",
                limit=max_blocks_without_pow,
                unit="blocks",
                source="spec.max_blocks_without_pow",
                evidence=() if held else tuple(event.as_dict() for event in at),
            ),
        )
    )


def _none(name: str, found: list[Event], observed: bool, source: str) -> Check:
    return Check(
        name=name,
        observed=len(found) // 2 if observed else None,
        comparison="==",
        limit=0,
        source=source,
        evidence=tuple(event.as_dict() for event in found[:2]),
    )
