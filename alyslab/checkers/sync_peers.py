"""Verdicts over how a node treats its peers: batches, back-off, blacklist, load.

Source: alys-system.md §3 (batch formula, blacklist of 300 s after failures in
a row) and §1 (back-off of 1 s doubling to 30 s); issue 6 (fair load).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from alyslab.checkers.sync_log import SyncLog, count_none
from alyslab.checkers.verdict import Check, Verdict
from alyslab.runtime.event import Event

BATCH: Final = "alys-system.md §3, Batch"
BLACKLIST: Final = "alys-system.md §3, Peer score"
BACKOFF_FIRST_S, BACKOFF_MOST_S = 1.0, 30.0


def batches_bounded(log: SyncLog) -> Verdict:
    """Return whether no range was larger than the policy's bound."""
    ranges, beyond = 0, list[Event]()
    for rows in log.nodes.values():
        most = None
        for row in rows:
            if row.kind == "sync.policy":
                most = row.fields["batch_most"]
            elif row.kind == "sync.range" and most is not None:
                ranges += 1
                if row.fields["size"] > most:
                    beyond.append(row)
    return Verdict(
        (
            count_none(
                "no batch is larger than its bound", seen=ranges, broken=beyond, unit="batches", source=BATCH
            ),
        )
    )


class _Standing:
    """How one node's peers stand with it, row by row, and what it did in spite of that."""

    def __init__(self) -> None:
        self.limit = 3
        self.failures = self.limits = self.blacklistings = 0
        self.early: list[Event] = []
        """Requests before the end of a back-off."""
        self.asked: list[Event] = []
        """Requests to peers on the blacklist."""
        self.due: dict[str, Event] = {}
        """Failures that should have put their peer on the blacklist and have not yet."""
        self._until: dict[str, int] = {}
        self._free: dict[str, int] = {}

    def take(self, row: Event) -> None:
        """Follow one row."""
        fields = row.fields
        match row.kind:
            case "node.crash":  # what a process knew of its peers dies with it
                self._until, self._free, self.due = {}, {}, {}
            case "sync.policy":
                self.limit = fields["blacklist"]
            case "sync.pardoned":
                self._until.pop(fields["peer"], None)
                self._free.pop(fields["peer"], None)
            case "sync.blacklisted":
                self.blacklistings += 1
                self._until[fields["peer"]] = fields["until_ns"]
                self.due.pop(fields["peer"], None)
            case "sync.result":
                self._count(row)
            case "sync.request":
                if self._until.get(fields["peer"], 0) > row.time_ns:
                    self.asked.append(row)
                elif self._free.get(fields["peer"], 0) > row.time_ns:
                    self.early.append(row)

    def _count(self, row: Event) -> None:
        peer, in_row = row.fields["peer"], row.fields["failures"]
        if row.fields["outcome"] == "ok":
            self._free.pop(peer, None)
            return
        self.failures += 1
        wait_s = min(BACKOFF_FIRST_S * 2 ** (in_row - 1), BACKOFF_MOST_S)
        self._free[peer] = row.time_ns + round(wait_s * 1e9)
        if in_row >= self.limit:
            self.limits += 1
            self.due[peer] = row


def failures_have_consequences(log: SyncLog) -> Verdict:
    """Return whether peers that fail are left alone for a while, and blacklisted after enough failures."""
    nodes = [_Standing() for _ in log.nodes]
    for standing, rows in zip(nodes, log.nodes.values(), strict=True):
        for row in rows:
            standing.take(row)
    return Verdict(
        (
            count_none(
                "a peer that failed is not asked for blocks before its back-off is over",
                seen=sum(node.failures for node in nodes),
                broken=[row for node in nodes for row in node.early],
                unit="requests",
                source="alys-system.md §1, Sync",
            ),
            count_none(
                "a peer that failed too often in a row is put on the blacklist",
                seen=sum(node.limits for node in nodes),
                broken=[row for node in nodes for row in node.due.values()],
                unit="peers",
                source=BLACKLIST,
            ),
            count_none(
                "nobody on the blacklist is asked for blocks",
                seen=sum(node.blacklistings for node in nodes),
                broken=[row for node in nodes for row in node.asked],
                unit="requests",
                source=BLACKLIST,
            ),
        )
    )


