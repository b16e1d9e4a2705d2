"""The lanes of a mailbox: urgent, normal and low, each in its own order.

High priority and above are in the urgent lane, the most urgent first; normal
messages have a lane of their own; low and background ones share the last,
which is looked at when the others are empty.  Within one priority the order of
arrival holds.

Source: alys v2 crates/actor_system/src/mailbox.rs (a heap from High on, and
first-in-first-out queues for Normal and Low).
"""

from __future__ import annotations

import heapq
from collections import deque
from typing import Final

from alyslab.harnesses.actor.message import Envelope, Message, Priority, as_message

NORMAL: Final = int(Priority.NORMAL)


class Lanes:
    """What waits, in order, without a bound.

    ``normal`` is read by the hot paths of senders and actors directly.
    """

    __slots__ = ("_arrivals", "_low", "_urgent", "normal")

    def __init__(self) -> None:
        self._arrivals = 0
        self._urgent: list[tuple[int, int, Message]] = []
        self._low: deque[Message] | None = None
        self.normal: deque[Envelope] = deque()

    def __len__(self) -> int:
        return len(self._urgent) + len(self.normal) + (len(self._low) if self._low else 0)

    @property
    def only_normal(self) -> bool:
        """Whether nothing waits outside the normal lane."""
        return not self._urgent and not self._low

    def add(self, message: Message) -> None:
        """Put a message behind those of its priority."""
        if message.priority == NORMAL:
            self.normal.append(message)
        elif message.priority > NORMAL:
            self._arrivals += 1
            heapq.heappush(self._urgent, (-message.priority, self._arrivals, message))
        else:
            self._lows().append(message)

    def take(self) -> Message | None:
        """Return the next message, or None."""
        if self._urgent:
            return heapq.heappop(self._urgent)[2]
        if self.normal:
            return as_message(self.normal.popleft())
        return self._low.popleft() if self._low else None

    def put_back(self, message: Message) -> None:
        """Put a message that was taken in front of those of its priority."""
        if message.priority == NORMAL:
            self.normal.appendleft(message)
        elif message.priority > NORMAL:
            # Below the numbers of all arrivals; of two put back, the one put back later goes first.
            self._arrivals += 1
            heapq.heappush(self._urgent, (-message.priority, -self._arrivals, message))
        else:
            self._lows().appendleft(message)

    def evict_for(self, message: Message) -> Message | None:
        """Take out the oldest message of the lowest lane that is not above ``message``'s; None if all are."""
        if self._low:
            return self._low.popleft()
        if message.priority < NORMAL:
            return None
        if self.normal:
            return as_message(self.normal.popleft())
        if message.priority == NORMAL or not self._urgent:
            return None
        least = max(self._urgent, key=lambda item: (item[0], -item[1]))
        if -least[0] > message.priority:
            return None
        self._urgent.remove(least)
        heapq.heapify(self._urgent)
        return least[2]

    def clear(self) -> list[Message]:
        """Empty the lanes and return what was in them, in the order in which it would have been taken."""
        left = [
            *(item[2] for item in sorted(self._urgent)),
            *map(as_message, self.normal),
            *(self._low or ()),
        ]
        self._urgent.clear()
        self.normal.clear()
        self._low = None
        return left

    def _lows(self) -> deque[Message]:
        # Made when it is needed: most of ten thousand idle actors never see a low message.
        if self._low is None:
            self._low = deque()
        return self._low
