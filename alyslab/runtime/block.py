"""Sealed rows of a journal: integer columns, packed values, and the digest up to there.

The digest is BLAKE2b over, for each block of :data:`BLOCK_ROWS` rows: the
msgpack of each (kind, field names) and each subject that appears first in it,
in the order of appearance; then the columns of times (int64), kinds and
subjects (int32, by number of first appearance), little-endian; then the msgpack
of the list of value tuples.  It depends on the rows alone, so that it can be
recomputed from a file.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from operator import ne
from typing import TYPE_CHECKING, Any

from alyslab.errors import JournalError

if TYPE_CHECKING:
    import numpy as np

BLOCK_ROWS = 4_096
"""Rows in a sealed block; part of the digest's definition."""

Row = tuple[int, int, str, tuple[Any, ...]]
"""Time, number of the schema, subject, values."""
Cells = Sequence[Any]
"""Rows laid end to end, four cells each, as a :data:`Row` has them."""
ROW_CELLS = 4
Schema = tuple[str, tuple[str, ...]]
"""A kind and the names of its fields."""


@dataclass(frozen=True, slots=True)
class Block:
    """Sealed rows."""

    times: np.ndarray[Any, np.dtype[np.int64]]
    schemas: np.ndarray[Any, np.dtype[np.int32]]
    """Index into :attr:`Encoder.schemas`."""
    subjects: np.ndarray[Any, np.dtype[np.int32]]
    """Index into :attr:`Encoder.subjects`."""
    values: bytes
    """msgpack of the list of value tuples."""
    digest: bytes
    """Of the journal up to and including this block."""


class Encoder:
    """Turns rows into blocks, and keeps the names and the digest that go on from block to block.

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

    def seal(self, cells: Cells) -> Block:
        """Encode the next rows; raises :class:`BadRowError`, and nothing has changed then."""
        return self._encode(cells, self._digest)

    def peek(self, cells: Cells) -> Block:
        """Encode rows as :meth:`seal` would, and leave everything as it was."""
        schemas, subjects = len(self.schemas), len(self.subjects)
        orders = dict(self._schema_order)
        try:
            return self._encode(cells, self._digest.copy())
        finally:
            for subject in self.subjects[subjects:]:
                del self._subject_order[subject]
            self._schema_order = orders
            del self.schemas[schemas:]
            del self.subjects[subjects:]

    def subject_number(self, subject: str) -> int:
        """Return the subject's number, or -1 if it is in no sealed row."""
        return self._subject_order.get(subject, -1)

    def _encode(self, cells: Cells, digest: blake2b) -> Block:
        import msgpack
        import numpy as np

        if not cells:
            none = np.empty(0, "<i4")
            return Block(np.empty(0, "<i8"), none, none, msgpack.packb(()), digest.digest())
        times, schemas, subjects, values = columns_of(cells)
        packed = self._pack(cells, schemas, values)
        try:
            kinds, whose = self._numbered(schemas, subjects)
        except (KeyError, TypeError):  # something appears here first, or is no subject at all
            self._admit(cells, schemas, subjects, digest)
            kinds, whose = self._numbered(schemas, subjects)
        columns = (np.array(times, "<i8"), kinds, whose)
        for part in (*(column.tobytes() for column in columns), packed):
            digest.update(part)
        return Block(*columns, packed, digest.digest())

    def _numbered(self, schemas: Sequence[int], subjects: Sequence[str]) -> tuple[Any, Any]:
        """Return both columns as numbers of first appearance; raises KeyError for what has none yet."""
        import numpy as np

        return (
            np.fromiter(map(self._schema_order.__getitem__, schemas), "<i4", len(schemas)),
            np.fromiter(map(self._subject_order.__getitem__, subjects), "<i4", len(subjects)),
        )

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
                if not _is_plain(column):
                    loose.extend(column)
            types = set(map(type, loose))
            if tuple in types or not types <= _KEPT:
                self._blame(cells)
            if tuple in types:
                packed: bytes = msgpack.packb([_canonical(row) for row in values])
            else:
                if float in types and _has_nan(loose):
                    values = [_canonical(row) for row in values]
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

    def _admit(self, cells: Cells, schemas: Sequence[int], subjects: Sequence[str], digest: blake2b) -> None:
        """Give a number to each schema and subject that appears first here, and digest its name."""
        import msgpack

        if not all(map(_is_text, subjects)):
            self._blame(cells)
        for schema in dict.fromkeys(schemas):
            if schema not in self._schema_order:
                self._schema_order[schema] = len(self.schemas)
                self.schemas.append(self._known[schema])
                digest.update(msgpack.packb(self._known[schema]))
        for subject in dict.fromkeys(subjects):
            if subject not in self._subject_order:
                self._subject_order[subject] = len(self.subjects)
                self.subjects.append(subject)
                digest.update(msgpack.packb(subject))

    def _blame(self, cells: Cells) -> None:
        """Raise :class:`BadRowError` for the first row that can't be kept, if there is one."""
        for number, (_, schema, subject, values) in enumerate(rows_of(cells)):
            kind, names = self._known[schema]
            if not _is_text(subject):
                raise BadRowError(f"{kind}: the subject {subject!r} is not a string", number)
            if len(names) != len(values):
                raise BadRowError(f"{kind} of {subject}: {len(values)} values for the fields {names}", number)
            refused = first_refused(kind, names, values)
            if refused is not None:
                raise BadRowError(refused, number)


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


_KEPT = {type(None), bool, int, float, str, tuple}


def first_refused(kind: str, names: tuple[str, ...], values: tuple[Any, ...]) -> str | None:
    """Return what is wrong with the first value that a journal can't keep, or None."""
    for name, value in zip(names, values, strict=False):
        if not _keepable(value):
            return (
                f"{kind}.{name}: the journal can't keep {value!r} ({type(value).__name__}); "
                "it keeps None, bool, 64-bit int, float, str, and tuples of these"
            )
    return None


def _keepable(value: object) -> bool:
    if type(value) is tuple:
        return all(_keepable(item) for item in value)
    if type(value) is int:
        return -(2**63) <= value < 2**64
    if type(value) is str:
        return _is_text(value)
    return type(value) in _KEPT


def _is_text(value: object) -> bool:
    """Return whether the value is a string without half a surrogate pair."""
    if type(value) is not str:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_plain(column: Sequence[Any]) -> bool:
    """Return whether a column is all text or all integers, their sub-classes included, asking none."""
    try:
        if type(column[0]) is str:
            "".join(column)
            return True
        return type(column[0]) is int and type(sum(column)) is int
    except TypeError:
        return False


def _has_nan(flat: Sequence[Any]) -> bool:
    return any(map(ne, flat, flat))  # only NaN differs from itself


def _canonical(value: Any) -> Any:
    """Return the value with every NaN replaced by the one whose bits are the same everywhere."""
    if type(value) is tuple:
        return tuple(_canonical(item) for item in value)
    return math.nan if type(value) is float and math.isnan(value) else value
