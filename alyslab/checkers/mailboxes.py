"""What a mailbox promises: one handler at a time, the urgent first, a bound, and the oldest dropped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alyslab.checkers.evidence import breaking, none_of
from alyslab.checkers.message_log import MessageLog, as_messages
from alyslab.checkers.verdict import Check, Verdict

if TYPE_CHECKING:
    from alyslab.runtime import Journal

NORMAL = 2
SOURCE = "alys v2 crates/actor_system/src/mailbox.rs"


@dataclass(frozen=True, slots=True)
class Depth:
    """How many messages waited for their first turn at one actor over time."""

    actor: str
    time_ns: Any
    """Integer array: moments at which the depth changed."""
    waiting: Any
    """Integer array: messages that waited from that moment on."""


def check_mailboxes(journal: Journal, log: MessageLog | None = None) -> Verdict:
    """Return whether mailboxes kept their promises; takes O(n log n)."""
    messages = log if log is not None else as_messages(journal)
    return Verdict(
        (
            check_exclusive(messages),
            check_priority(messages),
            _within_capacity(journal, messages),
            _oldest_dropped(messages),
        )
    )


def check_exclusive(log: MessageLog) -> Check:
    """Return the check that no actor has two messages in hand at once."""
    import numpy as np

    order = np.lexsort((log.ended_ns, log.started_ns, log.receiver))
    overlapping: Any = ()
    if len(log):
        receiver, started, ended = (column[order] for column in (log.receiver, log.started_ns, log.ended_ns))
        changes = np.concatenate(([0], receiver[1:] != receiver[:-1]))
        base = np.cumsum(changes) * (int(ended.max()) + 1)
        busy_until = np.maximum.accumulate(base + ended)
        overlapping = np.sort(order[1:][(base + started)[1:] < busy_until[:-1]])
    return breaking("an actor has one message in hand at a time", log, overlapping, source=SOURCE)


def check_priority(log: MessageLog) -> Check:
    """Return the check that no message was begun while a more urgent one waited at its receiver."""
    import numpy as np

    rank = np.maximum(log.priority, NORMAL - 1)  # low and background share a lane
    late = np.zeros(len(log), bool)
    for receiver in np.unique(log.receiver).tolist():
        mine = np.flatnonzero(log.receiver == receiver)
        for level in np.unique(rank[mine]).tolist():
            above, here = mine[rank[mine] > level], mine[rank[mine] == level]
            if not len(above):
                continue
            by_arrival = above[np.argsort(log.queued_ns[above], kind="stable")]
            until = np.maximum.accumulate(log.started_ns[by_arrival])
            known = np.searchsorted(log.queued_ns[by_arrival], log.started_ns[here], side="left")
            waits = np.where(known > 0, until[np.maximum(known - 1, 0)], -1)
            late[here] |= waits > log.started_ns[here]
    seen = len(log) if len(np.unique(rank)) > 1 else 0
    name = "nothing is begun while something more urgent waits"
    return breaking(name, log, np.flatnonzero(late), source=SOURCE, seen=seen)


def depths(journal: Journal, log: MessageLog | None = None) -> list[Depth]:
    """Return how many messages waited at each actor over time for their first turn, as its own rows show.

    A message that was put back for another attempt is not counted again: the
    capacity bounds what is let in.
    """
    import numpy as np

    messages = log if log is not None else as_messages(journal)
    inside = _first_begun(messages)
    dropped = messages.dropped
    found = []
    for code, actor in enumerate(messages.names):
        mine = inside.receiver == code
        arrived, left = [inside.queued_ns[mine]], [inside.started_ns[mine]]
        if dropped is not None and len(dropped):
            taken = np.array([reason in ("oldest", "stopped") for reason in dropped.reasons])
            evicted = taken & (dropped.receiver == code) & (dropped.queued_ns < dropped.ended_ns)
            evicted &= ~np.isin(dropped.number, messages.number)  # begun before, and counted until then
            arrived.append(dropped.queued_ns[evicted])
            left.append(dropped.ended_ns[evicted])
        times = np.concatenate([*arrived, *left])
        if not len(times):
            continue
        steps = np.concatenate([np.ones(sum(map(len, arrived))), -np.ones(sum(map(len, left)))])
        moments, group = np.unique(times, return_inverse=True)
        found.append(Depth(actor, moments, np.cumsum(np.bincount(group, weights=steps)).astype(np.int64)))
    return found


def _first_begun(log: MessageLog) -> MessageLog:
    """Return each message once, with the first time that it was begun."""
    import numpy as np

    return log.where(np.sort(np.unique(log.number, return_index=True)[1])) if len(log) else log


def _within_capacity(journal: Journal, log: MessageLog) -> Check:
    capacity = {event.subject: event.fields["capacity"] for event in journal.select(kind="actor.created")}
    found = [depth for depth in depths(journal, log) if depth.actor in capacity]
    over = [depth for depth in found if int(depth.waiting.max()) > capacity[depth.actor]]
    evidence = []
    for depth in over[:1]:
        at = int((depth.waiting > capacity[depth.actor]).argmax())
        evidence.append(
            {
                "actor": depth.actor,
                "time_ns": int(depth.time_ns[at]),
                "waiting": int(depth.waiting[at]),
                "capacity": capacity[depth.actor],
            }
        )
    return none_of(
        "no mailbox holds more than its capacity",
        seen=len(found),
        broken=len(over),
        unit="mailboxes",
        source=SOURCE,
        evidence=evidence,
        note=f"earliest at {evidence[0]['time_ns'] / 1e9:.6f} s" if evidence else "",
    )


def _oldest_dropped(log: MessageLog) -> Check:
    """Return the check that what drop-oldest dropped had nothing older of its stream behind it.

    Streams are numbered, so an older message of the same stream that is begun
    for the first time after the drop shows that another one should have gone.
    """
    import numpy as np

    name = "drop-oldest drops the oldest"
    dropped = log.dropped
    if dropped is None or "oldest" not in dropped.reasons:
        return none_of(name, seen=0, broken=0, source="the overflow policy drop_oldest")
    chosen = dropped.where(np.array([reason == "oldest" for reason in dropped.reasons]))
    log = _first_begun(log)
    streams = log.stream()
    broken = []
    for stream in np.unique(chosen.stream()).tolist():
        rows = np.flatnonzero(streams == stream)
        if not len(rows):
            continue
        in_order = rows[np.argsort(log.sequence[rows], kind="stable")]
        begun = np.maximum.accumulate(log.started_ns[in_order])
        mine = np.flatnonzero(chosen.stream() == stream)
        older = np.searchsorted(log.sequence[in_order], chosen.sequence[mine], side="left")
        last = np.where(older > 0, begun[np.maximum(older - 1, 0)], -1)
        broken += mine[last > chosen.ended_ns[mine]].tolist()
    return breaking(name, chosen, sorted(broken), source="the overflow policy drop_oldest")
