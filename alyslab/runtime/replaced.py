"""Functions of modules that are replaced for a while, on one thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def replaced(module: Any, name: str, function: Callable[..., Any]) -> Iterator[None]:
    """Replace a module's function for calls from this thread until the block ends.

    Other threads, and whoever imported the name meanwhile and calls it later,
    get the original.
    """
    original = getattr(module, name)
    thread, identify = threading.get_ident(), threading.get_ident
    active = True

    def either(*args: Any, **kwargs: Any) -> Any:
        return (function if active and identify() == thread else original)(*args, **kwargs)

    either.__name__ = either.__qualname__ = name
    setattr(module, name, either)
    try:
        yield
    finally:
        active = False
        setattr(module, name, original)
