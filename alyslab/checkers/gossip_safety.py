"""What gossip promises whatever happens to its network and its peers.

Blocks may be late or lost while faults last, and a peer that was restarted has
forgotten what it had; so nothing is said here of delivery
(:mod:`alyslab.checkers.flood` holds undisturbed gossip against that, from the
same rows).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alyslab.checkers.evidence import none_of
from alyslab.checkers.flood import GossipLog, nobody_sends_what_it_lacks
from alyslab.checkers.verdict import Check, Verdict

if TYPE_CHECKING:
    from alyslab.runtime import Journal


def check_gossip_safety(journal: Journal) -> Verdict:
    """Hold a journal against what peers promise under any fault; without receipts it is inconclusive."""
    return Verdict((_new_once_in_a_life(journal), nobody_sends_what_it_lacks(GossipLog.read(journal))))


def _new_once_in_a_life(journal: Journal) -> Check:
    seen, surplus = 0, []
    has: dict[str, set[int]] = {}
    for event in journal.select(kind=("gossip.received", "node.crash")):
        if event.kind == "node.crash":
            has.pop(event.subject, None)
            continue
        seen += 1
        mine = has.setdefault(event.subject, set())
        if not event.fields["duplicate"] and event.fields["block"] in mine:
            surplus.append(event.as_dict())
        mine.add(event.fields["block"])
    return none_of(
        "a block is new to a peer once in each of its lives",
        seen=seen,
        broken=len(surplus),
        unit="receipts",
        source="forwarding on first receipt; a crash loses what a peer remembers",
        evidence=surplus[:1],
    )
