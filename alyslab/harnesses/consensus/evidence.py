"""Authorities that sign two blocks for one slot, noticed from what a node received.

Two blocks of one slot with the author's signature, or two approvals of blocks
of one slot by one authority, prove that the authority lies: an honest one
keeps its votes on its disk.  A proof is reported once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SLOTS_MAX: Final = 512
"""Slots that are remembered; later evidence than that is of no use to anybody."""


@dataclass(frozen=True, slots=True)
class Equivocation:
    """Two signatures of one authority that exclude each other."""

    what: str
    """``block`` or ``approval``."""
    authority: int
    slot: int
    first: bytes
    """Root that it signed before."""
    second: bytes


class Evidence:
    """What one node has seen authorities sign, by slot."""

    def __init__(self) -> None:
        self._slots: dict[bytes, int] = {}
        self._signed: dict[tuple[str, int, int], list[bytes]] = {}
        self._twins: dict[int, None] = {}

    def block(self, slot: int, author: int, root: bytes) -> Equivocation | None:
        """Note a block that its author signed; return what it proves, if anything new."""
        self._slots[root] = slot
        if len(self._slots) > SLOTS_MAX:
            del self._slots[next(iter(self._slots))]
        return self._note("block", slot, author, root)

    def approval(self, authority: int, root: bytes) -> Equivocation | None:
        """Note an approval; its slot is known once its block was seen, before that it proves nothing."""
        slot = self._slots.get(root)
        return None if slot is None else self._note("approval", slot, authority, root)

    def certified(self, slot: int, authority: int, root: bytes) -> Equivocation | None:
        """Note a signature in a certificate that verifies: it tells the slot itself."""
        return self._note("approval", slot, authority, root)

    def knows(self, root: bytes) -> bool:
        """Return whether a block of this root was seen, signed by its author."""
        return root in self._slots

    def has_twins(self, slot: int) -> bool:
        """Return whether the slot's author has signed two blocks for it."""
        return slot in self._twins

    def _note(self, what: str, slot: int, authority: int, root: bytes) -> Equivocation | None:
        key = (what, slot, authority)
        signed = self._signed.get(key)
        if signed is None:
            if len(self._signed) >= SLOTS_MAX * 16:
                del self._signed[next(iter(self._signed))]
            self._signed[key] = [root]
            return None
        if root in signed:
            return None
        signed.append(root)
        if what == "block":
            self._twins[slot] = None
            if len(self._twins) > SLOTS_MAX:
                del self._twins[next(iter(self._twins))]
        return Equivocation(what, authority, slot, signed[0], root)
