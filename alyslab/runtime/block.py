"""Sealed rows of a journal: integer columns, packed values, and the digest up to there.

The digest is BLAKE2b over, for each block of :data:`BLOCK_ROWS` rows: the
msgpack of each (kind, field names) and each subject that appears first in it,
in the order of appearance; then the columns of times (int64), kinds and
subjects (int32, by number of first appearance), little-endian; then the msgpack
of the list of value tuples.  It depends on the rows alone, so that it can be
recomputed from a file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from alyslab.errors import JournalError
from alyslab.runtime.values import KEPT, canonical, first_refused, has_nan, is_plain, is_text

if TYPE_CHECKING:
    import numpy as np

BLOCK_ROWS = 4_096
"""Rows in a sealed block; part of the digest's definition."""
PART_ROWS = 256
"""Rows that are encoded at once, while the processor's cache still holds them; no digest depends on it."""

Row = tuple[int, int, str, tuple[Any, ...]]
"""Time, number of the schema, subject, values."""
Cells = Sequence[Any]
"""Rows laid end to end, four cells each, as a :data:`Row` has them."""
ROW_CELLS = 4
Schema = tuple[str, tuple[str, ...]]
"""A kind and the names of its fields."""


@dataclass(frozen=True, slots=True)
class Block:
    """Encoded rows: a sealed block, or a part of the one that is open."""

    times: np.ndarray[Any, np.dtype[np.int64]]
    schemas: np.ndarray[Any, np.dtype[np.int32]]
    """Index into :attr:`Encoder.schemas`."""
    subjects: np.ndarray[Any, np.dtype[np.int32]]
    """Index into :attr:`Encoder.subjects`."""
    values: bytes
    """msgpack of the list of value tuples."""

    def __len__(self) -> int:
        return len(self.times)

    @property
    def body(self) -> memoryview:
        """The packed values without the header of their list."""
        return memoryview(self.values)[len(_header(len(self))) :]

    @classmethod
    def joined(cls, parts: Sequence[Block]) -> Block:
        """Return the rows of all parts as one."""
        import numpy as np

        return cls(
            np.concatenate([part.times for part in parts]),
            np.concatenate([part.schemas for part in parts]),
            np.concatenate([part.subjects for part in parts]),
            b"".join([_header(sum(map(len, parts))), *(part.body for part in parts)]),
        )


