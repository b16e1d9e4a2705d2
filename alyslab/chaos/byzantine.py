"""Members that misbehave, as data: what each does, and how many it takes.

:data:`BOUNDS` says with how many members an attack must succeed, and against
what; with fewer it must fail.  For what does not stand there no bound is
claimed, beyond that one of four is borne.  How honest nodes notice each, and
how soon, says :mod:`alyslab.chaos.noticing`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from alyslab.chaos.vocabulary import Fault, Parameter
from alyslab.model.aura import majority

ACTIVITY: Final = Parameter(
    name="activity_ratio",
    summary="share of the chances to misbehave that are taken",
    kind="ratio",
    mild=0.1,
    severe=1.0,
)
SCHEDULE: Final = Parameter(
    name="schedule",
    summary="whether it acts all the time, for 10 s of every 25, or once only",
    kind="choice",
    choices=("always", "bursts", "once"),
)
TRIGGER: Final = Parameter(
    name="trigger",
    summary="what it waits for: nothing, its own turn, a peer that is gone, or work that waits for a block",
    kind="choice",
    choices=("at_once", "own_turn", "weakened", "after_work"),
)
EVASION: Final = Parameter(
    name="evasion",
    summary="how it hides: waits between acts, mostly does as the others do, or lies low once noticed",
    kind="choice",
    choices=("none", "random_delay", "mimicry", "adaptive"),
)
COMMON: Final = (ACTIVITY, SCHEDULE, TRIGGER, EVASION)
NAMES: Final = Parameter(
    name="names", summary="machines it speaks from", kind="whole", low=1, high=64, mild=3, severe=16
)
KEYS: Final = Parameter(
    name="keys",
    summary="members whose keys the enemy has, of those who are no victims",
    kind="whole",
    low=0,
    high=15,
    mild=0,
    severe=0,
)
SHARE: Final = Parameter(
    name="share_ratio", summary="its share of all mining power", kind="ratio", mild=0.1, severe=0.5
)
SUPPORT: Final = Parameter(
    name="network",
    summary="whether it cuts the two sides off from each other",
    kind="choice",
    choices=("cut", "left_alone"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """How many members an attack takes, at full activity."""

    breaks: Literal["safety", "liveness"]
    """What it then breaks: two honest nodes are led apart, or the chain stops."""
    least: Callable[[int], int]
    """Fewest members, of so many, with which it must succeed."""
    formula: str
    """The same in words, with n members and a quorum of q = ⌈2n/3⌉."""


_STOPS: Final = Bound(breaks="liveness", least=lambda n: n - majority(n) + 1, formula="n - q + 1")
_CERTIFIES: Final = Bound(breaks="safety", least=majority, formula="q")
BOUNDS: Final[Mapping[str, Bound]] = {
    "byzantine.withhold_votes": _STOPS,
    "byzantine.flip_votes": _STOPS,
    "byzantine.withhold_blocks": Bound(breaks="liveness", least=lambda n: n, formula="n"),
    "byzantine.manipulate": Bound(breaks="safety", least=lambda n: 2 * majority(n) - n, formula="2q - n"),
    "byzantine.double_spend": _CERTIFIES,
    "byzantine.eclipse": Bound(breaks="safety", least=majority, formula="q keys"),
}
"""The attacks that enough members win; a test holds both sides of each."""


def _fault(name: str, summary: str, *more: Parameter) -> Fault:
    return Fault(
        name=f"byzantine.{name}",
        summary=summary,
        effect="chaos.effect with how often",
        parameters=(*COMMON, *more),
    )


BYZANTINE: Final = (
    _fault("equivocate", "a second block for its slot, one of the two spoilt, is signed with its key"),
    _fault("forge", "a hostile peer sends votes, blocks and payments with signatures that it made up"),
    _fault("withhold_votes", "does not vote"),
    _fault("delay_votes", "votes late"),
    _fault("flip_votes", "votes for a block that is none, where it should vote for one that is"),
    _fault("withhold_blocks", "does not publish its blocks"),
    _fault("delay_blocks", "publishes its blocks late"),
    _fault("invalid_state_root", "publishes blocks whose state root is not what execution gives"),
    _fault("false_sync", "a hostile peer lures nodes with a branch, and answers sync requests from it"),
    _fault("replay", "sends messages that it got from others again, to anybody"),
    _fault(
        "eclipse",
        "the targets are the victims: they hear no other member, and an enemy shows them a false chain",
        KEYS,
    ),
    _fault("double_spend", "pays twice: one payment in public, the other on a branch published later"),
    _fault(
        "manipulate",
        "asks where all stand, writes a block for each half of the others, votes for both, cuts them apart",
        SUPPORT,
    ),
    _fault("sybil", "shows a second block for its slot, and votes for it under many names", NAMES),
    _fault(
        "selfish_mining",
        "a miner keeps its work back, and hands it in at the targets' nodes when that costs another's",
        SHARE,
    ),
)
"""The family, in the order of the documentation."""
