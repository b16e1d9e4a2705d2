"""How far a receiver got in the streams of one sender, counted where only sequences are recorded."""

from __future__ import annotations

from alyslab.harnesses.actor.lanes import NORMAL
from alyslab.harnesses.actor.message import Message


class Progress:
    """Kept by the receiver: no row is written for a message, only these counts at the end."""

    __slots__ = ("_tracked", "seen")

    def __init__(self) -> None:
        self.seen = 0
        """How far the receiver got in the normal stream; counted by its own loop, as nearly all are."""
        self._tracked: dict[int, list[int]] | None = None

    def follow(self, message: Message) -> None:
        """Count a message that is out of its turn, or of a priority other than normal."""
        if self._tracked is None:
            self._tracked = {}
        counts = self._tracked.setdefault(message.priority, [0, 0, 0])
        last = self.seen if message.priority == NORMAL else counts[2]
        step = message.sequence - last
        if step > 1:
            counts[0] += step - 1
        elif step < 1:
            counts[1] += 1
        last = max(last, message.sequence)
        if message.priority == NORMAL:
            self.seen = last
        else:
            counts[2] = last

    def tracked(self) -> list[tuple[int, int, int, int]]:
        """Return (priority, highest sequence handled, skipped, repeated) for each stream followed."""
        streams = self._tracked or {}
        rows = [
            (priority, self.seen if priority == NORMAL else last, skipped, repeated)
            for priority, (skipped, repeated, last) in sorted(streams.items())
        ]
        return rows if NORMAL in streams or not self.seen else [(NORMAL, self.seen, 0, 0), *rows]
