"""What every network promises, whatever its links do: each promise held against the events of a journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alyslab.checkers.evidence import none_of
from alyslab.checkers.link_forms import least_latency_ms
from alyslab.checkers.network_connections import (
    no_request_outlives_its_timeout,
    nothing_outlives_its_connection,
)
from alyslab.checkers.network_log import NetworkLog
from alyslab.checkers.network_queues import no_line_is_overdrawn, no_queue_is_too_long
from alyslab.checkers.network_rules import rules_are_obeyed
from alyslab.checkers.verdict import Check, Verdict

if TYPE_CHECKING:
    from alyslab.runtime import Event, Journal

ROUNDING_NS = 1_000
"""Drawn latencies are whole µs."""


def check_network(journal: Journal) -> Verdict:
    """Hold every promise of the network against a journal; what nothing was seen of is inconclusive."""
    log = NetworkLog.read(journal)
    return Verdict(
        (
            _every_message_ends(log),
            _each_copy_ends_once(log),
            _nothing_arrives_early(log),
            _no_link_is_faster(log),
            _fifo_is_kept(log),
            no_line_is_overdrawn(log),
            no_queue_is_too_long(log),
            rules_are_obeyed(log),
            nothing_outlives_its_connection(log),
            no_request_outlives_its_timeout(log),
        )
    )


def _every_message_ends(log: NetworkLog) -> Check:
    ended = {event.fields["id"] for event in (*log.messages, *log.drops)}
    sent = log.sent or 0
    missing = [{"id": number} for number in range(1, sent + 1) if number not in ended]
    return none_of(
        "every message is handled or said to be lost",
        seen=sent,
        broken=len(missing),
        source="design.md, principle 1: nothing is pretended",
        unit="messages",
        evidence=missing[:1],
    )


def _each_copy_ends_once(log: NetworkLog) -> Check:
    seen: set[tuple[int, int]] = set()
    twice = []
    for event in (*log.messages, *log.drops):
        identity = event.fields["id"], event.fields["copy"]
        if identity in seen:
            twice.append(event.as_dict())
        seen.add(identity)
    return none_of(
        "each copy of a message ends once",
        seen=len(seen),
        broken=len(twice),
        source="a duplicate is a message of its own",
        unit="copies",
        evidence=twice[:1],
    )


def _nothing_arrives_early(log: NetworkLog) -> Check:
    early = [
        event.as_dict()
        for event in log.messages
        if not event.fields["sent_ns"] <= event.fields["left_ns"] <= event.time_ns
    ]
    return none_of(
        "no message arrives before it has left",
        seen=len(log.messages),
        broken=len(early),
        source="causality",
        unit="messages",
        evidence=early[:1],
    )


def _no_link_is_faster(log: NetworkLog) -> Check:
    seen, fast = 0, []
    for event in log.messages:
        fields = event.fields
        sender, sent_ns = fields["sender"], fields["sent_ns"]
        spec = log.spec(sender, event.subject, sent_ns)
        if spec.get("reorder_ratio") or log.changed_at(sender, event.subject, sent_ns):
            continue
        seen += 1
        if event.time_ns - fields["left_ns"] < 1e6 * least_latency_ms(spec) - ROUNDING_NS:
            fast.append({"spec": tuple(spec.items()), **event.as_dict()})
    return none_of(
        "no message is faster than its link",
        seen=seen,
        broken=len(fast),
        source="the least latency of the link's own conditions, in both directions",
        unit="messages",
        evidence=fast[:1],
    )


def _fifo_is_kept(log: NetworkLog) -> Check:
    seen, broken = 0, []
    last: dict[tuple[Any, ...], Event] = {}
    for event in log.messages:
        fields = event.fields
        sender, sent_ns = fields["sender"], fields["sent_ns"]
        if fields["copy"] or not log.spec(sender, event.subject, sent_ns).get("fifo", True):
            continue
        if log.changed_at(sender, event.subject, sent_ns):
            continue  # within one moment a journal can't tell which conditions a message was sent under
        # Replies go to whoever asked, other messages to their topic's reader: each has an order of its own.
        key = sender, event.subject, fields["topic"], bool(fields["reply_to"])
        seen += 1
        if key in last and last[key].fields["id"] > fields["id"]:
            broken.append({"overtook": last[key].fields["id"], **event.as_dict()})
        last[key] = event
    return none_of(
        "a FIFO link keeps its order",
        seen=seen,
        broken=len(broken),
        source="the link's own condition",
        unit="messages",
        evidence=broken[:1],
    )
