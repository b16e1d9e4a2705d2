"""Causal order, by vector clocks kept at the receivers and by explicit dependencies.

A component of a clock counts what one participant has sent.  A message with
clock V was sent knowing, of each participant k, its first V[k] messages.  So
whichever of these went to the same receiver must have been handled there
before it.  Messages of different priorities may overtake each other by right
and are held against their own kind alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alyslab.checkers.evidence import breaking, none_of
from alyslab.checkers.message_log import MessageLog
from alyslab.checkers.verdict import Check, Verdict

if TYPE_CHECKING:
    from alyslab.runtime import Journal

SOURCE = "the testing guide, Phase 2, validate_causal_ordering, with clocks kept at the receivers"
NEVER = 1 << 62


@dataclass(frozen=True, slots=True, eq=False)
class CausalLog:
    """The messages of a journal with their clocks."""

    messages: MessageLog
    """In the order of the journal, failed attempts left out."""
    stamps: Any
    """Integer array, shape (messages, participants): the sender's clock as it sent each."""
    clocks: Any
    """Same shape: the receiver's clock once it had handled each."""
    after: Sequence[tuple[int, ...]]
    """Numbers of the messages that each depends on."""
    component: Sequence[int]
    """Component of each name of ``messages.names``; -1 for one that never sent."""

    @classmethod
    def read(cls, journal: Journal) -> CausalLog:
        """Read a journal; messages that bear no clock are passed over."""
        import numpy as np

        log = MessageLog.read(journal)
        events = [event for event in journal.select(kind="message") if "stamp" in event.fields]
        owners: tuple[str, ...] = ()
        for event in journal.select(kind="clock.owners"):
            owners = event.fields["owners"]
        wanted = {event.seq for event in events if event.fields["outcome"] != "retried"}
        messages = log.where(np.isin(log.row, sorted(wanted)))
        kept = [event for event in events if event.seq in wanted]
        component = [owners.index(name) if name in owners else -1 for name in log.names]
        return cls(
            messages,
            _table([event.fields["stamp"] for event in kept], len(owners)),
            _table([event.fields["clock"] for event in kept], len(owners)),
            [event.fields["after"] for event in kept],
            component,
        )


def check_causal(source: Journal | CausalLog) -> Verdict:
    """Return whether receivers saw messages in an order that their causes allow, and kept their clocks.

    Takes O(n · (k + log n)) for k participants that send.
    """
    import numpy as np

    log = source if isinstance(source, CausalLog) else CausalLog.read(source)
    messages = log.messages
    behind: Any = np.flatnonzero((log.clocks < log.stamps).any(axis=1)) if len(messages) else ()
    return Verdict(
        (
            breaking("no message overtakes its causes", messages, _overtaking(log), source=SOURCE),
            breaking("a receiver's clock covers what it handled", messages, behind, source=SOURCE),
            _dependencies(log),
        )
    )


def _overtaking(log: CausalLog) -> list[int]:
    """Return the places of messages that were handled before one of their causes at the same receiver."""
    import numpy as np

    messages = log.messages
    if not len(messages):
        return []
    found = np.zeros(len(messages), bool)
    group = messages.receiver * 8 + messages.priority
    by_group = np.argsort(group, kind="stable")
    for rows in np.split(by_group, np.flatnonzero(np.diff(group[by_group])) + 1):
        senders = messages.sender[rows]
        for sender in np.unique(senders).tolist():
            component = log.component[sender]
            if component < 0:
                continue
            own = rows[senders == sender]
            # Its messages to this receiver by when they were sent, and the latest handling up to each.
            sent = log.stamps[own, component]
            in_order = np.argsort(sent, kind="stable")
            latest = np.maximum.accumulate(own[in_order])
            known = np.searchsorted(sent[in_order], log.stamps[rows, component], side="right")
            cause = np.where(known > 0, latest[np.maximum(known - 1, 0)], -1)
            # Rows count up as the journal does; of its own stream a message is no cause of itself.
            found[rows] |= cause > rows
    return [int(place) for place in np.flatnonzero(found)]


def _dependencies(log: CausalLog) -> Check:
    messages = log.messages
    place_of = {number: place for place, number in enumerate(messages.number.tolist())}
    broken = []
    dependencies = 0
    for place, after in enumerate(log.after):
        for number in after:
            dependencies += 1
            cause = place_of.get(number)
            if cause is None or messages.ended_ns[cause] > messages.started_ns[place] or cause > place:
                broken.append(place)
    name = "a message is handled after those it depends on"
    if not dependencies:
        return none_of(name, seen=0, broken=0, source=SOURCE)
    return breaking(name, messages, sorted(set(broken)), source=SOURCE, seen=dependencies)


def _table(rows: Sequence[tuple[int, ...] | None], width: int) -> Any:
    import numpy as np

    table = np.zeros((len(rows), width), np.int64)
    for place, row in enumerate(rows):
        if row:
            table[place, : len(row)] = row
    return table
