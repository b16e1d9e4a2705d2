"""Whether connections and requests ended when they should."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alyslab.checkers.evidence import none_of
from alyslab.checkers.network_log import CONTROL, NetworkLog
from alyslab.checkers.verdict import Check

if TYPE_CHECKING:
    pass

CLOCK_NS = 1_000
"""A time-out is rounded to what a float of seconds can say."""


def nothing_outlives_its_connection(log: NetworkLog) -> Check:
    """Hold each message against the connections that its receiver had when it took it."""
    seen, stale = 0, []
    open_at: dict[tuple[str, str], int] = {}
    reset: set[int] = set()
    ended: set[tuple[str, int]] = set()  # by the other side, in order: what came before may be read after
    for event in log.events:
        fields = event.fields
        match event.kind:
            case "net.connect":
                open_at[event.subject, fields["peer"]] = fields["connection"]
            case "net.disconnect" | "net.reset":
                open_at.pop((event.subject, fields["peer"]), None)
                if event.kind == "net.disconnect" and not fields["local"]:
                    ended.add((event.subject, fields["connection"]))
                if event.kind == "net.reset" and fields["local"]:
                    reset.add(fields["connection"])
            case "node.crash":
                open_at = {side: number for side, number in open_at.items() if side[0] != event.subject}
                ended = {side for side in ended if side[0] != event.subject}
            case "net.message" if not fields["topic"].startswith(CONTROL):
                seen += 1
                number, now = fields["connection"], open_at.get((event.subject, fields["sender"]))
                if number in reset or (now != number and (event.subject, number) not in ended):
                    stale.append({"open": now, **event.as_dict()})
    return none_of(
        "no message outlives its connection",
        seen=seen,
        broken=len(stale),
        source="a reset loses what is in flight; a crash loses what was not read",
        unit="messages",
        evidence=stale[:1],
    )


def no_request_outlives_its_timeout(log: NetworkLog) -> Check:
    """Hold how long each request waited against its time-out; askers that were paused are passed over."""
    paused = {event.subject for event in log.events if event.kind == "node.pause"}
    late = [
        event.as_dict()
        for event in log.requests
        if event.subject not in paused
        and event.time_ns - event.fields["sent_ns"] > event.fields["timeout_ns"] + CLOCK_NS
    ]
    return none_of(
        "no request waits beyond its time-out",
        seen=len(log.requests),
        broken=len(late),
        source="the request's own timeout_s",
        unit="requests",
        evidence=late[:1],
    )
