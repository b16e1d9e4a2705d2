"""What a miner owes to its own rules, from what it found, heard of and published.

``mining.found`` (block, parent, height), ``mining.heard`` and
``mining.published`` (block, height) are written by the miner, in this order
where one follows from another.  Whether miners earn what theory says is a
question for estimates (:mod:`alyslab.harnesses.mining.studies`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from alyslab.checkers.evidence import none_of
from alyslab.checkers.verdict import Verdict

if TYPE_CHECKING:
    from alyslab.runtime import Event, Journal

KINDS: Final = ("mining.found", "mining.heard", "mining.published")
LONGEST: Final = "a miner extends the longest chain that it knows"
WHOLE: Final = "a lead that has shrunk to one block is published"


@dataclass(slots=True)
class _Knowledge:
    """What one miner knows at one moment."""

    tip: int = 0
    height: int = 0
    """Of the block that it should mine on."""
    public_height: int = 0
    """Of the longest chain that everybody knows or will hear of, as far as it knows."""
    published: set[int] = field(default_factory=set)
    owed: dict[int, Event] = field(default_factory=dict)
    """Blocks that have to be published, with what they answer."""


def check_mining(journal: Journal) -> Verdict:
    """Return whether every miner extended the longest chain it knew, and none kept its last lead back."""
    knows: dict[str, _Knowledge] = {}
    short: list[dict[str, Any]] = []
    kept: list[dict[str, Any]] = []
    found = leads = 0
    for event in journal.select(kind=KINDS):
        mine = knows.setdefault(event.subject, _Knowledge())
        block, height = event.fields["block"], event.fields["height"]
        if event.kind != "mining.published":  # whoever owes blocks publishes them before anything else
            kept += [each.as_dict() for each in mine.owed.values()]
            mine.owed.clear()
        if event.kind == "mining.found":
            found += 1
            if height <= mine.height:
                short.append(event.as_dict())
            mine.tip, mine.height = block, max(height, mine.height)
        elif event.kind == "mining.published":
            mine.published.add(block)
            mine.owed.pop(block, None)
            mine.public_height = max(mine.public_height, height)
        elif height > mine.public_height:
            mine.public_height = height
            if height > mine.height:
                mine.tip, mine.height = block, height
            elif mine.height == height + 1 and mine.tip not in mine.published:
                leads += 1
                mine.owed[mine.tip] = event
    kept += [event.as_dict() for mine in knows.values() for event in mine.owed.values()]
    checks = [
        none_of(
            LONGEST,
            seen=found,
            broken=len(short),
            unit="blocks",
            source="Nakamoto, Bitcoin, 2008, section 5",
            evidence=short[:1],
        )
    ]
    if leads:
        checks.append(
            none_of(
                WHOLE,
                seen=leads,
                broken=len(kept),
                unit="leads",
                source="Eyal and Sirer 2014, algorithm 1",
                evidence=kept[:1],
            )
        )
    return Verdict(tuple(checks))
