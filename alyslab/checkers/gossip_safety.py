"""What gossip promises whatever happens to its network and its peers.

Blocks may be late or lost while faults last, and a peer that was restarted has
forgotten what it had; so nothing is said here of delivery
(:mod:`alyslab.checkers.flood` holds undisturbed gossip against that).  The rows
are those that peers and network record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alyslab.checkers.evidence import none_of
from alyslab.checkers.verdict import Check, Verdict

if TYPE_CHECKING:
    from alyslab.runtime import Event, Journal

KINDS = ("gossip.produced", "gossip.received", "net.message", "net.corrupt", "node.crash")


def check_gossip_safety(journal: Journal) -> Verdict:
    """Hold a journal against what peers promise under any fault; without receipts it is inconclusive."""
    rows: dict[str, list[Event]] = {kind: [] for kind in KINDS}
    for event in journal.select(kind=KINDS):
        rows[event.kind].append(event)
    return Verdict((_new_once_in_a_life(rows), _nobody_sends_what_it_lacks(rows)))


def _new_once_in_a_life(rows: dict[str, list[Event]]) -> Check:
    taken: set[tuple[str, int]] = set()
    surplus = []
    events = [*rows["gossip.received"], *rows["node.crash"]]
    for event in sorted(events, key=lambda event: event.seq):
        if event.kind == "node.crash":
            taken = {(peer, block) for peer, block in taken if peer != event.subject}
        elif not event.fields["duplicate"]:
            key = event.subject, event.fields["block"]
            if key in taken:
                surplus.append(event.as_dict())
            taken.add(key)
    return none_of(
        "a block is new to a peer once in each of its lives",
        seen=len(rows["gossip.received"]),
        broken=len(surplus),
        unit="receipts",
        source="forwarding on first receipt; a crash loses what a peer remembers",
        evidence=surplus[:1],
    )


def _nobody_sends_what_it_lacks(rows: dict[str, list[Event]]) -> Check:
    """Pass over a block whose number was garbled on the way: its sender never had that one."""
    garbled = _garbled(rows)
    had: dict[tuple[str, int], int] = {}
    for event in sorted([*rows["gossip.produced"], *rows["gossip.received"]], key=lambda event: event.seq):
        had.setdefault((event.subject, event.fields["block"]), event.time_ns)
    lacking: list[dict[str, Any]] = []
    for event in rows["gossip.received"]:
        sender, sent_ns = event.fields["sender"], event.fields["sent_ns"]
        since_ns = had.get((sender, event.fields["block"]))
        if (since_ns is None or since_ns > sent_ns) and (event.subject, sender, sent_ns) not in garbled:
            lacking.append(event.as_dict())
    return none_of(
        "no peer sends a block before it has it, whatever happens",
        seen=len(rows["gossip.received"]),
        broken=len(lacking),
        unit="receipts",
        source="causality",
        evidence=lacking[:1],
    )


def _garbled(rows: dict[str, list[Event]]) -> frozenset[tuple[str, str, int]]:
    """Return the messages whose bytes a link flipped, as (receiver, sender, sent_ns)."""
    numbers = {(event.fields["id"], event.fields["copy"]) for event in rows["net.corrupt"]}
    return frozenset(
        (event.subject, event.fields["sender"], event.fields["sent_ns"])
        for event in rows["net.message"]
        if (event.fields["id"], event.fields["copy"]) in numbers
    )
