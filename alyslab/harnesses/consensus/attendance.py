"""Who votes and who writes, and when, as one node sees it: what shows that a member keeps things back.

A vote is due from every authority for each block that the node itself took for
a candidate, but for blocks with a twin, over which votes are split.  A turn is
due in each slot; one that stays empty counts against its author once somebody
has written a later one, since a chain that halts is nobody's fault.

What the node could not see it holds against nobody: it counts nothing while it
catches up or after it slept through a slot.  Lateness is held against the
others', so that a slow line of the node's own accuses nobody.

The numbers are the laboratory's own: no document gives any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

LATE_MS: Final = 500
"""Later than the quorum's last vote, or than the begin of the slot, by so much is late; a hop takes 50."""
GRACE_SLOTS: Final = 2
"""What has not come by then is missed."""
KEPT_MAX: Final = 256
"""Blocks, and roots without a block, that are waited for."""

Hold = Callable[[int, str, bool], None]
"""Told of every case judged: authority, what it would be held for, whether it is."""


@dataclass(slots=True)
class _Ballot:
    """The votes for one block."""

    slot: int
    voters: Sequence[int] = ()
    """Who owes one."""
    quorum: int = 0
    """How many of them import the block."""
    votes: dict[int, int] = field(default_factory=dict)
    """When each authority's vote came, in ms."""


class Votes:
    """When votes came for the blocks that this node approved, or would have.

    Parameters
    ----------
    own
        This node's authority, -1 for none.
    hold
        Told ``votes_missed``, ``votes_late`` and ``votes_stray`` for each authority.
    """

    def __init__(self, own: int, hold: Hold) -> None:
        self._own = own
        self._hold = hold
        self._due: dict[bytes, _Ballot] = {}
        self._early: dict[bytes, _Ballot] = {}

    def candidate(
        self, root: bytes, slot: int, author: int, now_ms: int, *, voters: Sequence[int], quorum: int
    ) -> None:
        """Expect votes for a block; its author's came with it, and this node's own goes out now."""
        ballot = self._early.pop(root, None) or _Ballot(slot)
        ballot.slot, ballot.voters, ballot.quorum = slot, voters, quorum
        for authority in (author, self._own):
            if authority >= 0:
                ballot.votes.setdefault(authority, now_ms)
        self._due.setdefault(root, ballot)

    def came(self, root: bytes, authority: int, slot: int, now_ms: int) -> None:
        """Note a valid vote that came in this slot, in time or late."""
        ballot = self._due.get(root)
        if ballot is None:
            ballot = self._early.setdefault(root, _Ballot(slot))
            if len(self._early) > KEPT_MAX:
                del self._early[next(iter(self._early))]
        ballot.votes.setdefault(authority, now_ms)

    def judge(self, slot: int, *, spared: Callable[[int], bool], known: Callable[[bytes], bool]) -> None:
        """Hold what is due by now against those who owe it.

        ``spared`` tells of which slots there are twins, ``known`` which roots are blocks after all.
        """
        for root in [root for root, ballot in self._due.items() if ballot.slot <= slot - GRACE_SLOTS]:
            ballot = self._due.pop(root)
            if not spared(ballot.slot):
                self._judge(ballot)
        for root in [root for root, ballot in self._early.items() if ballot.slot <= slot - GRACE_SLOTS]:
            ballot = self._early.pop(root)
            for authority in sorted(ballot.votes):
                self._hold(authority, "votes_stray", not known(root))

    def forget(self) -> None:
        """Expect nothing of what was under way."""
        self._due.clear()
        self._early.clear()

    def _judge(self, ballot: _Ballot) -> None:
        in_order = sorted(ballot.votes.values())
        enough_ms = in_order[min(ballot.quorum, len(in_order)) - 1]
        for authority in ballot.voters:
            if authority != self._own:
                came_ms = ballot.votes.get(authority)
                self._hold(authority, "votes_missed", came_ms is None)
                self._hold(authority, "votes_late", came_ms is not None and came_ms - enough_ms > LATE_MS)


class Turns:
    """Which slots were written, and how long after their begin their blocks came.

    Parameters
    ----------
    own
        This node's authority, -1 for none.
    hold
        Told ``turns_missed`` and ``blocks_late``.
    """

    def __init__(self, own: int, hold: Hold) -> None:
        self._own = own
        self._hold = hold
        self._empty: dict[int, int] = {}
        self._written: dict[int, int] = {}
        self._latest = -1
        self._delay_ms: dict[int, int] = {}

    def began(self, slot: int, author: int) -> None:
        """Expect a block of its author in a slot that begins."""
        if slot not in self._written and author != self._own:
            self._empty[slot] = author
            if len(self._empty) > KEPT_MAX:
                del self._empty[next(iter(self._empty))]

    def wrote(self, slot: int, author: int, delay_ms: int) -> None:
        """Note the first block of a slot, so long after its begin."""
        if slot in self._written:
            return
        self._written[slot] = delay_ms
        if len(self._written) > KEPT_MAX:
            del self._written[next(iter(self._written))]
        self._latest = max(self._latest, slot)
        self._delay_ms[author] = delay_ms
        if self._empty.pop(slot, None) is not None:
            self._hold(author, "turns_missed", False)
            self._hold(author, "blocks_late", delay_ms > LATE_MS and self._others_in_time(author))

    def judge(self, slot: int) -> None:
        """Hold empty slots against their authors, where somebody has written since."""
        for empty in [slot_ for slot_ in self._empty if slot_ <= slot - GRACE_SLOTS and slot_ < self._latest]:
            self._hold(self._empty.pop(empty), "turns_missed", True)

    def forget(self) -> None:
        """Expect nothing of the slots that have begun."""
        self._empty.clear()

    def _others_in_time(self, author: int) -> bool:
        others = [delay for other, delay in self._delay_ms.items() if other not in (author, self._own)]
        return bool(others) and _most(delay <= LATE_MS for delay in others)


def _most(cases: Iterable[bool]) -> bool:
    found = list(cases)
    return 2 * sum(found) > len(found)
