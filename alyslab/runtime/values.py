"""What a journal can keep: None, bool, 64-bit int, float, str, and tuples of these; looked at in columns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import ne
from typing import Any

KEPT = {type(None), bool, int, float, str, tuple}
"""Their types; a sub-class is none of them."""


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
        return is_text(value)
    return type(value) in KEPT


def is_text(value: object) -> bool:
    """Return whether the value is a string without half a surrogate pair."""
    if type(value) is not str:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_plain(column: Sequence[Any]) -> bool:
    """Return whether a column is all text or all integers, their sub-classes included, asking none."""
    try:
        if type(column[0]) is str:
            "".join(column)
            return True
        return type(column[0]) is int and type(sum(column)) is int
    except TypeError:
        return False


def has_nan(flat: Sequence[Any]) -> bool:
    """Return whether there is a NaN among the values."""
    return any(map(ne, flat, flat))  # only NaN differs from itself


def canonical(value: Any) -> Any:
    """Return the value with every NaN replaced by the one whose bits are the same everywhere."""
    if type(value) is tuple:
        return tuple(canonical(item) for item in value)
    return math.nan if type(value) is float and math.isnan(value) else value
