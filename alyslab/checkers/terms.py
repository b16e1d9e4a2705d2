"""Which federation signs which heights, as a journal tells it; and who was not told of a change.

Reads ``federation.term`` (subject ``world``: ``first_height``, ``seats``,
``quorum``), ``federation.untold`` and ``federation.told`` (the subject is the
node), and for journals without these ``consensus.started`` (``members``).
"""

from __future__ import annotations

from dataclasses import dataclass

from alyslab.runtime.event import Event

KINDS = ("federation.term", "federation.untold", "federation.told", "consensus.started")
"""What is read."""


@dataclass(frozen=True, slots=True)
class Seats:
    """One federation."""

    first_height: int
    numbers: tuple[int, ...]
    """Its members, by their places."""
    quorum: int
    """Approvals that import a block."""

    def author(self, slot: int) -> int:
        """Return whose turn a slot is."""
        return self.numbers[slot % len(self.numbers)]


class Terms:
    """The federations of one run, followed event by event."""

    def __init__(self) -> None:
        self.all: list[Seats] = []
        self._untold: set[str] = set()
        self._supposed = False

    def follow(self, event: Event) -> None:
        """Take note of an event."""
        fields = event.fields
        if event.kind == "federation.term":
            numbers = tuple(int(seat) for seat in fields["seats"].split(","))
            if self._supposed:
                self.all, self._supposed = [], False
            self.all.append(Seats(fields["first_height"], numbers, fields["quorum"]))
        elif event.kind == "federation.untold":
            self._untold.add(event.subject)
        elif event.kind == "federation.told":
            self._untold.discard(event.subject)
        elif event.kind == "consensus.started" and not self.all:
            members = fields["members"]
            self.all, self._supposed = [Seats(1, tuple(range(members)), (2 * members + 2) // 3)], True

    def at(self, height: int) -> Seats:
        """Return the federation that signs the block of a height."""
        return next(term for term in reversed(self.all) if term.first_height <= height)

    def known_to(self, node: str, height: int) -> Seats:
        """Return the federation that a node holds to sign it: who was told of no change knows the first."""
        return self.all[0] if node in self._untold else self.at(height)
