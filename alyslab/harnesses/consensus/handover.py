"""A change of the federation at a height: who leaves, who comes, and who was not told.

Members leave from the front and come at the end, so that most change their
places.  A node that was not told has the configuration of before, as after
V1's change of authorities, until its operator mends that; its blocks are no
blocks for the others, and theirs none for it.

The bridge's bitcoin and the federation's share of the fees belong to the later
members throughout: the model moves no bitcoin from one federation to another.

Source: alys-system.md §7, incident 2; V2's UpdateFederation, §2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alyslab.errors import Problem
from alyslab.harnesses.consensus.roster import Roster
from alyslab.model.spec import SIGNERS_MAX, Era, Spec

if TYPE_CHECKING:
    from alyslab.runtime import Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """From ``height`` on the federation is another."""

    height: int
    """The first block that the later federation signs."""
    leave: int = 1
    """Members that go."""
    join: int = 1
    """Members that come; until then they follow."""
    untold: int = 0
    """Of those that go, so many know nothing of it; then as many must come as go."""

    def problems(self, authorities: int) -> Iterator[Problem]:
        """Yield what makes no sense in a federation that begins with so many."""
        bounds = (
            ("height", self.height >= 2, "2 or more"),
            ("leave", 0 <= self.leave < authorities, "fewer than there are"),
            ("join", self.join >= 0 and authorities - self.leave + self.join <= SIGNERS_MAX, "15 in all"),
            ("leave, join", self.leave + self.join > 0, "a change"),
            ("untold", 0 <= self.untold <= self.leave, "of those that go"),
            ("untold", not self.untold or self.leave == self.join, "none, where the number changes"),
        )
        for key, holds, allowed in bounds:
            if not holds:
                value = ", ".join(str(getattr(self, name)) for name in key.split(", "))
                yield Problem(where="handover", key=key, what="makes no sense", value=value, allowed=allowed)


def earlier_era(keys: Sequence[bytes], handover: Handover) -> Era:
    """Return who signs before, of the keys of all who ever do; those that come stand at the end."""
    return Era(until_height=handover.height - 1, authorities=tuple(keys[: len(keys) - handover.join]))


def untold_spec(spec: Spec) -> Spec:
    """Return the configuration of a node that knows nothing of the spec's last change."""
    return replace(spec, authorities=spec.earlier[-1].authorities, earlier=spec.earlier[:-1])


def tell_terms(journal: Journal, spec: Spec) -> None:
    """Write who signs which heights, for checkers: rows ``federation.term`` of ``world``.

    Fields: ``first_height``, ``seats`` (the members' numbers by their places), ``quorum``.
    """
    for term in Roster(spec).terms:
        seats = ",".join(str(seat) for seat in term.seats)
        journal.record(
            "federation.term", "world", first_height=term.first_height, seats=seats, quorum=term.quorum
        )
