"""Which durable data a fault destroyed, so that no node is held to what its disk can't know any more.

Rows read: ``disk.fault`` (bits that rot, a disk that was replaced),
``disk.crash`` (a write that was put over other data), ``store.recovered`` and
``store.begun``.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from alyslab.runtime.event import Event

LOG: Final = "chain/log"
"""The file of a node's chain.  Source: ``alyslab/harnesses/sync/log.py``."""
INTACT: Final = sys.maxsize
"""No byte is destroyed."""
TOLD: Final = frozenset({"chain.finalised", "chain.rolled_back", "block.imported"})


def destroyed_from(row: Event) -> int:
    """Return from which byte on the row takes a node's log from it; :data:`INTACT` if it does not."""
    if row.fields.get("file") == LOG:
        if row.kind == "disk.fault":
            return {"wiped": 0, "rot": int(row.fields["at"])}.get(row.fields["what"], INTACT)
        if row.kind == "disk.crash" and row.fields["fate"] == "misdirected":
            return 0
    return INTACT


def lives(events: Iterable[Event]) -> Iterator[Event]:
    """Yield the events, those of the chain under another name after the node has lost part of its log.

    A node whose disk forgets blocks takes its finality back with them, which
    is the disk's doing.  What it had told keeps its name, so that a fork of
    what is final still shows.
    """
    damaged: set[str] = set()
    life: Counter[str] = Counter()
    for event in events:
        subject = event.subject
        if destroyed_from(event) != INTACT:
            damaged.add(subject)
        elif event.kind in ("store.recovered", "store.begun") and subject in damaged:
            damaged.discard(subject)
            life[subject] += 1
        later = event.kind in TOLD and life[subject] > 0
        yield replace(event, subject=f"{subject}, life {life[subject] + 1}") if later else event
