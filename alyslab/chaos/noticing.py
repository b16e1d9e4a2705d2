"""How honest nodes notice each attack, and how soon they must, from what they received and nothing else.

An attack has one sign or several: rows that honest nodes write themselves.
Some are proof, as two signatures that exclude each other; others are suspicion.
A bound is in slots from the attack's begin, with one attacker who acts as much
as it can and hides nowise.  It follows from the limits of
:mod:`alyslab.harnesses.consensus.suspicion`, or from how long it takes until
the attacker has had a turn.

No time can be promised for what gives each honest node one signature only: no
node can tell it from the truth until it meets another that has the second one.
Then the nodes' own checker asks for the notice
(:func:`alyslab.checkers.approvals.equivocations_noticed`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from alyslab.harnesses.consensus.attendance import GRACE_SLOTS
from alyslab.harnesses.consensus.suspicion import LIMITS, SILENT_SLOTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alyslab.runtime import Event, Journal

Sign = tuple[str, str, str]
"""A row of an honest node's: kind, field and its value."""

NO_PROOF: Final = "no honest node received two signatures that exclude each other"
FULL: Final = {
    "activity_ratio": "1.0",
    "schedule": "always",
    "trigger": "at_once",
    "evasion": "none",
    "share_ratio": "0.5",
}
"""The dials of an attack that a bound is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticing:
    """How one attack shows."""

    signs: tuple[Sign, ...]
    """Any of these rows of an honest node says that it noticed; the first is what it is known by."""
    slots: Callable[[int], int] | None
    """Within how many slots, of so many members, a sign must be there; None where nothing is promised."""
    formula: str
    """The same in words, with n members."""
    by_proof: bool = False
    """Whether every sign is two signatures, so that a node that got one of them can't notice."""


def _own_turn(*signs: Sign, by_proof: bool = False) -> Noticing:
    """Return what shows as soon as the attacker has had a turn."""
    return Noticing(signs=signs, slots=lambda n: n + 1, formula="n + 1", by_proof=by_proof)


def _votes(what: str) -> Noticing:
    """Return what shows by votes: its own blocks don't count, and each is judged after its grace."""
    limit = LIMITS[what][0]
    return Noticing(
        signs=(("consensus.suspected", "what", what),),
        slots=lambda n: limit + -(-limit // max(1, n - 1)) + GRACE_SLOTS + 1,
        formula=f"{limit + GRACE_SLOTS + 1} + ⌈{limit}/(n - 1)⌉",
    )


def _turns(what: str) -> Noticing:
    """Return what shows by the attacker's own slots, one of every n."""
    limit = LIMITS[what][0]
    return Noticing(
        signs=(("consensus.suspected", "what", what),),
        slots=lambda n: limit * n + GRACE_SLOTS + 1,
        formula=f"{limit}n + {GRACE_SLOTS + 1}",
    )


CHANCE: Final = ", by chance"
"""Ends the formula of a bound that depends on draws, and holds in all but rare runs."""
WITH_PROOF: Final = "none: when a node gets both signatures"
BLOCKS: Final = ("consensus.equivocation", "what", "block")
APPROVALS: Final = ("consensus.equivocation", "what", "approval")
INVALID: Final = ("consensus.offence", "offence", "invalid")

NOTICING: Final[Mapping[str, Noticing]] = {
    "byzantine.equivocate": _own_turn(BLOCKS, by_proof=True),
    "byzantine.forge": Noticing(
        signs=(("consensus.forged", "what", "approval"),), slots=lambda _: 1, formula="1"
    ),
    "byzantine.withhold_votes": _votes("votes_missed"),
    "byzantine.delay_votes": _votes("votes_late"),
    "byzantine.flip_votes": _votes("votes_stray"),
    "byzantine.withhold_blocks": _turns("turns_missed"),
    "byzantine.delay_blocks": _turns("blocks_late"),
    "byzantine.invalid_state_root": _own_turn(("consensus.rejected", "rule", "state_root")),
    "byzantine.false_sync": Noticing(signs=(INVALID,), slots=lambda _: 12, formula=f"12{CHANCE}"),
    "byzantine.replay": Noticing(
        signs=(("consensus.suspected", "what", "repeats"),), slots=lambda n: 3 * n, formula=f"3n{CHANCE}"
    ),
    "byzantine.eclipse": Noticing(
        signs=(INVALID, ("consensus.suspected", "what", "peers_silent"), APPROVALS),
        slots=lambda n: n + SILENT_SLOTS + 1,
        formula=f"n + {SILENT_SLOTS + 1}",
    ),
    "byzantine.double_spend": Noticing(
        signs=(APPROVALS, BLOCKS), slots=None, formula=WITH_PROOF, by_proof=True
    ),
    "byzantine.manipulate": Noticing(
        signs=(BLOCKS, APPROVALS), slots=None, formula=WITH_PROOF, by_proof=True
    ),
    "byzantine.sybil": _own_turn(("consensus.suspected", "what", "strangers"), BLOCKS),
    "byzantine.selfish_mining": Noticing(
        signs=(("consensus.suspected", "what", "work_raced"), ("mining.suspected", "what", "raced")),
        slots=lambda _: 72,
        formula=f"72, with half of all power{CHANCE}",
    ),
}
"""By attack; tests hold each, on federations of several sizes."""


def signs_of(journal: Journal, fault: str, since_ns: int) -> Iterator[Event]:
    """Yield the rows, of any node, that show an attack."""
    signs = NOTICING[fault].signs
    kinds = tuple(dict.fromkeys(kind for kind, _, _ in signs))
    for row in journal.select(kind=kinds, after_ns=since_ns):
        if any(row.kind == kind and row.fields[field] == value for kind, field, value in signs):
            yield row


def proof_received(journal: Journal, honest: frozenset[str], since_ns: int) -> bool:
    """Return whether some honest node received two blocks of one author for one slot, each signed by it."""
    signed: dict[tuple[str, int, int], str] = {}
    for row in journal.select(kind="consensus.received"):
        if row.subject in honest:
            key = row.subject, row.fields["author"], row.fields["slot"]
            if signed.setdefault(key, row.fields["root"]) != row.fields["root"] and row.time_ns >= since_ns:
                return True
    return False
