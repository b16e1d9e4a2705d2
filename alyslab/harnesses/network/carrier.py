"""What moves messages: from the sender's line over the link to the receiver, and what is lost on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Final

from alyslab.harnesses.network.impairment import flipped
from alyslab.harnesses.network.line import Line, Uplink
from alyslab.harnesses.network.message import Message
from alyslab.harnesses.network.rules import DeliverAfter, Drop, Duplicate, Hold, Rules

if TYPE_CHECKING:
    from alyslab.harnesses.network.defects import Defects
    from alyslab.runtime import Runtime

Transmit = Callable[[int, str, bytes, int, int], int]
"""Sends one message and returns its number: connection, topic, payload, size in bytes, reply to."""

UNSAID_EVERY: Final = 7
"""Every so-manieth drop goes unsaid under the planted bug ``network.drop_unsaid``."""
_new_tuple = tuple.__new__


class Pending:
    """How many messages are on their way, held, or not handled yet."""

    __slots__ = ("_settled", "count", "sent")

    def __init__(self) -> None:
        self.count = 0
        self.sent = 0
        """How many were sent so far, which is also the number of the last one."""
        self._settled: asyncio.Event | None = None

    def out(self, messages: int = 1) -> None:
        """Let go of messages that were handled or lost; what they caused to be sent is counted already."""
        self.count -= messages
        if not self.count and self._settled is not None:
            self._settled.set()
            self._settled = None

    async def none_left(self) -> None:
        """Return once there are none."""
        while self.count:
            if self._settled is None:
                self._settled = asyncio.Event()
            await self._settled.wait()


class Carrier:
    """Carries the messages of one network.

    Parameters
    ----------
    runtime
        What runs.
    defects
        Which bugs are planted.
    peers
        Names of those who are there; it may grow.
    """

    def __init__(self, runtime: Runtime, defects: Defects, peers: Collection[str]) -> None:
        self.clock = runtime.clock
        self.pending = Pending()
        self.rules = Rules(runtime, self._release, peers, reverse=defects.rule_order_reversed)
        self._post = runtime.poster()
        self._defects = defects
        self._dropped = 0
        record = runtime.journal.recorder
        self._record_drop = record("net.drop", "id", "sender", "topic", "bytes", "sent_ns", "cause", "copy")
        self._record_corrupt = record("net.corrupt", "id", "sender", "bit", "copy")

    def next_id(self) -> int:
        """Return the number of the next message."""
        self.pending.sent += 1
        return self.pending.sent

    def transmitter(self, line: Line, uplink: Uplink) -> Transmit:
        """Return the function that puts messages on a line.

        A closure over what never changes, because every message passes here.
        """
        clock, pending, rules, post, drop = self.clock, self.pending, self.rules, self._post, self.drop
        sender, receiver, arrive, context = line.sender, line.receiver, line.arrive, line.context
        cut_through = self._defects.cut_through

        def transmit(connection: int, topic: str, payload: bytes, size_bytes: int, reply_to: int) -> int:
            now_ns = left_ns = clock.now_ns
            number = pending.sent = pending.sent + 1
            full = False
            if line.ns_per_byte:
                full = line.limit is not None and uplink.is_full(now_ns, line.limit)
                if not full:
                    left_ns = uplink.leave_ns(now_ns, size_bytes, line.ns_per_byte)
                    if line.limit is not None:
                        uplink.count(left_ns)
            fields = (number, sender, topic, size_bytes, now_ns, left_ns, 0, connection, reply_to)
            message = _new_tuple(Message, (*fields, receiver, payload))
            if full:
                drop(message, "queue")
                return number
            latency_ns = line.constant_ns
            if latency_ns is None:
                latency_ns = line.draw_ns()
            arrival_ns = (now_ns if cut_through else left_ns) + latency_ns
            if line.is_intricate or rules.active:
                self._carry(line, message, arrival_ns)
                return number
            if line.loses is not None and line.loses():
                drop(message, "loss")
                return number
            if line.fifo:
                if arrival_ns < line.floor_ns:
                    arrival_ns = line.floor_ns
                else:
                    line.floor_ns = arrival_ns
            pending.count += 1
            post(arrival_ns, arrive, (message,), context)
            return number

        return transmit

    def drop(self, message: Message, cause: str) -> None:
        """Say in the journal that a message is lost, and why."""
        self._dropped += 1
        if self._defects.drop_unsaid and self._dropped % UNSAID_EVERY == 0:
            return
        self._record_drop(
            message.receiver,
            message.id,
            message.sender,
            message.topic,
            message.size_bytes,
            message.sent_ns,
            cause,
            message.copy,
        )

    def _launch(self, line: Line, message: Message, arrival_ns: int) -> None:
        """Let a message arrive at a moment, or later if its link is FIFO and something is before it."""
        if line.fifo:
            arrival_ns = line.floor_ns = max(arrival_ns, line.floor_ns)
        self.pending.count += 1
        self._post(arrival_ns, line.arrive, (message,), line.context)

    def _carry(self, line: Line, message: Message, arrival_ns: int) -> None:
        """Take a message over a link that does more than delay, or past the rules.

        The link's draws come first, so that a rule shifts none of them.
        """
        chances = line.impairments
        doubled = False
        if chances is not None:
            if chances.overtakes():
                arrival_ns = message.left_ns
            doubled = chances.duplicates()
        copies = [(message, arrival_ns)]
        if doubled:
            copies.append((self._copy(message, 1), message.left_ns + line.next_latency_ns()))
        fates = [(*self._fate(line, copy), when_ns) for copy, when_ns in copies]
        rule, decision = self.rules.decide(message) if self._is_judged(message) else (None, None)
        match decision:
            case Drop() if rule is not None:
                self.drop(message, rule.name)
                return
            case DeliverAfter(delay_ms):
                extra_ns = round(delay_ms * 1e6)
                fates = [(copy, lost, when_ns + extra_ns) for copy, lost, when_ns in fates]
            case Duplicate(number):
                for _ in range(number):
                    when_ns = message.left_ns + line.next_latency_ns()
                    fates.append((self._copy(message, len(fates)), False, when_ns))
        hold = rule if isinstance(decision, Hold) else None
        for copy, lost, when_ns in fates:
            if lost:
                self.drop(copy, "loss")
            elif hold is not None or (line.fifo and line.parked):
                self.pending.count += 1
                self.rules.park(hold, line, copy, when_ns)
            else:
                self._launch(line, copy, when_ns)

    def _is_judged(self, message: Message) -> bool:
        return bool(self.rules.active) and not (message.reply_to and self._defects.rules_spare_replies)

    def _copy(self, message: Message, number: int) -> Message:
        return message if self._defects.duplicate_shares_identity else message._replace(copy=number)

    def _fate(self, line: Line, message: Message) -> tuple[Message, bool]:
        """Return what the link makes of one copy, and whether it loses it."""
        chances = line.impairments
        if chances is None:
            return message, False
        if chances.corrupts():
            payload, bit = flipped(message.payload, line.random())
            if bit >= 0:
                self._record_corrupt(message.receiver, message.id, message.sender, bit, message.copy)
            message = message._replace(payload=payload)
        return message, chances.loses()

    def _release(self, line: Line, message: Message, arrival_ns: int) -> None:
        line.parked -= 1
        self._launch(line, message, max(arrival_ns, self.clock.now_ns))
        self.pending.out()  # launching counted it again
