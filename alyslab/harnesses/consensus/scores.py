"""What a peer's messages cost it: a score that falls with every offence, heals with time, and ends in a ban.

The documents give scores for sync (:mod:`alyslab.harnesses.sync`) and none for
gossip, where V1 punishes nobody.  The numbers here are the laboratory's own:
an honest peer behind a line that corrupts one message in a thousand stays, one
that only talks nonsense is banned at its fifth message.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

FULL: Final = 100.0
HEAL_PER_S: Final = 1.0
"""Points that come back in a second."""
BAN_S: Final = 60.0
COSTS: Final = {
    "malformed": 20.0,
    "forged": 25.0,
    "invalid": 20.0,
    "unwanted": 10.0,
}
"""Points that one offence costs: bytes that are nothing, a signature that is none, a block or work that
breaks a rule, an answer that helps nobody."""


@dataclass(slots=True)
class _Standing:
    points: float = FULL
    at_s: float = 0.0
    banned_until_s: float = field(default=-1.0)


class Scores:
    """The standing of every peer with one node.

    Parameters
    ----------
    now_s
        The node's own clock, in seconds.
    record
        Told of every offence as ``(peer, offence, rule, points left, banned)``.
    """

    def __init__(self, now_s: Callable[[], float], record: Callable[..., None]) -> None:
        self._now_s = now_s
        self._record = record
        self._standing: dict[str, _Standing] = {}

    def offend(self, peer: str, offence: str, rule: str) -> None:
        """Take the cost of one offence from the peer's score and ban it when nothing is left."""
        standing, now_s = self._standing.setdefault(peer, _Standing(at_s=self._now_s())), self._now_s()
        healed = standing.points + max(0.0, now_s - standing.at_s) * HEAL_PER_S
        left = max(0.0, min(FULL, healed) - COSTS[offence])
        standing.points, standing.at_s = left, now_s
        if left == 0.0:
            standing.points, standing.banned_until_s = FULL, now_s + BAN_S
        self._record(peer, offence, rule, left, left == 0.0)

    def banned(self, peer: str) -> bool:
        """Return whether nothing that the peer says is listened to now."""
        standing = self._standing.get(peer) if self._standing else None
        return standing is not None and self._now_s() < standing.banned_until_s

    def points(self, peer: str) -> float:
        """Return the score of the peer as it was left at its last offence; full for one without."""
        standing = self._standing.get(peer)
        return FULL if standing is None else standing.points
