"""How a problem says what would have been allowed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

_COMPARED_CHARACTERS: Final = 64
"""Comparing names costs their product; a longer one is no slip of a known name."""
_SHOWN: Final = 12
"""Names that a message lists; nobody reads more in one line."""


def closest(name: object, known: Iterable[str]) -> str | None:
    """Return the one of ``known`` that is spelt most like ``name``, or None when none is."""
    if len(str(name)) > _COMPARED_CHARACTERS:
        return None
    found = difflib.get_close_matches(str(name), list(known), n=1)
    return found[0] if found else None


def meant(name: object, known: Iterable[str], *, otherwise: str = "") -> str:
    """Return the question for the known name that is closest, or ``otherwise``, by default the known ones."""
    names = list(known)
    near = closest(name, names)
    return f"did you mean {near}?" if near else otherwise or _one_of(names)


def listed(names: Iterable[str]) -> str:
    """Return names in order, or that there are none."""
    return ", ".join(sorted(names)) or "none"


def _one_of(names: list[str]) -> str:
    if not names:
        return "there is none"
    rest = len(names) - _SHOWN
    return f"one of {', '.join(names[:_SHOWN])}" + (f" and {rest} more" if rest > 0 else "")
