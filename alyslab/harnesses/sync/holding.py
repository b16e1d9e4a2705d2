"""Rows of a chain's trace, held back until what they say is durable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alyslab.harnesses.sync.store import Tell


class HeldTrace:
    """What a chain has said and its journal was not told yet.

    Parameters
    ----------
    tell
        Told of every row in the end; None: of none.
    """

    def __init__(self, tell: Tell | None) -> None:
        self._tell = tell
        self._held: list[tuple[str, Mapping[str, Any]]] = []
        self._finalised_height = 0

    def hear(self, kind: str, fields: Mapping[str, Any]) -> None:
        """Keep a row."""
        self._held.append((kind, fields))

    def finalised(self, height: int) -> None:
        """Take a finalised height for told: a node that repeats its history says it again."""
        self._finalised_height = max(self._finalised_height, height)

    def release(self) -> None:
        """Tell all that was kept, but finalised heights that were told before."""
        held, self._held = self._held, []
        if self._tell is None:
            return
        for kind, fields in held:
            if kind == "chain.finalised":
                if fields["height"] <= self._finalised_height:
                    continue
                self._finalised_height = fields["height"]
            self._tell(kind, fields)
