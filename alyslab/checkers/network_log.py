"""What a journal shows of a network: messages, losses, the conditions of links, rules, connections.

The kinds of event, as :mod:`alyslab.harnesses.network` records them:

==================  =========  =====================================================================
kind                subject    fields
==================  =========  =====================================================================
``net.message``     receiver   ``id``, ``sender``, ``topic``, ``bytes``, ``sent_ns``, ``left_ns``,
                               ``copy``, ``connection``, ``reply_to``
``net.drop``        receiver   ``id``, ``sender``, ``topic``, ``bytes``, ``sent_ns``, ``cause``, ``copy``
``net.corrupt``     receiver   ``id``, ``sender``, ``bit``, ``copy``
``net.line``        sender     ``receiver``, ``spec``: pairs of what differs from a perfect link
``net.rule``        rule       ``installed``, ``verdict``, ``amount``, ``senders``, ``receivers``, ``topics``
``net.connect``     peer       ``peer``, ``connection``, ``local``; so ``net.disconnect``, ``net.reset``
``net.request``     asker      ``id``, ``receiver``, ``topic``, ``outcome``, ``timeout_ns``, ``sent_ns``
``net.quiet``       network    ``sent``: messages sent until then, none of which is on its way
==================  =========  =====================================================================
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alyslab.runtime import Event, Journal

KINDS = (
    *("net.message", "net.drop", "net.corrupt", "net.line", "net.rule", "net.request", "net.quiet"),
    *("net.connect", "net.disconnect", "net.reset", "node.crash", "node.pause"),
)
CONTROL = "net."
"""Topics of the network's own messages begin so."""
EARLY_CAUSES = frozenset(("disconnected", "queue"))
"""Losses that may happen before any rule is asked."""


@dataclass(frozen=True, slots=True)
class RuleLife:
    """One installed rule, from its coming to its going."""

    name: str
    verdict: str
    amount: float
    senders: frozenset[str] | None
    receivers: frozenset[str] | None
    topics: frozenset[str] | None
    from_ns: int
    until_ns: float

    def concerns(self, message: Mapping[str, Any], receiver: str) -> bool:
        """Answer whether it was asked about a message, and selects it."""
        return (
            self.from_ns < message["sent_ns"] < self.until_ns
            and (self.senders is None or message["sender"] in self.senders)
            and (self.receivers is None or receiver in self.receivers)
            and (self.topics is None or message["topic"] in self.topics)
        )

    def borders(self, sent_ns: int) -> bool:
        """Answer whether a message was sent in the very ns of its coming or going: then nobody can tell."""
        return sent_ns in (self.from_ns, self.until_ns)


@dataclass(frozen=True, slots=True)
class NetworkLog:
    """The rows of a journal that concern the network, sorted."""

    events: list[Event]
    """All of them, in order."""
    messages: list[Event]
    drops: list[Event]
    corrupted: list[Event]
    requests: list[Event]
    sent: int | None
    """How many messages were sent until the network was last quiet; None if it never said so."""
    rules: list[RuleLife]
    """In the order in which they were installed."""
    lines: dict[tuple[str, str], tuple[list[int], list[dict[str, Any]]]]
    """For each direction of a link the moments of its changes, in ns, and its conditions since then."""

    @classmethod
    def read(cls, journal: Journal) -> NetworkLog:
        """Sort a journal's rows of the network; other kinds are passed over."""
        events = list(journal.select(kind=KINDS))
        of: dict[str, list[Event]] = {kind: [] for kind in KINDS}
        for event in events:
            of[event.kind].append(event)
        quiet = [event.fields["sent"] for event in of["net.quiet"]]
        return cls(
            events=events,
            messages=of["net.message"],
            drops=of["net.drop"],
            corrupted=of["net.corrupt"],
            requests=of["net.request"],
            sent=max(quiet) if quiet else None,
            rules=_lives(of["net.rule"]),
            lines=_lines(of["net.line"]),
        )

    def spec(self, sender: str, receiver: str, at_ns: int) -> dict[str, Any]:
        """Return what differed from a perfect link from one peer to another at a moment."""
        moments, specs = self.lines.get((sender, receiver), ([], []))
        place = bisect_right(moments, at_ns)
        return specs[place - 1] if place else (specs[0] if specs else {})

    def changed_at(self, sender: str, receiver: str, at_ns: int) -> bool:
        """Answer whether the link's conditions changed in this very ns: then nobody can tell which held."""
        moments, _ = self.lines.get((sender, receiver), ([], []))
        place = bisect_left(moments, at_ns, 1) if moments else 0
        return place < len(moments) and moments[place] == at_ns


def _lives(rows: list[Event]) -> list[RuleLife]:
    lives: list[RuleLife] = []
    open_at: dict[str, int] = {}
    for row in rows:
        fields = row.fields
        if fields["installed"]:
            open_at[row.subject] = len(lives)
            names = (fields["senders"], fields["receivers"], fields["topics"])
            senders, receivers, topics = (None if each is None else frozenset(each) for each in names)
            lives.append(
                RuleLife(
                    row.subject,
                    fields["verdict"],
                    fields["amount"],
                    senders,
                    receivers,
                    topics,
                    row.time_ns,
                    float("inf"),
                )
            )
        elif row.subject in open_at:
            place = open_at.pop(row.subject)
            life = lives[place]
            lives[place] = RuleLife(
                life.name,
                life.verdict,
                life.amount,
                life.senders,
                life.receivers,
                life.topics,
                life.from_ns,
                row.time_ns,
            )
    return lives


def _lines(rows: list[Event]) -> dict[tuple[str, str], tuple[list[int], list[dict[str, Any]]]]:
    lines: dict[tuple[str, str], tuple[list[int], list[dict[str, Any]]]] = {}
    for row in rows:
        moments, specs = lines.setdefault((row.subject, row.fields["receiver"]), ([], []))
        moments.append(row.time_ns)
        specs.append(dict(row.fields["spec"]))
    return lines
