"""A reference: how one participant speaks to one actor.

Each pair of sender and receiver has one reference, which numbers the messages
between them.  What it promises (nothing is lost without a reason, per-sender
order within a priority) is checked at the receiver.
"""

from __future__ import annotations

import asyncio
from math import inf
from typing import TYPE_CHECKING, Any, Final

from alyslab.harnesses.actor.asking import Reply, answer_to
from alyslab.harnesses.actor.defective import handle_beside
from alyslab.harnesses.actor.lanes import NORMAL
from alyslab.harnesses.actor.message import Message, Priority
from alyslab.harnesses.actor.progress import Progress
from alyslab.harnesses.actor.refusals import circular, full, require_stream, stopped, unsendable
from alyslab.harnesses.actor.state import TAKES_MESSAGES

if TYPE_CHECKING:
    from alyslab.harnesses.actor.cell import Cell
    from alyslab.harnesses.actor.core import Core

ASK_TIMEOUT_S: Final = 30.0
"""Default time-out of an ask, in s.  Source: alys v2 crates/actor_system, message envelope (30 s)."""


_SECONDS: Final = (float, int)


class Ref(Progress):
    """Speaks to one actor on behalf of one sender; made by ``system.ref()`` and ``context.ref()``."""

    __slots__ = (
        "_cell",
        "_core",
        "_mailbox",
        "_number",
        "_origin_ns",
        "_plain",
        "_sent",
        "_sent_normal",
        "_ticks",
        "sender",
    )

    def __init__(self, core: Core, sender: str, cell: Cell) -> None:
        super().__init__()
        self.sender = sender
        """On whose behalf."""
        self._core = core
        tracker = core.tracker
        self._ticks = tracker.ticks if tracker.timed else None
        self._origin_ns = tracker.origin_ns
        self._cell = cell
        self._mailbox = cell.mailbox
        self._sent = [0] * len(Priority)  # but the normal ones, which are counted by themselves
        self._sent_normal = 0
        self._number = core.next_number
        self._plain = core.clocks is None

    def __repr__(self) -> str:
        return f"<Ref {self.sender} → {self._cell.name} ({self._cell.state})>"

    @property
    def name(self) -> str:
        """Name of the actor that it speaks to."""
        return self._cell.name

    @property
    def sent(self) -> dict[int, int]:
        """How many messages went out so far, by priority; priorities never used are left out."""
        counts = enumerate(self._sent)
        found = {priority: self._sent_normal if priority == NORMAL else count for priority, count in counts}
        return {priority: count for priority, count in found.items() if count}

    async def tell(
        self,
        kind: str,
        body: Any = None,
        *,
        priority: int = NORMAL,
        after: tuple[int, ...] = (),
    ) -> int:
        """Send a message and return its number; waits only where the mailbox's policy is backpressure.

        Parameters
        ----------
        kind, body
            What it asks for, and what goes with it.
        priority
            A :class:`~alyslab.harnesses.actor.message.Priority`.
        after
            Numbers of messages that must have been handled before it; checked, not enforced.

        Raises
        ------
        ActorStoppedError
            If the actor takes no more messages.
        MailboxFullError
            If its mailbox is full and its policy is to reject.
        UnrecordableError
            If the journal could not keep ``kind``, ``priority`` or ``after``; nothing was sent then.
        """
        if type(kind) is not str:
            raise unsendable(self._cell, kind)
        mailbox = self._mailbox
        normal = mailbox.normal
        if len(normal) < mailbox.room and priority == NORMAL and self._plain:
            # Nearly every message: nothing to wait for, one lane, no clocks.
            self._sent_normal = sequence = self._sent_normal + 1
            ticks = self._ticks
            now_ns = ticks() - self._origin_ns if ticks is not None else 0
            number = self._number()
            normal.append((kind, body, self, sequence, NORMAL, number, now_ns, now_ns, None, None, after))
            wake = mailbox.wake
            if wake is not None:
                mailbox.wake = None
                if not wake.done():
                    wake.set_result(None)
            return number
        message = self._message(kind, body, priority, None, after)
        wait = self._put(message)
        if wait is not None:
            await self._room(wait, message)
        return message.number

    async def ask(
        self,
        kind: str,
        body: Any = None,
        *,
        timeout_s: float = ASK_TIMEOUT_S,
        priority: int = NORMAL,
        after: tuple[int, ...] = (),
    ) -> Any:
        """Send a message and return the answer.

        Parameters
        ----------
        timeout_s
            Longest wait for the answer, in s, counted from when the mailbox took the message.

        Raises
        ------
        AskTimeoutError
            If no answer came in time.
        ActorFailedError
            If the handler raised; its error is the cause.
        NoReplyError
            If the actor went down with the message, dropped it, or waits (directly or
            through others) for the asker.
        ActorStoppedError, MailboxFullError, UnrecordableError
            As for :meth:`tell`; the last also for a ``timeout_s`` that is no time.
        """
        if type(kind) is not str or type(timeout_s) not in _SECONDS or not 0 < timeout_s < inf:
            raise unsendable(self._cell, kind, timeout_s)
        core, cell = self._core, self._cell
        asker = core.current_cell(self.sender)
        if asker is not None and asker.would_wait_for_itself(cell):
            raise circular(cell)
        reply: Reply = core.loop.create_future()
        mailbox = self._mailbox
        normal = mailbox.normal
        if len(normal) < mailbox.room and priority == NORMAL and self._plain:
            self._sent_normal = sequence = self._sent_normal + 1
            ticks = self._ticks
            now_ns = ticks() - self._origin_ns if ticks is not None else 0
            number = self._number()
            normal.append((kind, body, self, sequence, NORMAL, number, now_ns, now_ns, reply, None, after))
            wake, mailbox.wake = mailbox.wake, None
            if wake is not None and not wake.done():
                wake.set_result(None)
        else:
            message = self._message(kind, body, priority, reply, after)
            number = message.number
            wait = self._put(message)
            if wait is not None:
                await self._room(wait, message)
        sender = self.sender
        return await answer_to(
            reply, number, core=core, sender=sender, asker=asker, cell=cell, timeout_s=timeout_s
        )

    def _put(self, message: Message) -> asyncio.Future[None] | None:
        """Hand a message to the mailbox; returns what to wait for when there is no room."""
        cell, mailbox = self._cell, self._mailbox
        if cell.state not in TAKES_MESSAGES:
            if message.reply is not None:
                message.reply.cancel()  # the asker hears of it by the error raised here
            mailbox.refuse(message, "refused")
            raise stopped(cell)
        wait = mailbox.put(message)
        if isinstance(wait, str):
            raise full(cell)
        overtakes = wait is None and message.priority > NORMAL
        if overtakes and self._core.defects.two_handlers_at_once and cell.life and cell.life.in_hand:
            self._core.spawn(handle_beside(cell), f"{self.name}/beside")
        return wait

    async def _room(self, wait: asyncio.Future[None], message: Message) -> None:
        """Wait until the mailbox has taken the message."""
        try:
            await wait
        except asyncio.CancelledError:
            if message.reply is not None:
                message.reply.cancel()  # nobody asks any more
            self._mailbox.withdraw(message)
            raise

    def _message(
        self,
        kind: str,
        body: Any,
        priority: int,
        reply: Reply | None,
        after: tuple[int, ...],
    ) -> Message:
        """Return a message that does not go the short way; raises UnrecordableError."""
        require_stream(self._cell, priority, after)
        if priority == NORMAL:
            self._sent_normal = sequence = self._sent_normal + 1
        else:
            self._sent[priority] = sequence = self._sent[priority] + 1
        clocks = self._core.clocks
        stamp = None if clocks is None else clocks.send(self.sender)
        now_ns = self._now_ns()
        number = self._core.next_number()
        return Message(kind, body, self, sequence, int(priority), number, now_ns, now_ns, reply, stamp, after)

    def _now_ns(self) -> int:
        """Return the time, or 0 where no times are written."""
        return 0 if self._ticks is None else self._ticks() - self._origin_ns
