"""Who signs blocks at which height: one federation, or several one after the other.

The chain's spec names the federations with the heights at which they end.  A
member bears one number in all of them, in the order in which keys first
appear, so that what a journal tells of number 3 is the same node's before a
change and after; where the federation never changes it is the place in it.

Source: alys-system.md §1, "Aura"; §7, incident 2 (history fails under new
authorities); V2's UpdateFederation, §2.
"""

from __future__ import annotations

from dataclasses import dataclass

from alyslab.model.aura import quorum_of
from alyslab.model.spec import Spec


@dataclass(frozen=True, slots=True)
class Term:
    """One federation, as one node sees it."""

    first_height: int
    """The first block that it signs."""
    last_height: int | None
    """The last one; None while no end is known."""
    keys: tuple[bytes, ...]
    """Its members' keys, by their places in it."""
    seats: tuple[int, ...]
    """Its members' numbers, by their places in it."""
    quorum: int
    """Approvals that import a block."""
    place: int
    """This node's own, -1 for none."""

    @property
    def members(self) -> int:
        """How many there are."""
        return len(self.keys)

    def author(self, slot: int) -> int:
        """Return the place whose turn a slot is."""
        return slot % len(self.keys)

    def key(self, place: int) -> bytes | None:
        """Return the key at a place, None where there is none."""
        return self.keys[place] if place < len(self.keys) else None


class Roster:
    """All federations of a chain, for the node that signs with ``own_key`` (empty for none)."""

    def __init__(self, spec: Spec, own_key: bytes = b"") -> None:
        eras = [*((era.authorities, era.until_height) for era in spec.earlier), (spec.authorities, None)]
        numbers: dict[bytes, int] = {}
        for keys, _ in eras:
            for key in keys:
                numbers.setdefault(key, len(numbers))
        self._numbers = numbers
        first, terms = 1, list[Term]()
        for keys, last in eras:
            place = keys.index(own_key) if own_key in keys else -1
            seats = tuple(numbers[key] for key in keys)
            terms.append(Term(first, last, keys, seats, quorum_of(spec, len(keys)), place))
            first = 0 if last is None else last + 1
        self.terms = tuple(terms)
        self._only = terms[0] if len(terms) == 1 else None
        self.changes = self._only is None
        """Whether there is more than one."""

    def at(self, height: int) -> Term:
        """Return the federation that signs the block of this height."""
        if self._only is not None:
            return self._only
        return next(term for term in self.terms if term.last_height is None or height <= term.last_height)

    def near(self, height: int) -> tuple[Term, ...]:
        """Return the federation of this height, and then those before and after it."""
        if self._only is not None:
            return (self._only,)
        place = self.terms.index(self.at(height))
        around = self.terms[max(0, place - 1) : place + 2]
        return (self.terms[place], *(term for term in around if term is not self.terms[place]))

    def number(self, key: bytes) -> int:
        """Return the number of the member with this key."""
        return self._numbers[key]
