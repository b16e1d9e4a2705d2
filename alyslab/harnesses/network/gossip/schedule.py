"""Which slots get a block, and who produces it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Which slots get a block, and who produces it.

    Slots are counted by each peer's own clock, as Aura does: slot = time // slot
    length, author = slot mod authorities.  Time 0 is the beginning of the run.
    """

    slot_ns: int
    """Length of a slot, in ns."""
    authorities: int
    """How many peers take turns: the first ones."""
    first_slot: int
    """Slot of block 1."""
    blocks: int
    """How many slots get a block, from ``first_slot`` on."""
    block_bytes: int
    """Size of each block, in bytes."""

    @property
    def end_ns(self) -> int:
        """When the last slot with a block ends, in ns since the run began."""
        return (self.first_slot + self.blocks) * self.slot_ns

    def next_slot(self, authority: int, time_ns: int) -> int | None:
        """Return the authority's first slot to begin after ``time_ns`` on its clock; None if none is left."""
        slot = max(time_ns // self.slot_ns + 1, self.first_slot)
        slot += (authority - slot) % self.authorities
        return slot if slot < self.first_slot + self.blocks else None
