"""Puts scraps into the notebook that is being executed, in scrapbook's own format.

Written without scrapbook, papermill and nbformat: importing them in a kernel
takes seconds.  The tests read what is glued here with scrapbook itself.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any

from alyslab.errors import LabError

MIME = "application/scrapbook.scrap.json+json"
"""The media type under which scrapbook 0.5 keeps a scrap that is JSON."""

SCRAP_VERSION = 1
"""Version of scrapbook's payload, its ``schemas/scrap.v1.json``."""


class ScrapError(LabError):
    """A value that a scrap can't carry exactly; ``path`` says where in the scrap it is."""

    def __init__(self, path: str, what: str) -> None:
        self.path = path
        super().__init__(f"scrap {path}: {what}")


def glue(name: str, data: Mapping[str, Any] | list[Any]) -> Mapping[str, Any]:
    """Glue ``data`` as the scrap ``name`` and return the payload.

    Outside a kernel, as in pytest, nothing is shown and the payload is all.

    Raises
    ------
    ScrapError
        If a value is not JSON, or would come back as another value.
    """
    payload = {"name": name, "data": exact(data, name), "encoder": "json", "version": SCRAP_VERSION}
    if in_kernel():
        from IPython.display import display

        display(  # type: ignore[no-untyped-call]
            {MIME: payload}, metadata={"scrapbook": {"name": name, "data": True, "display": False}}, raw=True
        )
    return payload


def in_kernel() -> bool:
    """Return whether this code runs in a Jupyter kernel, without importing IPython to find out."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")


def exact(value: Any, path: str) -> Any:
    """Return ``value`` as plain JSON that reads back equal; numpy's scalars become Python's.

    NaN is refused because JSON has no word for it and scrapbook returns the
    text ``'nan'``; what was not observed is ``None``.

    Raises
    ------
    ScrapError
        Naming the place of the value that can't be carried.
    """
    match value:
        case None | bool() | str():
            # str() drops subclasses such as numpy.str_ and enumerations of strings.
            return value if value is None or isinstance(value, bool) else str.__str__(value)
        case int():
            return int(value)
        case float():
            if not math.isfinite(value):
                raise ScrapError(path, f"{value} is not a number; say None for what was not observed")
            return float(value)
        case Mapping():
            return {_key(key, path): exact(item, f"{path}.{key}") for key, item in value.items()}
        case list() | tuple():
            return [exact(item, f"{path}[{index}]") for index, item in enumerate(value)]
    if type(value).__module__ == "numpy" and not getattr(value, "shape", ()):
        plain = value.item()
        if isinstance(plain, bool | int | float | str):
            return exact(plain, path)
    raise ScrapError(path, f"a {type(value).__name__} can't be kept exactly; convert it first")


def _key(key: object, path: str) -> str:
    if not isinstance(key, str):
        raise ScrapError(path, f"the key {key!r} is not text")
    return key
