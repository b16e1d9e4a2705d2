"""What is written down, by whom it concerns and where it takes effect.

A message costs one row, written by its receiver when it is done with it.  The
kinds and their fields:

========================  ===========  =================================================================
kind                      subject      fields
========================  ===========  =================================================================
``actor.created``         actor        ``type``, ``supervisor``, ``parent``, ``capacity``, ``overflow``,
                                       ``depends_on``, ``shutdown``, ``attempts``, and its restart policy
``supervisor.created``    supervisor   ``parent``, ``strategy``, and the policy of its branch
``actor.state``           actor        ``before``, ``after``, ``cause``, ``incarnation``
``actor.failed``          actor        ``error``, ``message``, ``digest``
``actor.digest``          actor        ``moment`` (started, saved, recovered), ``digest``, ``incarnation``
``supervisor.restart``    supervisor   ``child``, ``attempt``, ``delay_ms``, ``affected``, ``cause``
``supervisor.escalated``  supervisor   ``child``, ``how``
``supervisor.restarted``  supervisor   ``children``: the whole branch comes up; restarts are counted anew
``message``               receiver     ``number``, ``what``, ``sender``, ``sequence``, ``priority``,
                                       ``sent_ns``, ``queued_ns``, ``started_ns``, ``outcome``; where clocks
                                       are kept also ``stamp``, ``clock``, ``after``
``message.dropped``       receiver     as before it was taken, and ``reason``
``message.streams``       sender       ``receiver``, ``priority``, ``sent``: how many it sent in all
``message.tracked``       receiver     ``sender``, ``priority``, ``handled``, ``skipped``, ``repeated``
``clock.owners``          system       ``owners``: who owns which component of the vector clocks, in order
``ask.ended``             asker        ``number``, ``receiver``, ``asked_ns``, ``timeout_ms``, ``answers``
                                       (the message that the answer is for), ``outcome``
``health.answered``       actor        ``incarnation``, ``healthy``, ``asked_ns``, ``monitor``
``health.missed``         actor        ``in_a_row``, ``monitor``
``breaker.created``       breaker      ``failures``, ``window_s``, ``open_s``, ``successes``
``breaker.state``         breaker      ``before``, ``after``
``breaker.call``          breaker      ``state``, ``outcome``
========================  ===========  =================================================================

An actor that finds the next message waiting begins it at the moment at which
it ended the last: one reading of the clock says both.

Outcomes of a message: ``done``; ``failed`` (its handler raised, it is lost);
``retried`` (it raised and waits again); ``abandoned`` (its actor went down
while it was in hand).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from alyslab.harnesses.actor.causality import VectorClocks
from alyslab.harnesses.actor.message import Envelope, Message, as_message

if TYPE_CHECKING:
    from alyslab.harnesses.actor.reference import Ref
    from alyslab.runtime import Journal, Runtime
    from alyslab.runtime.journal import Clock

Recording = Literal["messages", "sequences"]
"""A row for each message, or only how far each receiver's streams got, written at the end."""
RECORDINGS: Final[tuple[str, ...]] = get_args(Recording)

_MESSAGE = (
    "number",
    "what",
    "sender",
    "sequence",
    "priority",
    "sent_ns",
    "queued_ns",
    "started_ns",
    "outcome",
)
_DROPPED = ("number", "what", "sender", "sequence", "priority", "sent_ns", "queued_ns", "reason")

Log = Callable[[str, Envelope, int, str], None]
"""Writes that an actor is done with a message: receiver, message, start in ns, outcome."""


class Tracker:
    """Writes the rows of one actor system.

    Parameters
    ----------
    runtime
        Has the journal and the clock.
    recording
        How much is written about each message.
    clocks
        The vector clocks, where they are kept.
    """

    def __init__(self, runtime: Runtime, recording: Recording, clocks: VectorClocks | None) -> None:
        journal = runtime.journal
        self.record = journal.record
        self.clock: Clock = runtime.clock
        self.timed = recording == "messages"
        """Whether times of messages are written; asking the clock costs as much as a message."""
        self.ticks, self.origin_ns = runtime.ticker()
        """``ticks() - origin_ns`` is the time, in ns."""
        self._clocks = clocks
        self.write = self.writer(journal)
        """Writes one row; for the actor's own loop."""
        self._clocked = journal.recorder("message", *_MESSAGE, "stamp", "clock", "after")
        self._dropped = journal.recorder("message.dropped", *_DROPPED)
        self._streams = journal.recorder("message.streams", "receiver", "priority", "sent")
        self._tracked = journal.recorder(
            "message.tracked", "sender", "priority", "handled", "skipped", "repeated"
        )
        self.asked = journal.recorder(
            "ask.ended", "number", "receiver", "asked_ns", "timeout_ms", "answers", "outcome"
        )
        self.log: Log
        if recording == "sequences":
            self.log = _follow
        else:
            self.log = self._log if clocks is None else self._log_clocked

    @staticmethod
    def writer(journal: Journal) -> Callable[[int, str, tuple[Any, ...]], None]:
        """Return what writes the row of a message: end in ns, receiver, the other values."""
        return journal.writer("message", *_MESSAGE)

    def dropped(self, receiver: str, message: Message, reason: str) -> None:
        """Write that a message was not taken, or was taken out again."""
        kind, _, link, sequence, priority, number, sent_ns, queued_ns, *_ = message
        self._dropped(receiver, number, kind, link.sender, sequence, priority, sent_ns, queued_ns, reason)

    def totals(self, system: str, refs: Iterable[Ref]) -> None:
        """Write how much each stream carried in all, and who owns which component of the clocks."""
        if self._clocks is not None:
            self.record("clock.owners", system, owners=self._clocks.participants)
        for ref in refs:
            for priority, sent in ref.sent.items():
                self._streams(ref.sender, ref.name, priority, sent)
            for priority, handled, skipped, repeated in ref.tracked():
                self._tracked(ref.name, ref.sender, priority, handled, skipped, repeated)

    def _log(self, receiver: str, message: Envelope, started_ns: int, outcome: str) -> None:
        kind, _, link, sequence, priority, number, sent_ns, queued_ns, _, _, _ = message
        times = (sent_ns, queued_ns, started_ns)
        values = (number, kind, link.sender, sequence, priority, *times, outcome)
        self.write(self.clock.now_ns, receiver, values)

    def _log_clocked(self, receiver: str, message: Envelope, started_ns: int, outcome: str) -> None:
        assert self._clocks is not None
        clock = self._clocks.clock_of(receiver)
        kind, _, link, sequence, priority, number, sent_ns, queued_ns, _, stamp, after = message
        self._clocked(
            receiver,
            number,
            kind,
            link.sender,
            sequence,
            priority,
            sent_ns,
            queued_ns,
            started_ns,
            outcome,
            stamp,
            clock,
            after,
        )


def _follow(_: str, message: Envelope, __: int, ___: str) -> None:
    """Count at the receiver how far a stream got, without a row."""
    as_message(message).link.follow(as_message(message))


def policy_fields(policy: Any) -> dict[str, Any]:
    """Return a restart policy as fields of a row."""
    return {
        "backoff": str(policy.backoff),
        "initial_ms": float(policy.initial_ms),
        "factor": float(policy.factor),
        "max_ms": float(policy.max_ms),
        "limit": policy.effective_limit,
        "window_s": float(policy.window_s),
        "escalation": str(policy.escalation),
        "isolate": policy.isolate,
    }
