"""Rows of one kind as columns of numbers, for checkers that judge a million rows in a second or two."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alyslab.errors import JournalError
from alyslab.runtime.block import Schema

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]

Part = tuple[Any, Any, "Texts", Schema, Sequence[tuple[Any, ...]]]
"""Rows of one kind with the same fields, of one block: places, times, subjects, schema and values."""


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """A column of text."""

    codes: Ints
    """For each row, the place of its text in ``names``."""
    names: tuple[str, ...]
    """Each text once."""

    def __len__(self) -> int:
        return len(self.codes)

    @classmethod
    def of(cls, column: Sequence[str]) -> Texts:
        """Return a column of text from the texts themselves; raises TypeError for what is none."""
        known: dict[str, int] = {}
        return cls(_codes(column, known), tuple(known))

    @classmethod
    def numbered(cls, numbers: Ints, texts: Sequence[str]) -> Texts:
        """Return a column of text from places in a table, of which many may not occur."""
        import numpy as np

        used, codes = np.unique(numbers, return_inverse=True)
        return cls(codes.astype(np.int64), tuple(texts[number] for number in used.tolist()))

    def coded(self, codes: dict[str, int]) -> Ints:
        """Return the column by the codes of somebody else, who gives new ones to what is new."""
        import numpy as np

        table = np.array([codes.setdefault(name, len(codes)) for name in self.names], np.int64)
        return table[self.codes] if len(table) else self.codes

    def tolist(self) -> list[str]:
        """Return the texts themselves."""
        return [self.names[code] for code in self.codes.tolist()]


def gathered(
    kind: str, parts: Iterable[Part], integers: Sequence[str], texts: Sequence[str]
) -> dict[str, Any]:
    """Return ``seq``, ``time_ns``, ``subject`` and these fields over all parts; see ``Journal.columns``.

    Raises
    ------
    JournalError
        For a row without one of the fields, or with a value of another type in it.
    """
    import numpy as np

    numbers: dict[str, list[Any]] = {name: [np.empty(0, np.int64)] for name in ("seq", "time_ns", *integers)}
    codes: dict[str, list[Any]] = {name: [np.empty(0, np.int64)] for name in ("subject", *texts)}
    known: dict[str, dict[str, int]] = {name: {} for name in codes}
    for places, times, subjects, (_, names), rows in parts:
        columns = dict(zip(names, zip(*rows, strict=True), strict=True))
        numbers["seq"].append(places)
        numbers["time_ns"].append(times)
        codes["subject"].append(subjects.coded(known["subject"]))
        try:
            for name in integers:
                numbers[name].append(np.frombuffer(array("q", columns[name]), np.int64))
            for name in texts:
                codes[name].append(_codes(columns[name], known[name]))
        except KeyError as error:
            raise JournalError(f"{kind} has no field {error}; it has {', '.join(names)}") from None
        except TypeError as error:
            raise JournalError(f"{kind}.{name}: {error}") from None
    order = np.argsort(np.concatenate(numbers["seq"]), kind="stable")
    return {
        **{name: np.concatenate(column)[order] for name, column in numbers.items()},
        **{name: Texts(np.concatenate(codes[name])[order], tuple(known[name])) for name in codes},
    }


def _codes(column: Sequence[str], known: dict[str, int]) -> Ints:
    import numpy as np

    try:
        return np.fromiter(map(known.__getitem__, column), np.int64, len(column))
    except (KeyError, TypeError):
        for text in column:
            if type(text) is not str:
                raise TypeError(f"{text!r} is no text") from None
            known.setdefault(text, len(known))
    return np.fromiter(map(known.__getitem__, column), np.int64, len(column))
