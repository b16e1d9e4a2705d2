"""How a problem says what would have been allowed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping


def nearest(name: str, known: Mapping[str, object] | Iterable[str], *, otherwise: str = "") -> str:
    """Return the known name that was perhaps meant; or ``otherwise``, by default all of them."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {near[0]}?" if near else otherwise or f"one of {', '.join(names)}"


def listed(names: Iterable[str]) -> str:
    """Return names in order, or that there are none."""
    return ", ".join(sorted(names)) or "none"
