"""Reading a journal: as events, filtered, as a frame, as columns, against another journal."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import compress, islice, zip_longest
from typing import TYPE_CHECKING, Any

from alyslab.runtime.block import ROW_CELLS, Block, Encoder, Row, Schema, rows_of
from alyslab.runtime.columns import Part, Texts, gathered
from alyslab.runtime.event import Difference, Event
from alyslab.runtime.selection import Mask, Selection

if TYPE_CHECKING:
    import pandas as pd

Names = str | Collection[str] | None
Chunk = Block | list[Row]
"""Encoded rows, or those that are not encoded yet."""
COLUMNS = ("seq", "time_ns", "kind", "subject")
"""What every row has beside its fields."""


class Reader:
    """The reading half of a journal, which fills what is declared here; reading changes nothing."""

    _schemas: list[Schema]
    _schema_numbers: dict[Schema, int]
    _encoder: Encoder
    _block_rows: int
    _blocks: list[Block]
    _digests: list[bytes]
    """Of the journal up to and including each block."""
    _parts: list[Block]
    """Of the block that is not full yet."""
    _tail: list[Any]
    """Rows that are not encoded yet, end to end."""
    _kept: int | None
    """Cells of the tail that count, once the journal is closed."""

    def __len__(self) -> int:
        encoded = len(self._blocks) * self._block_rows + sum(map(len, self._parts))
        return encoded + len(self._cells_in_tail()) // ROW_CELLS

    def __iter__(self) -> Iterator[Event]:
        return self.select()

    def __getitem__(self, seq: int) -> Event:
        """Return the event at ``seq``; negative counts from the end; raises IndexError."""
        at = seq + len(self) if seq < 0 else seq
        if not 0 <= at < len(self):
            raise IndexError(f"seq {seq} in a journal of {len(self)} events")
        for start, chunk in self._chunks(at // self._block_rows):
            if at < start + len(chunk):
                return next(islice(self._events(start, chunk, None), at - start, None))
        raise AssertionError("the chunks hold every row")

    def _cells_in_tail(self) -> list[Any]:
        return self._tail if self._kept is None else self._tail[: self._kept]

    def _chunks(self, first_block: int = 0) -> Iterator[tuple[int, Chunk]]:
        """Yield all rows from a block on, in pieces, each with the seq of its first row."""
        start = first_block * self._block_rows
        chunks: list[Chunk] = [*self._blocks[first_block:], *self._parts, rows_of(self._cells_in_tail())]
        for chunk in chunks:
            yield start, chunk
            start += len(chunk)

    def _events(self, start: int, chunk: Chunk, mask: Mask | None) -> Iterator[Event]:
        """Yield the events of a chunk that the mask lets through."""
        import msgpack

        rows: Iterable[Row]
        if isinstance(chunk, Block):
            order, subjects = self._encoder.schemas, self._encoder.subjects
            rows = zip(
                chunk.times.tolist(),
                [self._schema_numbers[order[schema]] for schema in chunk.schemas.tolist()],
                [subjects[subject] for subject in chunk.subjects.tolist()],
                msgpack.unpackb(chunk.values, use_list=False),
                strict=True,
            )
        else:
            rows = chunk
        numbered: Iterable[tuple[int, tuple[int, int, str, Any]]] = enumerate(rows, start)
        if mask is not None:
            numbered = compress(numbered, mask)
        for seq, (time_ns, schema, subject, values) in numbered:
            kind, names = self._schemas[schema]
            yield Event(seq, time_ns, kind, subject, dict(zip(names, values, strict=True)))

    def select(
        self,
        kind: Names = None,
        subject: Names = None,
        *,
        after_ns: int | None = None,
        before_ns: int | None = None,
    ) -> Iterator[Event]:
        """Yield the events that match, in order.

        Parameters
        ----------
        kind, subject
            A name or a collection of names; None matches all.
        after_ns, before_ns
            Half-open interval of time: ``after_ns <= time_ns < before_ns``.
        """
        chosen = Selection(_as_set(kind), _as_set(subject), after_ns, before_ns)
        for start, chunk in self._chunks():
            if isinstance(chunk, Block):
                mask = chosen.of_block(chunk, self._encoder)
            else:
                mask = chosen.of_rows(chunk, self._schemas)
            if mask is None or any(mask):
                yield from self._events(start, chunk, mask)

    def kinds(self) -> dict[str, int]:
        """Return how many rows there are of each kind, by name."""
        counts: Counter[str] = Counter()
        for _, chunk in self._chunks():
            if isinstance(chunk, Block):
                for order, rows in Counter(chunk.schemas.tolist()).items():
                    counts[self._encoder.schemas[order][0]] += rows
            else:
                counts.update(self._schemas[schema][0] for _, schema, _, _ in chunk)
        return dict(sorted(counts.items()))

    def frame(
        self,
        kind: Names = None,
        subject: Names = None,
        *,
        after_ns: int | None = None,
        before_ns: int | None = None,
    ) -> pd.DataFrame:
        """Return matching rows as a pandas frame: seq, time_ns, kind, subject, and a column for each field.

        A field that a row's kind does not have is None there.  Arguments as for :meth:`select`.
        """
        import pandas as pd

        events = list(self.select(kind, subject, after_ns=after_ns, before_ns=before_ns))
        names = dict.fromkeys(name for event in events for name in event.fields)
        columns: dict[str, Any] = {column: [getattr(event, column) for event in events] for column in COLUMNS}
        for name in names:
            values = [event.fields.get(name) for event in events]
            # pandas would make floats of integers beside None, and lose the last digits of long ones.
            columns[name] = pd.Series(values, dtype=object) if None in values else values
        return pd.DataFrame(columns).astype({"seq": "int64", "time_ns": "int64"})

    def columns(
        self, kind: str, *, integers: Sequence[str] = (), texts: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Return rows of one kind as columns of numbers, many times faster than as events.

        Parameters
        ----------
        kind
            Which rows.
        integers, texts
            Which of their fields, and what these hold.

        Returns
        -------
        dict
            ``seq``, ``time_ns`` and the integers as int64 arrays, ``subject``
            and the texts as :class:`~alyslab.runtime.columns.Texts`, all in
            the order of the journal; empty where there is no such row.

        Raises
        ------
        JournalError
            For a row without one of the fields, or with a value of another type in it.
        """
        # Millions of values that live for one block each: the collector would only walk over them.
        collecting = gc.isenabled()
        gc.disable()
        try:
            return gathered(kind, self._of_kind(kind), integers, texts)
        finally:
            if collecting:
                gc.enable()

    def _of_kind(self, kind: str) -> Iterator[Part]:
        """Yield the rows of a kind, chunk by chunk, those with the same fields together."""
        import msgpack
        import numpy as np

        order, names = self._encoder.schemas, self._encoder.subjects
        for start, chunk in self._chunks():
            if not isinstance(chunk, Block):
                yield from self._of_kind_in_tail(kind, start, chunk)
                continue
            chosen = [schema for schema in np.unique(chunk.schemas).tolist() if order[schema][0] == kind]
            rows = msgpack.unpackb(chunk.values, use_list=False) if chosen else ()
            for schema in chosen:
                mask = chunk.schemas == schema
                subjects = Texts.numbered(chunk.subjects[mask], names)
                values = rows if mask.all() else list(compress(rows, mask.tolist()))
                yield np.flatnonzero(mask) + start, chunk.times[mask], subjects, order[schema], values

    def _of_kind_in_tail(self, kind: str, start: int, rows: list[Row]) -> Iterator[Part]:
        import numpy as np

        found: dict[int, list[tuple[int, Row]]] = {}
        for seq, row in enumerate(rows, start):
            if self._schemas[row[1]][0] == kind:
                found.setdefault(row[1], []).append((seq, row))
        for schema, numbered in found.items():
            times, _, whose, values = zip(*(row for _, row in numbered), strict=True)
            places = np.array([seq for seq, _ in numbered])
            yield places, np.array(times), Texts.of(whose), self._schemas[schema], values

    def first_difference(self, other: Reader) -> Difference | None:
        """Return the first row in which the two differ, or None; skips equal blocks by their digests."""
        number = 0
        for mine, theirs in zip(self._digests, other._digests, strict=False):
            if mine != theirs:
                break
            number += 1
        for mine_event, other_event in zip_longest(self._from_block(number), other._from_block(number)):
            if _identity(mine_event) != _identity(other_event):
                return Difference((mine_event or other_event).seq, mine_event, other_event)
        return None

    def _from_block(self, number: int) -> Iterator[Event]:
        for start, chunk in self._chunks(number):
            yield from self._events(start, chunk, None)


def _identity(event: Event | None) -> object:
    """Return what the digest sees of an event: 1 is not True, NaN is NaN, and fields have an order."""
    if event is None:
        return None
    return (event.time_ns, event.kind, event.subject, repr(event.fields))


def _as_set(names: Names) -> frozenset[str] | None:
    if names is None:
        return None
    return frozenset([names]) if isinstance(names, str) else frozenset(names)
