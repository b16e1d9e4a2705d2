"""Whether senders' lines kept to their bandwidth and their queues to their limit."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from alyslab.checkers.evidence import none_of
from alyslab.checkers.network_log import NetworkLog
from alyslab.checkers.verdict import Check

if TYPE_CHECKING:
    from alyslab.runtime import Event


def no_line_is_overdrawn(log: NetworkLog) -> Check:
    """Hold the time between two messages of one sender against what the second one needs."""
    by_sender: dict[str, list[tuple[int, int, Event]]] = defaultdict(list)
    for event in log.messages:
        fields = event.fields
        rate_bps = log.spec(fields["sender"], event.subject, fields["sent_ns"]).get("rate_bps")
        if (
            rate_bps
            and not fields["copy"]
            and not log.changed_at(fields["sender"], event.subject, fields["sent_ns"])
        ):
            by_sender[fields["sender"]].append(
                (fields["left_ns"], round(fields["bytes"] * 8e9 / rate_bps), event)
            )
    broken = []
    for sent in by_sender.values():
        sent.sort(key=lambda each: each[:2])
        for (before_ns, _, _), (left_ns, needs_ns, event) in pairwise(sent):
            if left_ns - before_ns + 1 < needs_ns:
                broken.append({"needs_ns": needs_ns, "had_ns": left_ns - before_ns, **event.as_dict()})
    return none_of(
        "no line carries more than its bandwidth",
        seen=sum(map(len, by_sender.values())),
        broken=len(broken),
        source="the link's own rate_bps",
        unit="messages",
        evidence=broken[:1],
    )


def no_queue_is_too_long(log: NetworkLog) -> Check:
    """Hold how many messages waited at a sender against the limit."""
    by_sender: dict[str, list[tuple[int, int, int, Event]]] = defaultdict(list)
    for event in log.messages:
        fields = event.fields
        limit = log.spec(fields["sender"], event.subject, fields["sent_ns"]).get("limit_messages")
        if (
            limit
            and not fields["copy"]
            and not log.changed_at(fields["sender"], event.subject, fields["sent_ns"])
        ):
            by_sender[fields["sender"]].append((fields["id"], fields["left_ns"], limit, event))
    broken = []
    for sent in by_sender.values():
        sent.sort(key=lambda each: each[0])
        waiting: list[int] = []
        for _, left_ns, limit, event in sent:
            waiting = [each for each in waiting if each > event.fields["sent_ns"]]
            if len(waiting) >= limit:
                broken.append({"waiting": len(waiting), "limit": limit, **event.as_dict()})
            waiting.append(left_ns)
    return none_of(
        "no line queues more than its limit",
        seen=sum(map(len, by_sender.values())),
        broken=len(broken),
        source="the link's own limit_messages",
        unit="messages",
        evidence=broken[:1],
    )
