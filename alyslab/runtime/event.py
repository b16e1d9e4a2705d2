"""One row of a journal, and the first difference between two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """One row of a journal."""

    seq: int
    """Position in the journal, from 0."""
    time_ns: int
    """Time since the run began, in nanoseconds of its clock."""
    kind: str
    """What happened: ``block.received``."""
    subject: str
    """To whom: an actor, a node, a link."""
    fields: Mapping[str, Any]
    """The rest, by name."""

    def as_dict(self) -> dict[str, Any]:
        """Return the event as a plain mapping, as evidence in a verdict carries it."""
        return {
            "seq": self.seq,
            "time_ns": self.time_ns,
            "kind": self.kind,
            "subject": self.subject,
            "fields": dict(self.fields),
        }

    def __str__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.fields.items())
        return f"{self.time_ns} ns {self.kind} {self.subject}: {fields}"


@dataclass(frozen=True, slots=True)
class Difference:
    """The first row in which two journals differ; a side is None where that journal has ended."""

    seq: int
    mine: Event | None
    other: Event | None

    def __str__(self) -> str:
        here, there = (event or "(the journal has ended)" for event in (self.mine, self.other))
        return f"first difference at seq {self.seq}\n  here:  {here}\n  there: {there}"
