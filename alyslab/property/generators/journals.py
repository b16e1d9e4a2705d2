"""Rows for a journal, and one change to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alyslab.property.case import case

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from alyslab.runtime import Journal

CHANGES = ("time", "kind", "subject", "value", "dropped", "repeated")


@case
@dataclass(frozen=True, slots=True)
class Row:
    """One event."""

    at_ms: int = 0
    """Since the event before, in ms."""
    kind: str = "sent"
    subject: str = "a"
    value: bool | int | str | None = None


@case
@dataclass(frozen=True, slots=True)
class JournalPlan:
    """Events, and one change of one of them."""

    rows: tuple[Row, ...] = (Row(),)
    place: int = 0
    change: str = CHANGES[0]

    def changed(self) -> tuple[Row, ...]:
        """Return the rows with one of them changed."""
        from dataclasses import replace

        place = self.place % len(self.rows)
        row = self.rows[place]
        instead = {
            "time": (replace(row, at_ms=row.at_ms + 1),),
            "kind": (replace(row, kind=row.kind + "!"),),
            "subject": (replace(row, subject=row.subject + "!"),),
            "value": (replace(row, value=0 if row.value != 0 or row.value is False else 1),),
            "dropped": (),
            "repeated": (row, row),
        }[self.change]
        return (*self.rows[:place], *instead, *self.rows[place + 1 :])


def journal_plans(*, most: int = 12) -> SearchStrategy[JournalPlan]:
    """Draw 1 to ``most`` events and a change; shrinks to one event whose time is another."""
    from hypothesis import strategies as st

    row = st.builds(
        Row,
        at_ms=st.integers(0, 5),
        kind=st.sampled_from(("sent", "handled")),
        subject=st.sampled_from(("a", "b")),
        value=st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from(("", "x"))),
    )
    return st.builds(
        JournalPlan,
        rows=st.lists(row, min_size=1, max_size=most).map(tuple),
        place=st.integers(0, most - 1),
        change=st.sampled_from(CHANGES),
    )


def recorded(rows: tuple[Row, ...]) -> Journal:
    """Return a journal with these rows."""
    from alyslab.runtime import Journal

    clock = _Clock()
    journal = Journal(clock)
    for row in rows:
        clock.now_ns += row.at_ms * 1_000_000
        journal.record(row.kind, row.subject, value=row.value)
    return journal


class _Clock:
    now_ns = 0
