"""What a node suspects others of, from what it received, or did not receive; it is no proof.

Each suspicion has a limit: so many cases in a window of cases or of time.  A
row ``consensus.suspected`` is written when the limit is reached, and counting
then begins anew.  Nothing follows from it: a node bans for what is proven only.

================  ====================================================  ==========================
what              a case                                                limit
================  ====================================================  ==========================
``votes_missed``  no vote came for a block, see :mod:`.attendance`      4 of the last 8 blocks
``votes_late``    a vote came late                                      4 of the last 8 blocks
``votes_stray``   a vote for a root that is no block                    3 of the last 8 such votes
``turns_missed``  a slot that its author left empty                     2 of its last 4 turns
``blocks_late``   a block that came late                                2 of its last 4 turns
``repeats``       the same bytes again from one peer                    3 in 60 s
``strangers``     one more name that is no peer, and talks of blocks    3 names in 60 s
``work_raced``    one recipient's work displaces another's that waits   2 of its last 4 works
``peers_silent``  a slot in which strangers talk of blocks, and no peer   4 slots in a row
================  ====================================================  ==========================
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Sequence
from typing import Final

from alyslab.harnesses.consensus.attendance import Turns, Votes

LIMITS: Final = {
    "votes_missed": (4, 8),
    "votes_late": (4, 8),
    "votes_stray": (3, 8),
    "turns_missed": (2, 4),
    "blocks_late": (2, 4),
    "work_raced": (2, 4),
}
"""Cases that are too many, and of how many."""
REPEATS_LIMIT: Final = 3
STRANGERS_LIMIT: Final = 3
SILENT_SLOTS: Final = 4
"""So long no peer may be silent where strangers talk: who hears these alone may be shown any chain."""
WINDOW_MS: Final = 60_000


class Suspicion:
    """The suspicions of one life of a node.

    Parameters
    ----------
    now_ms
        The node's own clock.
    tell
        Told ``(peer, what, cases, limit)``.
    peers
        The names that its operator gave it.
    authors
        Name of each authority's node, by its number.
    own
        Authority of the node itself, -1 for none.
    """

    def __init__(
        self,
        now_ms: Callable[[], int],
        tell: Callable[[str, str, int, int], None],
        *,
        peers: Collection[str],
        authors: Sequence[str],
        own: int,
    ) -> None:
        self._now_ms = now_ms
        self._peers = frozenset(peers)
        self._authors = tuple(authors)
        self._tell = tell
        self._windows: dict[tuple[str, str], deque[bool]] = {}
        self._moments: dict[tuple[str, str], dict[str, int]] = {}
        self._slot = -1
        self._heard_slot = -1
        self._talk_alone: dict[str, None] = {}
        self.votes = Votes(own, self._hold)
        self.turns = Turns(own, self._hold)

    # --- messages ------------------------------------------------------------------------------------

    def repeated(self, sender: str, number: int) -> None:
        """Hold it against a peer that it has sent something again that nobody sends twice."""
        self._at_moments(sender, "repeats", str(number), REPEATS_LIMIT)

    def spoke(self, sender: str) -> None:
        """Note who talks of blocks and votes: who is no peer of this node's has no reason to."""
        if sender in self._peers:
            self._heard_slot = self._slot
            if self._talk_alone:
                self._talk_alone.clear()
        else:
            self._talk_alone[sender] = None
            self._at_moments("", "strangers", sender, STRANGERS_LIMIT)

    def raced(self, recipient: str, displaced: bool) -> None:
        """Note work, and whether it takes the place of another recipient's that waits for a block."""
        self._count(recipient, "work_raced", displaced)

    # --- slots ---------------------------------------------------------------------------------------

    def tick(
        self,
        slot: int,
        author: int,
        *,
        blind: bool,
        spared: Callable[[int], bool],
        known: Callable[[bytes], bool],
    ) -> None:
        """Judge what is due when a slot begins; ``blind`` while the node could not have seen it."""
        slept, self._slot = slot != self._slot + 1, slot
        if blind or slept:
            self.votes.forget()
            self.turns.forget()
        self._listen(slot, slept)
        self.votes.judge(slot, spared=spared, known=known)
        self.turns.judge(slot)
        if not blind:
            self.turns.began(slot, author)

    def _listen(self, slot: int, slept: bool) -> None:
        """Note how long strangers alone have talked; who slept has heard nobody, and starts anew."""
        if slept or self._heard_slot < 0:
            self._heard_slot = slot
        elif self._talk_alone and slot - self._heard_slot >= SILENT_SLOTS:
            self._tell(", ".join(self._talk_alone), "peers_silent", slot - self._heard_slot, SILENT_SLOTS)
            self._heard_slot = slot
            self._talk_alone.clear()

    # --- counting ------------------------------------------------------------------------------------

    def _hold(self, authority: int, what: str, guilty: bool) -> None:
        self._count(self._authors[authority], what, guilty)

    def _count(self, peer: str, what: str, guilty: bool) -> None:
        limit, of = LIMITS[what]
        window = self._windows.setdefault((peer, what), deque(maxlen=of))
        window.append(guilty)
        cases = sum(window)
        if cases >= limit:
            window.clear()
            self._tell(peer, what, cases, limit)

    def _at_moments(self, peer: str, what: str, case: str, limit: int) -> None:
        now_ms = self._now_ms()
        cases = self._moments.setdefault((peer, what), {})
        cases[case] = now_ms
        for old in [old for old, at_ms in cases.items() if at_ms < now_ms - WINDOW_MS]:
            del cases[old]
        if len(cases) >= limit:
            self._tell(peer or ", ".join(cases), what, len(cases), limit)
            cases.clear()
