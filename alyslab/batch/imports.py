"""Importing the notebook libraries without what makes them slow."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

_GRAMMAR = "rfc3987_syntax"


@contextlib.contextmanager
def without_grammars() -> Iterator[None]:
    """Import, in this block, what needs jsonschema, without its slowest optional format checker.

    ``rfc3987_syntax`` compiles a grammar at import, two to three seconds
    here, to check IRIs that no notebook holds.  jsonschema does without it.
    """
    if _GRAMMAR in sys.modules:
        yield
        return
    # What Python documents for making an import fail.
    sys.modules[_GRAMMAR] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[_GRAMMAR]
