"""A reference: how one participant speaks to one actor.

Each pair of sender and receiver has one reference, which numbers the messages
between them.  What it promises (nothing is lost without a reason, per-sender
order within a priority) is checked at the receiver.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from alyslab.harnesses.actor.errors import (
    ActorError,
    ActorStoppedError,
    AskTimeoutError,
    MailboxFullError,
    NoReplyError,
)
from alyslab.harnesses.actor.lanes import NORMAL
from alyslab.harnesses.actor.message import Message, Priority
from alyslab.harnesses.actor.state import TAKES_MESSAGES

if TYPE_CHECKING:
    from alyslab.harnesses.actor.cell import Cell
    from alyslab.harnesses.actor.core import Core

ASK_TIMEOUT_S: Final = 30.0
"""Default time-out of an ask, in s.  Source: alys v2 crates/actor_system, message envelope (30 s)."""


class Ref:
    """Speaks to one actor on behalf of one sender; made by ``system.ref()`` and ``context.ref()``."""

    __slots__ = (
        "_cell",
        "_core",
        "_mailbox",
        "_number",
        "_origin_ns",
        "_plain",
        "_sent",
        "_ticks",
        "_tracked",
        "seen",
        "sender",
    )

    def __init__(self, core: Core, sender: str, cell: Cell) -> None:
        self.sender = sender
        """On whose behalf."""
        self.seen = 0
        """How far the receiver got in the normal stream, where only sequences are recorded."""
        self._core = core
        tracker = core.tracker
        self._ticks = tracker.ticks if tracker.timed else None
        self._origin_ns = tracker.origin_ns
        self._cell = cell
        self._mailbox = cell.mailbox
        self._sent = [0] * len(Priority)
        self._number = core.next_number
        self._plain = core.clocks is None
        self._tracked: dict[int, list[int]] | None = None

    def __repr__(self) -> str:
        return f"<Ref {self.sender} → {self._cell.name} ({self._cell.state})>"

    @property
    def name(self) -> str:
        """Name of the actor that it speaks to."""
        return self._cell.name

    @property
    def sent(self) -> dict[int, int]:
        """How many messages went out so far, by priority; priorities never used are left out."""
        return {priority: count for priority, count in enumerate(self._sent) if count}

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
        """
        mailbox = self._mailbox
        normal = mailbox.normal
        if len(normal) < mailbox.room and priority == NORMAL and self._plain:
            # Nearly every message: nothing to wait for, one lane, no clocks.
            sent = self._sent
            sent[NORMAL] = sequence = sent[NORMAL] + 1
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
        ActorStoppedError, MailboxFullError
            As for :meth:`tell`.
        """
        core, cell = self._core, self._cell
        asker = core.current_cell(self.sender)
        if asker is not None and asker.would_wait_for_itself(cell):
            raise self._no_reply("waits for the asker itself", "tell it instead, or answer first")
        reply: asyncio.Future[tuple[int, Any]] = core.loop.create_future()
        mailbox = self._mailbox
        normal = mailbox.normal
        if len(normal) < mailbox.room and priority == NORMAL and self._plain:
            self._sent[NORMAL] = sequence = self._sent[NORMAL] + 1
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
        asked_ns = self._now_ns()
        core.deadlines.add(reply, timeout_s * 3 if core.defects.ask_timeout_ignored else timeout_s)
        if asker is not None:
            asker.asking.append(cell)
        outcome, answers = "cancelled", number
        try:
            answers, value = await reply
            outcome = "answered"
            return value
        except TimeoutError:
            outcome = "timed_out"
            raise AskTimeoutError(cell.name, cell.state, timeout_s) from None
        except ActorError:
            outcome = "failed"
            raise
        finally:
            if asker is not None:
                asker.asking.remove(cell)
            if core.recording == "messages":
                core.tracker.asked(
                    self.sender,
                    number,
                    cell.name,
                    asked_ns,
                    timeout_s * 1_000,
                    answers,
                    outcome,
                )

    def _put(self, message: Message) -> asyncio.Future[None] | None:
        """Hand a message to the mailbox; returns what to wait for when there is no room."""
        cell, mailbox = self._cell, self._mailbox
        if cell.state not in TAKES_MESSAGES:
            mailbox.refuse(message, "refused")
            raise ActorStoppedError(
                self.name, cell.state, "takes no more messages", "start it again under another name"
            )
        wait = mailbox.put(message)
        if isinstance(wait, str):
            raise MailboxFullError(
                self.name, cell.state, "its mailbox is full", "send later, or choose another policy"
            )
        if wait is None and self._core.defects.two_handlers_at_once and message.priority > NORMAL:
            life = cell.life
            if life is not None and life.in_hand is not None:
                self._core.spawn(life.handle_beside(), f"{self.name}/beside")
        return wait

    async def _room(self, wait: asyncio.Future[None], message: Message) -> None:
        """Wait until the mailbox has taken the message."""
        try:
            await wait
        except asyncio.CancelledError:
            self._mailbox.withdraw(message)
            raise

    def _message(
        self,
        kind: str,
        body: Any,
        priority: int,
        reply: asyncio.Future[tuple[int, Any]] | None,
        after: tuple[int, ...],
    ) -> Message:
        self._sent[priority] = sequence = self._sent[priority] + 1
        clocks = self._core.clocks
        stamp = None if clocks is None else clocks.send(self.sender)
        now_ns = self._now_ns()
        number = self._core.next_number()
        return Message(kind, body, self, sequence, int(priority), number, now_ns, now_ns, reply, stamp, after)

    def _now_ns(self) -> int:
        """Return the time, or 0 where no times are written."""
        return 0 if self._ticks is None else self._ticks() - self._origin_ns

    # --- kept by the receiver, where only sequences are recorded -----------------------------------

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

    # --- refusals ----------------------------------------------------------------------------------

    def _no_reply(self, what: str, advice: str) -> NoReplyError:
        return NoReplyError(self.name, self._cell.state, what, advice)
