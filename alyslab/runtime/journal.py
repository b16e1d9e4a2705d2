"""The journal: everything that happened in a run, in order, with a digest.

A row is ``seq, time_ns, kind, subject, fields``.  Rows are appended end to end
to one list, encoded in small parts, and sealed in blocks of columns
(:mod:`alyslab.runtime.block`), whose bytes go into a rolling digest.

What a row holds is decided by the program under simulation.  Wall-clock times,
addresses and process ids have no place in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from alyslab.errors import JournalError
from alyslab.runtime.block import BLOCK_ROWS, PART_ROWS, ROW_CELLS, BadRowError, Block, Encoder, Schema
from alyslab.runtime.reading import COLUMNS, Reader
from alyslab.runtime.values import first_refused

if TYPE_CHECKING:
    from pathlib import Path


class Clock(Protocol):
    """Whatever tells the journal the time."""

    @property
    def now_ns(self) -> int:
        """Nanoseconds since the run began."""
        ...


class _Stopped:
    def __init__(self, now_ns: int) -> None:
        self.now_ns = now_ns


class Journal(Reader):
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
        self._block_rows, self._part_rows = BLOCK_ROWS, PART_ROWS
        self._full = self._part_rows * ROW_CELLS
        self._blocks: list[Block] = []
        self._digests: list[bytes] = []
        self._parts: list[Block] = []
        self._tail: list[Any] = []  # rows end to end: fewer objects, and cut into columns at once
        self._kept: int | None = None

    # --- appending ---------------------------------------------------------------------------

    def record(self, kind: str, subject: str, /, **fields: Any) -> None:
        """Append a row; costs about twice as much as a :meth:`recorder`'s call.

        Values are None, bool, 64-bit int, float, str and tuples of these.

        Raises
        ------
        JournalError
            For another value; found at the first row of its kind, or when the
            rows are encoded, and named.
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
        if len(tail) >= self._full:
            self._encode()

    def recorder(self, kind: str, /, *names: str) -> Callable[..., None]:
        """Return a function ``(subject, *values)`` that appends a row of this kind, for hot places.

        It raises :class:`JournalError` as :meth:`record` does, also for a
        wrong number of values, when the rows are encoded.
        """
        schema = self._add_schema(kind, names)
        clock, tail, encode, full = self._clock, self._tail, self._encode, self._full
        extend = tail.extend

        def record(subject: str, *values: Any) -> None:
            extend((clock.now_ns, schema, subject, values))
            if len(tail) >= full:
                encode()

        return record

    def writer(self, kind: str, /, *names: str) -> Callable[[int, str, tuple[Any, ...]], None]:
        """Return a function ``(now_ns, subject, values)`` for the hottest places, which know the time.

        ``now_ns`` is what the journal's clock shows at this moment, read by
        the caller and nothing else; ``values`` is a tuple.  Errors as for
        :meth:`recorder`.
        """
        schema = self._add_schema(kind, names)
        tail, encode, full = self._tail, self._encode, self._full
        extend = tail.extend

        def write(now_ns: int, subject: str, values: tuple[Any, ...]) -> None:
            extend((now_ns, schema, subject, values))
            if len(tail) >= full:
                encode()

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

    def _encode(self) -> None:
        """Turn the full tail into a part of the open block, or drop what came in after the end."""
        cells = self._tail
        if self._kept is not None:
            del cells[self._kept :]
            return
        try:
            part = self._encoder.encode(cells)
        except BadRowError as error:
            self._kept = error.row * ROW_CELLS
            raise
        cells.clear()
        self._parts.append(part)
        if len(self._parts) * self._part_rows >= self._block_rows:
            self._digests.append(self._encoder.seal(self._parts))
            self._blocks.append(Block.joined(self._parts))
            self._parts.clear()

    def _peek(self) -> bytes:
        """Return the digest, the tail included; a bad row ends the journal just before it."""
        try:
            return self._encoder.peek(self._parts, self._cells_in_tail())
        except BadRowError as error:
            self._kept = error.row * ROW_CELLS
            raise

    @property
    def digest(self) -> str:
        """The digest of all rows so far: 32 hexadecimal digits."""
        return self._peek().hex()

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