def no_peer_is_favoured(log: SyncLog) -> Verdict:
    """Return whether no request went to a peer while another that could serve it had fewer in hand.

    This is the downloader's own rule, and holds in every schedule.  Among the
    peers that claim to have a range, are off the blacklist and out of their
    back-off, and have not failed at this range, one with the fewest requests
    in hand is drawn.  Only if all those are at their most is one asked that
    has failed at it; that one is below the most, hence below them too.  What a
    peer has in hand is counted here from the requests (``sync.request``) that
    have had no end yet (``sync.answered``), not taken from the node's word.

    How the draw falls among equals is no matter of this check: a node that
    asks for one range at a time finds all peers idle, and any may come up.
    """
    seen, unfair = 0, list[dict[str, object]]()
    for node, rows in log.nodes.items():
        in_hand: Counter[str] = Counter()
        for row in rows:
            fields = row.fields
            if row.kind == "node.crash":
                in_hand.clear()
            elif row.kind == "sync.answered":
                in_hand[fields["peer"]] -= 1
            elif row.kind == "sync.request" and "others" in fields:  # V1's way asks one peer for all
                seen += bool(fields["others"])
                loads = {peer: in_hand[peer] for peer in (fields["peer"], *fields["others"])}
                if min(loads.values()) < loads[fields["peer"]]:
                    unfair.append({"node": node, "in_hand": loads, **row.as_dict()})
                in_hand[fields["peer"]] += 1
    return Verdict(
        (
            count_none(
                "no peer is asked for a range while another has fewer in hand",
                seen=seen,
                broken=unfair,
                unit="requests",
                source="alys-system.md §7, incident 13; issue 6, fair load",
            ),
        )
    )


def refusals_count(log: SyncLog) -> Verdict:
    """Return whether each refused block was counted at once against the peer that sent it."""
    refused, uncounted = 0, list[Event]()
    for rows in log.nodes.values():
        failed = {
            (row.fields["peer"], row.time_ns)
            for row in rows
            if row.kind == "sync.result" and row.fields["outcome"] == "invalid_block"
        }
        for row in rows:
            if row.kind == "sync.refused":
                refused += 1
                if (row.fields["peer"], row.time_ns) not in failed:
                    uncounted.append(row)
    return Verdict(
        (
            count_none(
                "a block that is refused counts against who sent it",
                seen=refused,
                broken=uncounted,
                unit="blocks",
                source="issue 6, Bad input",
            ),
        )
    )


def fairness(loads: Mapping[str, int]) -> float | None:
    """Return Jain's index of the loads: 1 when all are equal, 1/n when one bears all; None without load."""
    total, squares = sum(loads.values()), sum(load * load for load in loads.values())
    return total * total / (len(loads) * squares) if squares else None


def load_is_fair(log: SyncLog, *, balance_least: float = 0.7, used_least: float = 0.75) -> Verdict:
    """Return whether honest peers delivered alike and most of them were used, over all sessions together."""
    honest = [peer for peer, behaviour in log.behaviours.items() if behaviour == "honest"]
    loads = dict.fromkeys(honest, 0)
    for row in log.of("sync.imported"):
        if row.fields["peer"] in loads:
            loads[row.fields["peer"]] += row.fields["count"]
    index = fairness(loads)
    used = sum(load > 0 for load in loads.values()) / len(loads) if index is not None else None
    source = "Rust framework S:2011, parallel sync: 75 % of the peers used, balance above 70 %"
    return Verdict(
        (
            Check(
                name="blocks are spread over the peers (Jain's index)",
                observed=None if index is None else round(index, 4),
                comparison=">=",
                limit=balance_least,
                source=source,
                evidence=tuple({"peer": peer, "blocks": load} for peer, load in loads.items()),
            ),
            Check(
                name="share of the peers that delivered",
                observed=used,
                comparison=">=",
                limit=used_least,
                source=source,
            ),
        )
    )
