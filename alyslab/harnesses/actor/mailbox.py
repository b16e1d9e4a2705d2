"""A bounded mailbox: what waits for an actor, and what happens when it is full.

The bound of Alys's own mailbox neither blocks nor drops, since its permit is
released when ``send`` returns (v2 crates/actor_system/src/mailbox.rs); here it
does what its policy says.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from alyslab.harnesses.actor.lanes import NORMAL, Lanes
from alyslab.harnesses.actor.message import Message, as_message
from alyslab.harnesses.actor.overflow import MailboxPolicy, Overflow

if TYPE_CHECKING:
    from alyslab.harnesses.actor.defects import Defects
    from alyslab.runtime.journal import Clock

CLOSED: Final = -(1 << 62)
"""Room of a mailbox that takes nothing more: so little that putting back never opens it."""


class Mailbox:
    """What waits for one actor.

    ``room`` (how many normal messages fit beside the others) and ``normal``
    (their lane) are used by the hot paths of senders and actors directly.

    Parameters
    ----------
    policy
        Capacity and overflow.
    clock
        Stamps a message whose sender had to wait.
    dropped
        Hears of each message that is dropped, with the reason.
    defects
        Which planted bugs are on.
    """

    __slots__ = (
        "_clock",
        "_defects",
        "_dropped",
        "_lanes",
        "_overflow",
        "normal",
        "room",
        "special",
        "waiting",
        "wake",
    )

    def __init__(
        self,
        policy: MailboxPolicy,
        clock: Clock,
        dropped: Callable[[Message, str], None],
        defects: Defects,
    ) -> None:
        self._overflow = policy.overflow
        self._clock = clock
        self._dropped = dropped
        self._defects = defects
        self._lanes = Lanes()
        self.waiting: deque[tuple[Message, asyncio.Future[None]]] | None = None
        """Senders that wait for room, the first one first."""
        self.normal = self._lanes.normal
        self.room = policy.capacity
        self.special = False
        """Whether the actor must look at more than ``normal`` before its next message."""
        self.wake: asyncio.Future[None] | None = None
        """Where the actor waits when it has nothing to do."""

    def __len__(self) -> int:
        return len(self._lanes)

    @property
    def full(self) -> bool:
        """Whether nothing more fits, or senders wait for room already."""
        return len(self.normal) >= self.room or bool(self.waiting)

    @property
    def only_normal(self) -> bool:
        """Whether the normal lane is all there is to look at."""
        return self._lanes.only_normal

    def put(self, message: Message) -> asyncio.Future[None] | str | None:
        """Take a message, or do what the policy says.

        Returns
        -------
        Future, str or None
            None when it was taken or dropped; a future on which the sender
            waits for room; ``"rejected"`` when the sender must be told.
        """
        if not self.full or self._defects.capacity_ignored:
            self._add(message)
            return None
        match self._overflow:
            case Overflow.BACKPRESSURE:
                return None if self._defects.backpressure_drops_silently else self._hold(message)
            case Overflow.DROP_OLDEST:
                self._replace_oldest(message)
                return None
            case Overflow.DROP_NEWEST:
                self._dropped(message, "newest")
                return None
            case Overflow.REJECT:
                self._dropped(message, "rejected")
                return "rejected"

    def take(self) -> Message | None:
        """Return the next message in the order of priority and arrival, or None."""
        message = self._lanes.take()
        if message is not None:
            if message.priority != NORMAL:
                self.room += 1
            if self.waiting:
                self.admit()
        return message

    def put_back(self, message: Message) -> None:
        """Put a message that failed back where it was, whatever the capacity: it was inside before.

        It takes the place that it left, unless another one was let in
        meanwhile; then nothing more is let in before two have gone.
        """
        if message.priority != NORMAL:
            self.room -= 1
        self._lanes.put_back(message)
        self.ring()

    def admit(self) -> None:
        """Let the senders that wait longest in, as far as there is room."""
        waiting = self.waiting
        while waiting and len(self.normal) < self.room:
            message, future = waiting.popleft()
            self._add(message._replace(queued_ns=self._clock.now_ns))
            if not future.done():
                future.set_result(None)

    def refuse(self, message: Message, reason: str) -> None:
        """Drop a message that comes too late, with this reason."""
        self._dropped(message, reason)

    def withdraw(self, message: Message) -> None:
        """Forget the message of a sender that was cancelled while it waited."""
        before = self.waiting or ()
        self.waiting = deque(item for item in before if item[0] is not message)
        if len(self.waiting) < len(before):
            self._dropped(message, "cancelled")

    def drain(self, reason: str) -> None:
        """Drop everything inside, with this reason."""
        for message in self.forget():
            self._dropped(message, reason)

    def forget(self) -> list[Message]:
        """Take everything out; without a word, which only a defect does, it is lost."""
        left = self._lanes.clear()
        self.room += sum(message.priority != NORMAL for message in left)
        return left

    def close(self) -> None:
        """Take nothing more; who waits for room is let go, and the message refused."""
        self.room = CLOSED
        while self.waiting:
            message, future = self.waiting.popleft()
            self._dropped(message, "refused")
            if not future.done():
                future.set_result(None)
        self.ring()

    def ring(self) -> None:
        """Make the actor look around."""
        self.special = True
        wake, self.wake = self.wake, None
        if wake is not None and not wake.done():
            wake.set_result(None)

    def swap_first(self) -> None:
        """Swap the first two normal messages; only a defect does this."""
        if len(self.normal) >= 2:
            self.normal[0], self.normal[1] = self.normal[1], self.normal[0]

    def _add(self, message: Message) -> None:
        if message.priority != NORMAL:
            self.room -= 1
        if message.after and self._defects.dependency_overtakes:
            self._lanes.put_back(message)
            self.ring()
            return
        last = self.normal[-1] if self.normal else None
        if message.priority > NORMAL and self._defects.priority_inverts:
            self.normal.append(message)
        elif (
            self._defects.causal_overtaking and last is not None and as_message(last).sender != message.sender
        ):
            self.normal.insert(len(self.normal) - 1, message)
        else:
            self._lanes.add(message)
        self.ring()

    def _hold(self, message: Message) -> asyncio.Future[None]:
        if self.waiting is None:
            self.waiting = deque()
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append((message, future))
        return future

    def _replace_oldest(self, message: Message) -> None:
        while self.full:  # more than once where a message was put back without a place
            if self._defects.drop_oldest_drops_newest and len(self.normal) > 1:
                evicted: Message | None = as_message(self.normal.pop())
            else:
                evicted = self._lanes.evict_for(message)
            if evicted is None:
                self._dropped(message, "newest")
                return
            if evicted.priority != NORMAL:
                self.room += 1
            self._dropped(evicted, "oldest")
        self._add(message)
