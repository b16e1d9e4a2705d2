"""The messages of a journal as columns, so that a million of them can be judged in a second or two.

A row ``message`` is written by the receiver when it is done with a message,
``message.dropped`` by the receiver's mailbox, and ``message.streams`` at the
end, with how many a sender sent in all: that is how a message is missed that
left no other trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from alyslab.runtime import Journal

    Ints = npt.NDArray[np.int64]

OUTCOMES = ("done", "failed", "retried", "abandoned")
RETRIED = OUTCOMES.index("retried")
FAILED = OUTCOMES.index("failed")
DONE = OUTCOMES.index("done")
_COLUMNS = (
    "row",
    "ended_ns",
    "number",
    "sender",
    "receiver",
    "sequence",
    "priority",
    "sent_ns",
    "queued_ns",
    "started_ns",
    "outcome",
)
_NUMBERS = ("number", "sequence", "priority", "sent_ns", "queued_ns")
_TEXTS = ("what", "sender")


@dataclass(frozen=True, slots=True, eq=False)
class MessageLog:
    """What receivers did with messages: equally long integer columns in the order of the journal."""

    names: tuple[str, ...]
    """Participants; ``sender`` and ``receiver`` are places in this tuple."""
    row: Ints
    """Position in the journal."""
    ended_ns: Ints
    number: Ints
    sender: Ints
    receiver: Ints
    sequence: Ints
    priority: Ints
    sent_ns: Ints
    queued_ns: Ints
    started_ns: Ints
    outcome: Ints
    """Place in :data:`OUTCOMES`."""
    what: Sequence[str] = ()
    """Kind of each message."""
    dropped: MessageLog | None = None
    """The messages that were dropped, with ``ended_ns`` the moment of the drop."""
    reasons: Sequence[str] = ()
    """Of a log of dropped messages: why, for each."""
    sent: Mapping[tuple[int, int, int], int] = field(default_factory=dict)
    """How many were sent in all, by (sender, receiver, priority), as far as the run got to say."""

    def __len__(self) -> int:
        return len(self.row)

    @classmethod
    def read(cls, journal: Journal) -> MessageLog:
        """Read a journal; kinds that concern no message are passed over."""
        handled = journal.columns("message", integers=(*_NUMBERS, "started_ns"), texts=(*_TEXTS, "outcome"))
        dropped = journal.columns("message.dropped", integers=_NUMBERS, texts=(*_TEXTS, "reason"))
        streams = journal.columns("message.streams", integers=("priority", "sent"), texts=("receiver",))
        codes: dict[str, int] = {}
        columns, drops = _coded(handled, codes), _coded(dropped, codes)
        outcomes = {name: place for place, name in enumerate(OUTCOMES)}
        columns |= {"started_ns": handled["started_ns"], "outcome": handled["outcome"].coded(outcomes)}
        who = (streams["subject"].coded(codes), streams["receiver"].coded(codes), streams["priority"])
        streams_of = zip(*(column.tolist() for column in who), strict=True)
        sent = dict(zip(streams_of, streams["sent"].tolist(), strict=True))
        names = tuple(codes)
        lost = cls(names, **drops, what=dropped["what"].tolist(), reasons=dropped["reason"].tolist())
        return cls(names, **columns, what=handled["what"].tolist(), dropped=lost, sent=sent)

    @classmethod
    def of(cls, names: Iterable[str], **columns: Any) -> MessageLog:
        """Make a log from columns; without them ``row`` and ``number`` count up, others are 0."""
        import numpy as np

        length = len(columns["sequence"])
        given: dict[str, Any] = {name: np.asarray(values, np.int64) for name, values in columns.items()}
        counting = np.arange(length, dtype=np.int64)
        blank: dict[str, Any] = {name: np.zeros(length, np.int64) for name in _COLUMNS}
        none: dict[str, Any] = {name: np.zeros(0, np.int64) for name in _COLUMNS}
        empty = cls(tuple(names), **none)
        return cls(tuple(names), **{**blank, "row": counting, "number": counting + 1, **given}, dropped=empty)

    def final(self) -> MessageLog:
        """Return the rows that say what became of a message in the end, without failed attempts."""
        return self if not len(self) else self.where(self.outcome != RETRIED)

    def where(self, mask: Any) -> MessageLog:
        """Return the rows that a mask or an array of places chooses; what was dropped and sent stays."""
        import numpy as np

        chosen = np.asarray(mask)
        places = (np.flatnonzero(chosen) if chosen.dtype.kind == "b" else chosen).tolist()
        what = [self.what[place] for place in places] if self.what else ()
        columns = {name: getattr(self, name)[mask] for name in _COLUMNS}
        return MessageLog(self.names, **columns, what=what, dropped=self.dropped, sent=self.sent)

    def stream(self) -> Ints:
        """Return a number for each row's stream: one sender, one receiver, one priority."""
        return (self.sender * len(self.names) + self.receiver) * 8 + self.priority

    def describe(self, place: int, **marks: Any) -> dict[str, Any]:
        """Return one row as evidence: everything that a space-time diagram needs, and these marks."""
        return {
            **marks,
            "seq": int(self.row[place]),
            "number": int(self.number[place]),
            "what": self.what[place] if self.what else "",
            "sender": self.names[int(self.sender[place])],
            "receiver": self.names[int(self.receiver[place])],
            "sequence": int(self.sequence[place]),
            "priority": int(self.priority[place]),
            "sent_ns": int(self.sent_ns[place]),
            "queued_ns": int(self.queued_ns[place]),
            "started_ns": int(self.started_ns[place]),
            "ended_ns": int(self.ended_ns[place]),
        }


def as_messages(source: Journal | MessageLog) -> MessageLog:
    """Return the messages of a journal, or the log itself."""
    return source if isinstance(source, MessageLog) else MessageLog.read(source)


def _coded(columns: Mapping[str, Any], codes: dict[str, int]) -> dict[str, Any]:
    """Return what both kinds of row say, names as codes; a drop begins and ends at its moment."""
    return {
        **{name: columns[name] for name in _NUMBERS},
        "row": columns["seq"],
        "ended_ns": columns["time_ns"],
        "sender": columns["sender"].coded(codes),
        "receiver": columns["subject"].coded(codes),
        "started_ns": columns["time_ns"],
        "outcome": columns["seq"] * 0,
    }
