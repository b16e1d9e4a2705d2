"""One life of an actor: it gets ready, handles messages one at a time, and ends or fails."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from itertools import repeat
from typing import TYPE_CHECKING, Any, Final

from alyslab.errors import JournalError
from alyslab.harnesses.actor.actor import Actor, digest_of
from alyslab.harnesses.actor.context import Context
from alyslab.harnesses.actor.defective import another_reply, leave_behind
from alyslab.harnesses.actor.ending import is_asked_to_end, is_under_way
from alyslab.harnesses.actor.health import Probe, answer_probes
from alyslab.harnesses.actor.injector import Receive
from alyslab.harnesses.actor.lanes import NORMAL
from alyslab.harnesses.actor.message import Envelope, Message, as_message
from alyslab.harnesses.actor.settlement import described
from alyslab.harnesses.actor.state import ActorState

if TYPE_CHECKING:
    from alyslab.harnesses.actor.cell import Cell

KIND, BODY, LINK, SEQUENCE, PRIORITY, NUMBER, _, _, REPLY, _, _ = range(len(Message._fields))
TURN: Final = 1_000
"""Messages that an actor handles before it lets others go on, if its handler never waits."""


class Life:
    """The time between a start and the next failure, restart or stop.

    Parameters
    ----------
    cell
        Whose life.
    kept
        An actor object to go on with instead of a new one; only a defect has it.
    """

    __slots__ = (
        "_blame",
        "_cell",
        "_left_behind",
        "_receive",
        "actor",
        "ending",
        "in_hand",
        "in_hand_since_ns",
    )
    _receive: Receive
    actor: Actor
    """Made when the life begins, since its class may fail to make it."""

    def __init__(self, cell: Cell, kept: Actor | None = None) -> None:
        self._cell = cell
        if kept is not None:
            self.actor = kept
        self.ending = False
        """Whether its supervisor, or a health check, takes the actor down."""
        self.in_hand: Envelope | None = None
        self.in_hand_since_ns = 0
        self._left_behind = 0
        self._blame: BaseException | None = None

    async def live(self) -> bool:
        """Run to the end; returns whether it ended in order.

        Raises
        ------
        JournalError
            If the journal refuses a row: nobody's failure but the laboratory's.
        """
        cell = self._cell
        try:
            await self._begin()
            await self._serve()
        except asyncio.CancelledError as error:
            # Else a handler let the end of something that it waited for through, or cancelled its own task.
            if not self.ending and not (is_asked_to_end() and (cell.core.closing or self.in_hand is None)):
                return self._fail(error)
            if (message := self.take_in_hand()) is not None:
                cell.abandon(message, self._blame)
            self._let_go()
            raise
        except JournalError as error:
            error.add_note(f"while actor {cell.name} was {cell.state}")
            raise
        except (Exception, SystemExit) as error:  # whatever a handler raises is a failure of that actor alone
            return self._fail(error)
        except GeneratorExit as error:  # raised by the handler, unless this life is being thrown away
            if not is_under_way(cell):
                raise
            return self._fail(error)
        return True

    def _fail(self, error: BaseException) -> bool:
        self._cell.fail(error, self.take_in_hand())
        self._let_go()
        return False

    def take_in_hand(self) -> Message | None:
        """Return the message in hand, which then is in hand no more."""
        envelope, self.in_hand = self.in_hand, None
        return None if envelope is None else as_message(envelope)

    def blame_for(self, error: BaseException) -> Message | None:
        """Say why this life ends, for what is left of it; returns the message in hand, which stays there."""
        self._blame = error
        return None if self.in_hand is None else as_message(self.in_hand)

    def digest(self) -> str:
        """Return the digest of the state that the actor declares, as far as it can still say."""
        if not hasattr(self, "actor"):
            return ""
        try:
            return digest_of(self.actor.state())
        except Exception:  # a damaged actor may not be able to
            return "unreadable"

    async def clean_up(self, limit_s: float) -> bool:
        """Call the actor's ``stopped()``; returns whether it came back without an error in time."""
        try:
            async with asyncio.timeout(limit_s):
                await self.actor.stopped()
        except Exception as error:
            text = f"stopped(): {described(error)}"
            self._cell.core.tracker.record("actor.failed", self._cell.name, error=text, message=0, digest="")
            return False
        return True

    def _let_go(self) -> None:
        with suppress(Exception):  # it failed already; a second error would hide the first
            self.actor.failed()

    async def _begin(self) -> None:
        cell = self._cell
        if not hasattr(self, "actor"):
            self.actor = cell.spec.kind(**cell.spec.options)
        actor, again = self.actor, cell.incarnation > 0
        actor.context = Context(cell)
        self._receive = actor.receive if cell.injector is None else cell.injector.around(actor)
        if again and cell.injector is not None:
            cell.injector.restarting()
        if again and cell.saved is not None and not cell.core.defects.state_survives_restart:
            actor.restore(cell.saved)
        async with asyncio.timeout(cell.spec.start_limit_s):
            await actor.started()
        if self.ending:  # started() kept the cancellation to itself
            raise asyncio.CancelledError
        cell.note_digest("recovered" if again else "started", self.digest())
        cell.change(ActorState.RUNNING, "restarted" if again else "started")
        if again:
            # A restart is over when the actor answers, so the supervisor asks at once.
            cell.probes.append(Probe("supervisor", cell.failed_ns or cell.core.now_ns, cell.core.loop))

    async def _serve(self) -> None:
        """Handle message after message, until the actor is to stop and nothing waits."""
        cell = self._cell
        core, mailbox, normal = cell.core, cell.mailbox, cell.mailbox.normal
        receive, name, tracker = self._receive, cell.name, core.tracker
        log, write, ticks, origin_ns = tracker.log, tracker.write, tracker.ticks, tracker.origin_ns
        timed, plain = tracker.timed, tracker.timed and core.clocks is None
        create_future = core.loop.create_future
        started_ns = 0  # one reading serves the end of a message and the beginning of the next that waits
        while True:
            for _ in repeat(None, TURN):
                if not normal and not mailbox.special:
                    self.in_hand = None
                    mailbox.wake = wake = create_future()
                    await wake
                    started_ns = 0
                    continue
                if mailbox.special:
                    found = await self._next()
                    if found is None:
                        return
                    message: Envelope = found
                    started_ns = 0
                else:
                    message = normal.popleft()
                    if mailbox.waiting:
                        mailbox.admit()
                self.in_hand = message
                if timed:
                    self.in_hand_since_ns = started_ns = started_ns or ticks() - origin_ns
                answer = await receive(message[KIND], message[BODY])
                if plain:
                    kind, _, link, sequence, priority, number, sent_ns, queued_ns, _, _, _ = message
                    sender, ended_ns = link.sender, ticks() - origin_ns
                    row = (number, kind, sender, sequence, priority, sent_ns, queued_ns, started_ns, "done")
                    write(ended_ns, name, row)
                    started_ns = ended_ns
                elif (
                    not timed
                    and message[SEQUENCE] == (seen := (link := message[LINK]).seen + 1)
                    and message[PRIORITY] == NORMAL
                ):
                    link.seen = seen  # the next of its stream, as nearly all are
                else:
                    log(name, message, started_ns, "done")
                    started_ns = 0
                if message[REPLY] is not None:
                    self._answer(message, answer)
            self.in_hand = None
            started_ns = 0
            await asyncio.sleep(0)

    async def _next(self) -> Message | None:
        """Return the next message, with everything looked at; None when the actor is to stop."""
        cell = self._cell
        mailbox = cell.mailbox
        self.in_hand = None
        while True:
            if self.ending:  # its handler kept the cancellation to itself
                raise asyncio.CancelledError
            if cell.probes:
                answer_probes(cell, self.actor)
            if cell.state is not ActorState.PAUSED:
                message = mailbox.take()
                if message is not None:
                    if cell.core.defects.handed_over_twice:
                        self._left_behind = leave_behind(mailbox, message, self._left_behind)
                    self._merge(message)
                    # Clocks are merged here, so with clocks every message comes this way.
                    usual = cell.state is ActorState.RUNNING and cell.core.clocks is None
                    mailbox.special = not usual or not mailbox.only_normal
                    return message
                if cell.state is ActorState.STOPPING:
                    return None
            mailbox.special = False
            mailbox.wake = cell.core.loop.create_future()
            await mailbox.wake

    def _merge(self, message: Message) -> None:
        clocks = self._cell.core.clocks
        if clocks is not None and message.stamp is not None:
            clocks.receive(self._cell.name, message.stamp)

    def _answer(self, message: Envelope, answer: Any) -> None:
        cell, reply = self._cell, message[REPLY]
        if cell.injector is not None and cell.injector.loses_reply(message[KIND]):
            return
        if cell.core.defects.reply_to_wrong_caller:
            reply = another_reply(cell.mailbox) or reply
        if reply is not None and not reply.done():
            reply.set_result((message[NUMBER], answer))
