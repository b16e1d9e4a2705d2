"""Journals for tests: a clock set by hand, rows drawn by Hypothesis, and blocks small enough to meet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

from hypothesis import strategies as st

from alyslab.runtime import Journal
from alyslab.runtime import journal as journal_module

RowSpec = tuple[int, str, str, dict[str, Any]]
"""Time, kind, subject, fields."""

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(), TEXT, st.just(-0.0), st.just(0)
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=5)
NAMES = st.sampled_from(["a", "b", "kilo gram", "größe", "self", "subjects"])
KINDS = st.sampled_from(["sent", "block.received", "ü", "x"])
SUBJECTS = st.sampled_from(["peer-0", "peer-1", "", "ノード"])
ROWS = st.lists(
    st.tuples(st.integers(0, 20), KINDS, SUBJECTS, st.dictionaries(NAMES, VALUES, max_size=3)), max_size=14
)


class Clock:
    """Tells the time that it was set to."""

    now_ns = 0


def journal_of(rows: Sequence[RowSpec], *, recorders: bool = False, read_midway: bool = False) -> Journal:
    """Return a journal with these rows, recorded by keyword or by position."""
    clock = Clock()
    journal = Journal(clock)
    made: dict[tuple[str, ...], Any] = {}
    for time_ns, kind, subject, fields in rows:
        clock.now_ns = time_ns
        if recorders:
            key = (kind, *fields)
            if key not in made:
                made[key] = journal.recorder(kind, *fields)
            made[key](subject, *fields.values())
        else:
            journal.record(kind, subject, **fields)
        if read_midway:
            assert journal.digest
            assert len(list(journal)) == len(journal)
    return journal


@contextmanager
def blocks_of(rows: int) -> Iterator[None]:
    """Seal blocks of so many rows, in two parts where they are even, so that a test meets several."""
    part = 1 if rows % 2 else 2
    with mock.patch.multiple(journal_module, BLOCK_ROWS=rows, PART_ROWS=max(1, rows // part)):
        yield


def plain(rows: Sequence[RowSpec]) -> str:
    """Return rows so that equal text is equality to the last bit: NaN equals itself, 1 differs from True."""
    return repr([(time_ns, kind, subject, list(fields.items())) for time_ns, kind, subject, fields in rows])


def plain_events(journal: Journal) -> str:
    """Return a journal's rows likewise."""
    return plain([(event.time_ns, event.kind, event.subject, dict(event.fields)) for event in journal])