class Encoder:
    """Turns rows into parts and parts into blocks, and keeps the names and the digest that go on.

    Parameters
    ----------
    known
        The schemas by the numbers that rows bear; the journal adds to it.
    """

    def __init__(self, known: Sequence[Schema]) -> None:
        self.schemas: list[Schema] = []
        """In the order in which they first appear in a row."""
        self.subjects: list[str] = []
        """Likewise."""
        self._known = known
        self._schema_order: dict[int, int] = {}
        self._subject_order: dict[str, int] = {}
        self._digest = blake2b(digest_size=16)
        self._sealed = (0, 0)  # schemas and subjects that appear in sealed blocks, whose names are digested

    def encode(self, cells: Cells) -> Block:
        """Encode the next rows, at least one; raises :class:`BadRowError`, and nothing has changed then."""
        import numpy as np

        times, schemas, subjects, values = columns_of(cells)
        packed = self._pack(cells, schemas, values)
        try:
            kinds, whose = self._numbered(schemas, subjects)
        except (KeyError, TypeError, ValueError):  # something appears here first, or is no subject at all
            self._admit(cells, schemas, subjects)
            kinds, whose = self._numbered(schemas, subjects)
        return Block(np.array(times, "<i8"), kinds, whose, packed)

    def seal(self, parts: Sequence[Block]) -> bytes:
        """Take the parts of a full block into the digest, and return it."""
        self._update(self._digest, parts)
        self._sealed = (len(self.schemas), len(self.subjects))
        return self._digest.digest()

    def peek(self, parts: Sequence[Block], cells: Cells) -> bytes:
        """Return the digest after the parts of the open block and these rows, and leave all as it was.

        Raises
        ------
        BadRowError
            As :meth:`encode`.
        """
        schemas, subjects = len(self.schemas), len(self.subjects)
        orders = dict(self._schema_order)
        digest = self._digest.copy()
        try:
            self._update(digest, [*parts, self.encode(cells)] if cells else parts)
        finally:
            for subject in self.subjects[subjects:]:
                del self._subject_order[subject]
            self._schema_order = orders
            del self.schemas[schemas:]
            del self.subjects[subjects:]
        return digest.digest()

    def subject_number(self, subject: str) -> int:
        """Return the subject's number, or -1 if it is in no encoded row."""
        return self._subject_order.get(subject, -1)

    def _update(self, digest: blake2b, parts: Sequence[Block]) -> None:
        """Feed a block to a digest: the names that appear first in it, its columns, its values."""
        import msgpack

        schemas, subjects = self._sealed
        for name in (*self.schemas[schemas:], *self.subjects[subjects:]):
            digest.update(msgpack.packb(name))
        for column in ("times", "schemas", "subjects"):
            for part in parts:
                digest.update(getattr(part, column).tobytes())
        if parts:
            digest.update(_header(sum(map(len, parts))))
        for part in parts:
            digest.update(part.body)

    def _numbered(self, schemas: Sequence[int], subjects: Sequence[str]) -> tuple[Any, Any]:
        """Return both columns as numbers of first appearance; raises KeyError for what has none yet."""
        return _column(self._schema_order, schemas), _column(self._subject_order, subjects)

    def _pack(
        self,
        cells: Cells,
        schemas: Sequence[int],
        values: Sequence[tuple[Any, ...]],
    ) -> bytes:
        """Check all values at once, at the speed of C, and one by one only where something is special."""
        import msgpack

        loose: list[Any] = []
        try:
            for column in self._columns(schemas, values):
                if not is_plain(column):
                    loose.extend(column)
            types = set(map(type, loose))
            if tuple in types or not types <= KEPT:
                self._blame(cells)
            if tuple in types:
                packed: bytes = msgpack.packb([canonical(row) for row in values])
            else:
                if float in types and has_nan(loose):
                    values = [canonical(row) for row in values]
                # Strict packing takes no sub-class of what is kept, which a plain column may hide.
                packed = msgpack.packb(list(map(list, values)), strict_types=True)
        except (ValueError, TypeError, OverflowError):  # another length, too long an integer, half a pair
            self._blame(cells)
            raise
        return packed

    def _columns(
        self, schemas: Sequence[int], values: Sequence[tuple[Any, ...]]
    ) -> Iterator[tuple[Any, ...]]:
        """Yield the columns of each kind in turn; raises ValueError where a row has not its kind's fields."""
        groups: dict[int, Sequence[tuple[Any, ...]]] = {schemas[0]: values}
        if schemas.count(schemas[0]) < len(schemas):
            rows = defaultdict(list)
            for schema, row in zip(schemas, values, strict=True):
                rows[schema].append(row)
            groups = dict(rows)
        for schema, group in groups.items():
            if len(group[0]) != len(self._known[schema][1]):
                raise ValueError
            yield from zip(*group, strict=True)

    def _admit(self, cells: Cells, schemas: Sequence[int], subjects: Sequence[str]) -> None:
        """Give a number to each schema and subject that appears first here."""
        if not all(map(is_text, subjects)):
            self._blame(cells)
        for schema in dict.fromkeys(schemas):
            if schema not in self._schema_order:
                self._schema_order[schema] = len(self.schemas)
                self.schemas.append(self._known[schema])
        for subject in dict.fromkeys(subjects):
            if subject not in self._subject_order:
                self._subject_order[subject] = len(self.subjects)
                self.subjects.append(subject)

    def _blame(self, cells: Cells) -> None:
        """Raise :class:`BadRowError` for the first row that can't be kept, if there is one."""
        for number, (_, schema, subject, values) in enumerate(rows_of(cells)):
            kind, names = self._known[schema]
            if not is_text(subject):
                raise BadRowError(f"{kind}: the subject {subject!r} is not a string", number)
            if len(names) != len(values):
                raise BadRowError(f"{kind} of {subject}: {len(values)} values for the fields {names}", number)
            refused = first_refused(kind, names, values)
            if refused is not None:
                raise BadRowError(refused, number)


def _column(order: Mapping[Any, int], names: Sequence[Any]) -> Any:
    """Return the number of each name; raises KeyError for one that has none, TypeError for what is none."""
    import numpy as np

    if names.count(names[0]) == len(names):  # a busy actor writes long stretches of the same
        return np.full(len(names), order[names[0]], "<i4")
    return np.fromiter(map(order.__getitem__, names), "<i4", len(names))


def _header(rows: int) -> bytes:
    """Return what msgpack begins a list of so many items with; a packer made for it costs microseconds."""
    if rows < 16:
        return bytes([0x90 | rows])
    return b"\xdc" + rows.to_bytes(2, "big") if rows < 1 << 16 else b"\xdd" + rows.to_bytes(4, "big")


def columns_of(cells: Cells) -> tuple[Sequence[Any], ...]:
    """Return the times, schemas, subjects and values of rows that are laid end to end."""
    return tuple(cells[place::ROW_CELLS] for place in range(ROW_CELLS))


def rows_of(cells: Cells) -> list[Row]:
    """Return rows that are laid end to end as rows."""
    return list(zip(*columns_of(cells), strict=True))


class BadRowError(JournalError):
    """A row can't be kept; ``row`` is its index among those that were to be encoded."""

    def __init__(self, what: str, row: int) -> None:
        self.row = row
        super().__init__(what)
