"""Which rule of the model says what each sentence of the facts says.

The rows stand in ``facts.csv``: the part of alys-system.md, a few words by
which the sentence is found there, the dotted names of what says it here, the
deviation by which V1 differs, and a note.  Parts without a number are those of
§1; of §2 stands the drift of parameters, of §6 and §7 all.  What is no rule of
the chain (sync, gossip, RPC, storage, ports) names where it belongs, with its
issue, or ``later``.  Tests hold every name to exist and, where the facts are at hand, every
sentence to be found.
"""

from __future__ import annotations

import csv
import importlib
import re
from dataclasses import dataclass
from importlib import resources
from typing import Any

ELSEWHERE = re.compile(r"(issue \d+|later): ")
"""How a row begins that belongs to another part of the laboratory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One sentence of the facts and what says it here."""

    section: str
    """Its heading in alys-system.md §1, or the number of another part."""
    anchor: str
    """Words that stand in this sentence only."""
    names: tuple[str, ...]
    """Dotted names of functions, classes and constants; empty where it belongs elsewhere."""
    elsewhere: str
    """Which part of the laboratory it belongs to, if not the model."""
    deviation: str
    """How V1 differs from the sound rule; empty where it does not."""
    note: str
    """What else is to be said."""


def named(dotted: str) -> Any:
    """Return what a dotted name stands for; raises ImportError or AttributeError for what does not exist."""
    parts = dotted.split(".")
    module = importlib.import_module(".".join(parts[:3]))
    item: Any = module
    for part in parts[3:]:
        item = getattr(item, part)
    return item


def facts() -> tuple[Fact, ...]:
    """Return every row, in the order of the facts."""
    text = resources.files("alyslab.model").joinpath("facts.csv").read_text(encoding="utf-8")
    return tuple(_fact(row) for row in csv.DictReader(text.splitlines()))


def _fact(row: dict[str, str]) -> Fact:
    begins = ELSEWHERE.match(row["where"])
    elsewhere = row["where"][begins.end() :] if begins else ""
    return Fact(
        section=row["section"],
        anchor=row["anchor"],
        names=() if elsewhere else tuple(row["where"].split()),
        elsewhere=elsewhere,
        deviation=row["deviation"],
        note=row["note"],
    )
