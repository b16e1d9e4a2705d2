"""The journal: everything that happened in a run, in order, with a digest.

A row is ``seq, time_ns, kind, subject, fields``.  Rows are appended end to end
to one list and sealed in blocks of columns (:mod:`alyslab.runtime.block`), whose
bytes go into a rolling digest.

What a row holds is decided by the program under simulation.  Wall-clock times,
addresses and process ids have no place in it.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import compress, islice, zip_longest
from typing import TYPE_CHECKING, Any, Protocol

from alyslab.errors import JournalError
from alyslab.runtime.block import (
    BLOCK_ROWS,
    ROW_CELLS,
    BadRowError,
    Block,
    Encoder,
    Row,
    Schema,
    first_refused,
    rows_of,
)
from alyslab.runtime.columns import Part, Texts, gathered
from alyslab.runtime.event import Difference, Event

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

Names = str | Collection[str] | None
Mask = list[bool]
COLUMNS = ("seq", "time_ns", "kind", "subject")
"""What every row has beside its fields."""


class Clock(Protocol):
    """Whatever tells the journal the time."""

    @property
    def now_ns(self) -> int:
        """Nanoseconds since the run began."""
        ...


class _Stopped:
    def __init__(self, now_ns: int) -> None:
        self.now_ns = now_ns


class Journal:
    """An append-only list of events.

    Parameters
    ----------
    clock
        Read once for each row.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._schemas: list[Schema] = []
        self._schema_numbers: dict[Schema, int] = {}
        self._encoder = Encoder(self._schemas)
        self._blocks: list[Block] = []
        self._tail: list[Any] = []  # rows end to end: fewer objects, and cut into columns at once
        self._kept: int | None = None  # cells of the tail that count, once the journal is closed

    # --- appending ---------------------------------------------------------------------------

    def record(self, kind: str, subject: str, /, **fields: Any) -> None:
        """Append a row; costs about twice as much as a :meth:`recorder`'s call.

        Values are None, bool, 64-bit int, float, str and tuples of these.

        Raises
        ------
        JournalError
            For another value; found at the first row of its kind, or when the
            block is sealed, and named.
        """
        if self._kept is not None:
            return
        schema = self._schema_numbers.get((kind, tuple(fields)))
        if schema is None:
            refused = first_refused(kind, tuple(fields), tuple(fields.values()))
            if refused is not None:
                raise JournalError(refused)
            schema = self._add_schema(kind, tuple(fields))
        tail = self._tail
        tail.extend((self._clock.now_ns, schema, subject, tuple(fields.values())))
        if len(tail) >= BLOCK_ROWS * ROW_CELLS:
            self._seal()

    def recorder(self, kind: str, /, *names: str) -> Callable[..., None]:
        """Return a function ``(subject, *values)`` that appends a row of this kind, for hot places.

        It raises :class:`JournalError` as :meth:`record` does, also for a
        wrong number of values, when the block is sealed.
        """
        schema = self._add_schema(kind, names)
        clock, tail, seal, full = self._clock, self._tail, self._seal, BLOCK_ROWS * ROW_CELLS
        extend = tail.extend

        def record(subject: str, *values: Any) -> None:
            extend((clock.now_ns, schema, subject, values))
            if len(tail) >= full:
                seal()

        return record

    def writer(self, kind: str, /, *names: str) -> Callable[[int, str, tuple[Any, ...]], None]:
        """Return a function ``(now_ns, subject, values)`` for the hottest places, which know the time.

        ``now_ns`` is what the journal's clock shows at this moment, read by
        the caller and nothing else; ``values`` is a tuple.  Errors as for
        :meth:`recorder`.
        """
        schema = self._add_schema(kind, names)
        tail, seal, full = self._tail, self._seal, BLOCK_ROWS * ROW_CELLS
        extend = tail.extend

        def write(now_ns: int, subject: str, values: tuple[Any, ...]) -> None:
            extend((now_ns, schema, subject, values))
            if len(tail) >= full:
                seal()

        return write

    def _add_schema(self, kind: str, names: tuple[str, ...]) -> int:
        number = self._schema_numbers.get((kind, names))
        if number is None:
            if not kind or not isinstance(kind, str) or len({*names, *COLUMNS}) != len(names) + 4:
                raise JournalError(
                    f"kind {kind!r} with fields {names!r}: a kind has a name, and its fields differ "
                    f"from each other and from {', '.join(COLUMNS)}"
                )
            number = len(self._schemas)
            self._schemas.append((kind, names))
            self._schema_numbers[kind, names] = number
        return number

    def close(self) -> None:
        """Let nothing more in: what dying code still says after the end did not happen in the run.

        Raises
        ------
        JournalError
            If one of the last rows holds a value that can't be kept.
        """
        if self._kept is None:
            self._kept = len(self._tail)
            self._clock = _Stopped(self._clock.now_ns)  # a journal outlives its simulation
            self._peek()

    def _seal(self) -> None:
        """Turn the full tail into a block, or drop what came in after the end."""
        cells = self._tail
        if self._kept is not None:
            del cells[self._kept :]
            return
        try:
            block = self._encoder.seal(cells)
        except BadRowError as error:
            self._kept = error.row * ROW_CELLS
            raise
        self._blocks.append(block)
        cells.clear()

    def _peek(self) -> Block:
        """Encode the tail without sealing it; a bad row ends the journal just before it."""
        try:
            return self._encoder.peek(self._cells_in_tail())
        except BadRowError as error:
            self._kept = error.row * ROW_CELLS
            raise

    # --- reading -----------------------------------------------------------------------------

    @property
    def digest(self) -> str:
        """The digest of all rows so far: 32 hexadecimal digits."""
        return self._peek().digest.hex()

    def __len__(self) -> int:
        return len(self._blocks) * BLOCK_ROWS + len(self._cells_in_tail()) // ROW_CELLS

    def __iter__(self) -> Iterator[Event]:
        return self.select()

    def __getitem__(self, seq: int) -> Event:
        """Return the event at ``seq``; negative counts from the end; raises IndexError."""
        at = seq + len(self) if seq < 0 else seq
        if not 0 <= at < len(self):
            raise IndexError(f"seq {seq} in a journal of {len(self)} events")
        number, row = divmod(at, BLOCK_ROWS)
        return next(islice(self._events(number, None), row, None))

    def _cells_in_tail(self) -> list[Any]:
        return self._tail if self._kept is None else self._tail[: self._kept]

    def _rows_in_tail(self) -> list[Row]:
        return rows_of(self._cells_in_tail())

    def _events(self, number: int, mask: Mask | None) -> Iterator[Event]:
        """Yield the events of one block (the one after the last is the tail) that the mask lets through."""
        import msgpack

        start = number * BLOCK_ROWS
        if number == len(self._blocks):
            rows: Iterable[tuple[int, int, str, Any]] = self._rows_in_tail()
        else:
            block = self._blocks[number]
            order, subjects = self._encoder.schemas, self._encoder.subjects
            rows = zip(
                block.times.tolist(),
                [self._schema_numbers[order[schema]] for schema in block.schemas.tolist()],
                [subjects[subject] for subject in block.subjects.tolist()],
                msgpack.unpackb(block.values, use_list=False),
                strict=True,
            )
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
        kinds, wanted = _as_set(kind), _as_set(subject)
        for number in range(len(self._blocks) + 1):
            mask = self._mask(number, kinds, wanted, after_ns, before_ns)
            if mask is None or any(mask):
                yield from self._events(number, mask)

    def _mask(
        self,
        number: int,
        kinds: frozenset[str] | None,
        subjects: frozenset[str] | None,
        after: int | None,
        before: int | None,
    ) -> Mask | None:
        """Return which rows of a block match, decided on its integer columns alone."""
        import numpy as np

        if kinds is None and subjects is None and after is None and before is None:
            return None
        if number == len(self._blocks):
            rows = self._rows_in_tail()
            return [
                (kinds is None or self._schemas[schema][0] in kinds)
                and (subjects is None or subject in subjects)
                and (after is None or time_ns >= after)
                and (before is None or time_ns < before)
                for time_ns, schema, subject, _ in rows
            ]
        block = self._blocks[number]
        mask = np.ones(len(block.times), bool)
        if kinds is not None:
            chosen = [number for number, (kind, _) in enumerate(self._encoder.schemas) if kind in kinds]
            mask &= np.isin(block.schemas, chosen)
        if subjects is not None:
            numbers = [self._encoder.subject_number(subject) for subject in sorted(subjects)]
            mask &= np.isin(block.subjects, numbers)
        if after is not None:
            mask &= block.times >= after
        if before is not None:
            mask &= block.times < before
        matches: list[bool] = mask.tolist()
        return matches

    def kinds(self) -> dict[str, int]:
        """Return how many rows there are of each kind, by name."""
        counts: Counter[str] = Counter()
        for block in self._blocks:
            for order, rows in Counter(block.schemas.tolist()).items():
                counts[self._encoder.schemas[order][0]] += rows
        counts.update(self._schemas[schema][0] for _, schema, _, _ in self._rows_in_tail())
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
            return gathered(kind, self._parts(kind), integers, texts)
        finally:
            if collecting:
                gc.enable()

    def _parts(self, kind: str) -> Iterator[Part]:
        """Yield the rows of a kind, block by block, those with the same fields together."""
        import msgpack
        import numpy as np

        order, names = self._encoder.schemas, self._encoder.subjects
        for number, block in enumerate(self._blocks):
            chosen = [schema for schema in np.unique(block.schemas).tolist() if order[schema][0] == kind]
            rows = msgpack.unpackb(block.values, use_list=False) if chosen else ()
            for schema in chosen:
                mask = block.schemas == schema
                subjects = Texts.numbered(block.subjects[mask], names)
                values = rows if mask.all() else list(compress(rows, mask.tolist()))
                places = np.flatnonzero(mask) + number * BLOCK_ROWS
                yield places, block.times[mask], subjects, order[schema], values
        start = len(self._blocks) * BLOCK_ROWS
        last: dict[int, list[tuple[int, Row]]] = {}
        for seq, row in enumerate(self._rows_in_tail(), start):
            if self._schemas[row[1]][0] == kind:
                last.setdefault(row[1], []).append((seq, row))
        for schema, found in last.items():
            times, _, whose, values = zip(*(row for _, row in found), strict=True)
            places = np.array([seq for seq, _ in found])
            yield places, np.array(times), Texts.of(whose), self._schemas[schema], values

    def first_difference(self, other: Journal) -> Difference | None:
        """Return the first row in which the two differ, or None; skips equal blocks by their digests."""
        number = 0
        for mine, theirs in zip(self._blocks, other._blocks, strict=False):
            if mine.digest != theirs.digest:
                break
            number += 1
        for mine_event, other_event in zip_longest(self._from_block(number), other._from_block(number)):
            if _identity(mine_event) != _identity(other_event):
                return Difference((mine_event or other_event).seq, mine_event, other_event)
        return None

    def _from_block(self, number: int) -> Iterator[Event]:
        for at in range(number, len(self._blocks) + 1):
            yield from self._events(at, None)

    # --- files -------------------------------------------------------------------------------

    def save(self, path: Path | str) -> None:
        """Write the journal to a Parquet file, atomically; see :mod:`alyslab.runtime.journal_file`."""
        from alyslab.runtime.journal_file import save

        save(self, path)

    @classmethod
    def load(cls, path: Path | str) -> Journal:
        """Read a saved journal and recompute its digest; raises :class:`JournalFileError`."""
        from alyslab.runtime.journal_file import load

        return load(path)


def _identity(event: Event | None) -> object:
    """Return what the digest sees of an event: 1 is not True, NaN is NaN, and fields have an order."""
    if event is None:
        return None
    return (event.time_ns, event.kind, event.subject, repr(event.fields))


def _as_set(names: Names) -> frozenset[str] | None:
    if names is None:
        return None
    return frozenset([names]) if isinstance(names, str) else frozenset(names)
