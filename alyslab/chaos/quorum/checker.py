"""Whether the store behaved as one copy: exact for keys that one member writes, with growing values.

A read must return at least the newest value that was acknowledged, or read,
before it began, and a value whose write had begun before it ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from alyslab.checkers.evidence import none_of
from alyslab.checkers.verdict import Verdict

if TYPE_CHECKING:
    from alyslab.runtime import Event, Journal

SOURCE = "atomic registers with one writer: Lamport, On Interprocess Communication, 1986"


def check_store(journal: Journal) -> Verdict:
    """Return whether no read was stale, none invented, and nothing acknowledged is missing at the end."""
    written: dict[str, dict[int, int]] = {}
    for event in journal.select(kind="quorum.write"):
        written.setdefault(event.fields["key"], {})[event.fields["value"]] = event.time_ns
    done = [e for e in journal.select(kind="quorum.operation") if e.fields["outcome"] == "done"]
    reads = [event for event in done if event.fields["what"] == "read"]
    by_key: dict[str, list[Event]] = {}
    for event in done:
        by_key.setdefault(event.fields["key"], []).append(event)
    stale, invented = [], []
    for event in reads:
        value, key = event.fields["value"], event.fields["key"]
        begun_ns = written.get(key, {}).get(value)
        if value and (begun_ns is None or begun_ns > event.time_ns):
            invented.append(event.as_dict())
        newest = _newest_before(by_key[key], event.fields["started_ns"])
        if newest is not None and newest.fields["value"] > value:
            stale.append((newest.as_dict(), event.as_dict()))
    return Verdict(
        (
            none_of(
                "a read returns what was acknowledged before it",
                seen=len(reads),
                broken=len(stale),
                unit="reads",
                source=SOURCE,
                evidence=list(stale[0]) if stale else [],
            ),
            none_of(
                "a read returns what was written",
                seen=len(reads),
                broken=len(invented),
                unit="reads",
                source=SOURCE,
                evidence=invented[:1],
            ),
            *_kept(journal, by_key).checks,
            *_recovered(journal).checks,
        )
    )


def _recovered(journal: Journal) -> Verdict:
    """Return whether members that lost data heard from a majority before they answered again.

    Without one there is nothing to check, and nothing is said.
    """
    recovered = list(journal.select(kind="quorum.recovered"))
    if not recovered:
        return Verdict()
    alone = [event.as_dict() for event in recovered if event.fields["heard"] < event.fields["majority"]]
    return Verdict(
        (
            none_of(
                "a damaged member hears from a majority before it answers",
                seen=len(recovered),
                broken=len(alone),
                unit="recoveries",
                source="what was acknowledged is on some member of every majority",
                evidence=alone[:1],
            ),
        )
    )


def _newest_before(events: list[Event], before_ns: int) -> Event | None:
    earlier = [event for event in events if event.time_ns <= before_ns]
    return max(earlier, key=lambda event: event.fields["value"], default=None)


def _kept(journal: Journal, by_key: Mapping[str, list[Event]]) -> Verdict:
    """Return whether, at the end, some member has what was acknowledged for each key."""
    held: dict[str, int] = {}
    states = list(journal.select(kind="quorum.state"))
    for event in states:
        key, value = event.fields["key"], event.fields["value"]
        held[key] = max(held.get(key, 0), value)
    missing: list[dict[str, Any]] = []
    for key, events in by_key.items():
        newest = max(events, key=lambda event: event.fields["value"])
        if newest.fields["value"] > held.get(key, 0):
            missing.append(newest.as_dict())
    return Verdict(
        (
            none_of(
                "what was acknowledged is there at the end",
                seen=len(by_key) if states else 0,
                broken=len(missing),
                unit="keys",
                source=SOURCE,
                evidence=missing[:1],
            ),
        )
    )
