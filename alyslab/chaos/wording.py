"""How a problem says what would have been allowed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping


def nearest(name: str, known: Mapping[str, object] | Iterable[str]) -> str:
    """Return the known name that was perhaps meant, or all of them."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]}?" if near else f"one of {', '.join(known)}"


def listed(names: Iterable[str]) -> str:
    """Return names in order, or that there are none."""
    return ", ".join(sorted(names)) or "none"
