"""What undisturbed gossip promises, each promise held against the events of a journal.

The kinds of event, as peers record them:

====================  =========  ====================================================================
kind                  subject    fields
====================  =========  ====================================================================
``gossip.started``    network    ``blocks``: how many blocks are due; ``protocol``
``gossip.peer``       peer       ``region``, ``links``: its neighbours, ``upload_bps``
``gossip.produced``   author     ``block``, ``slot``, ``bytes``
``gossip.received``   receiver   ``block``, ``sender``, ``hops``, ``bytes``, ``sent_ns``, ``left_ns``,
                                 ``duplicate``: the receiver had the block already
``gossip.mesh``       peer       ``size`` of its mesh, and how many ``neighbours`` it has
``gossip.rebuilt``    receiver   ``block``, ``sender``, ``whole``: nothing of a compact block was missing
``gossip.compact_peer``  peer    ``compact``: it takes part; ``churn``: it comes and goes
====================  =========  ====================================================================

A receipt is written by the receiver when it handles the message: ``sent_ns`` is
when the sender handed the message to its uplink, ``left_ns`` when its last byte
had left, and the row's own time is when it was handled.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from alyslab.checkers.verdict import Check

if TYPE_CHECKING:
    from alyslab.runtime import Event, Journal


@dataclass(frozen=True, slots=True)
class GossipLog:
    """The rows of a journal that concern gossip."""

    due: int | None
    """How many blocks were to be produced; None where the journal does not say."""
    protocol: str
    """How blocks are passed on; a journal that does not say is a flood's."""
    peers: dict[str, Event]
    """The row with which each peer joined."""
    produced: dict[int, Event]
    """The production of each block, in order."""
    received: list[Event]
    """Every message that a peer handled, in order."""
    firsts: dict[tuple[int, str], Event]
    """The earliest event by which a peer had a block: its production there, or its first receipt."""

    @classmethod
    def read(cls, journal: Journal) -> GossipLog:
        """Sort a journal's rows of gossip; other kinds are passed over."""
        due: int | None = None
        protocol = "flood"
        peers: dict[str, Event] = {}
        produced: dict[int, Event] = {}
        received: list[Event] = []
        firsts: dict[tuple[int, str], Event] = {}
        for event in journal.select(
            kind=("gossip.started", "gossip.peer", "gossip.produced", "gossip.received")
        ):
            match event.kind:
                case "gossip.started":
                    due = (due or 0) + event.fields["blocks"]
                    protocol = event.fields.get("protocol", protocol)
                case "gossip.peer":
                    peers[event.subject] = event
                case "gossip.produced":
                    produced.setdefault(event.fields["block"], event)
                    firsts.setdefault((event.fields["block"], event.subject), event)
                case _:
                    received.append(event)
                    firsts.setdefault((event.fields["block"], event.subject), event)
        return cls(due, protocol, peers, produced, received, firsts)

    @property
    def links(self) -> int:
        """How many links the network has, each counted once."""
        return sum(len(event.fields["links"]) for event in self.peers.values()) // 2

    def messages(self) -> Counter[int]:
        """Return how many messages were handled for each block."""
        return Counter(event.fields["block"] for event in self.received)


def flood_checks(log: GossipLog) -> tuple[Check, ...]:
    """Hold a log in which at least one block was produced against every promise of undisturbed gossip."""
    own = {"flood": _messages_as_counted, "mesh": _no_more_than_a_flood}.get(
        log.protocol, _a_block_comes_once
    )
    return (
        _every_slot_has_its_block(log),
        _every_block_reaches_every_peer(log),
        _a_block_is_new_once(log),
        own(log),
        _nothing_arrives_before_it_left(log),
        nobody_sends_what_it_lacks(log),
        _no_uplink_is_overdrawn(log),
    )


def _none_of(seen: int, name: str, broken: Sequence[Mapping[str, Any]], *, unit: str, source: str) -> Check:
    """Hold the violations among ``seen`` events against none; the first one is the evidence."""
    return Check(
        name=name,
        observed=len(broken) if seen else None,
        comparison="==",
        limit=0,
        unit=unit,
        source=source,
        evidence=tuple(broken[:1]),
        note="" if seen else "no peer handled a message",
    )


def _every_slot_has_its_block(log: GossipLog) -> Check:
    return Check(
        name="every slot has its block",
        observed=None if log.due is None else len(log.produced),
        comparison="==",
        limit=log.due or 0,
        unit="blocks",
        source="Aura: one author for each slot",
        note="the journal does not say how many blocks were due" if log.due is None else "",
    )


def _every_block_reaches_every_peer(log: GossipLog) -> Check:
    missing = [
        {"missing_at": peer, **log.produced[block].as_dict()}
        for block in log.produced
        for peer in log.peers
        if (block, peer) not in log.firsts
    ]
    return _none_of(
        len(log.produced) * len(log.peers),
        "every block reaches every peer",
        missing,
        unit="missing deliveries",
        source="flooding on a connected graph",
    )


def _a_block_is_new_once(log: GossipLog) -> Check:
    surplus = [
        event.as_dict()
        for event in log.received
        if not event.fields["duplicate"] and log.firsts[event.fields["block"], event.subject] is not event
    ]
    return _none_of(
        len(log.received),
        "a block is new to a peer once",
        surplus,
        unit="surplus receipts",
        source="forwarding on first receipt",
    )


def _messages_as_counted(log: GossipLog) -> Check:
    due = 2 * log.links - (len(log.peers) - 1)
    messages = log.messages()
    counts = {block: messages[block] for block in log.produced}
    worst = max(counts, key=lambda block: abs(counts[block] - due))
    off = counts[worst] != due
    return Check(
        name="each block costs 2E - (n - 1) messages",
        observed=counts[worst],
        comparison="==",
        limit=due,
        unit="messages",
        source="flood without the sender; Maelstrom's broadcast counts divide by it exactly (anchors D1)",
        evidence=({"messages": counts[worst], **log.produced[worst].as_dict()},) if off else (),
        note=f"the block furthest from it is {worst}" if off else "",
    )


def _a_block_comes_once(log: GossipLog) -> Check:
    """Hold protocols in which a peer asks for a block: it asks one peer, so it gets it from one."""
    surplus = [event.as_dict() for event in log.received if event.fields["duplicate"]]
    name = "each peer is sent each block once"
    return _none_of(
        len(log.received), name, surplus, unit="surplus receipts", source="a block is asked for once"
    )


def _no_more_than_a_flood(log: GossipLog) -> Check:
    messages = log.messages()
    return Check(
        name="no block costs more than a flood",
        observed=max((messages[block] for block in log.produced), default=None),
        comparison="<=",
        limit=2 * log.links - (len(log.peers) - 1),
        unit="messages",
        source="a mesh is a part of the graph; 2E - (n - 1) is a flood on all of it",
    )


def _nothing_arrives_before_it_left(log: GossipLog) -> Check:
    early = [
        event.as_dict()
        for event in log.received
        if not event.fields["sent_ns"] <= event.fields["left_ns"] <= event.time_ns
    ]
    name = "no message is handled before it has left its sender"
    return _none_of(len(log.received), name, early, unit="messages", source="causality")


def nobody_sends_what_it_lacks(log: GossipLog) -> Check:
    """Hold senders against what they had: their own blocks, and those that they got before."""
    broken = []
    for event in log.received:
        had = log.firsts.get((event.fields["block"], event.fields["sender"]))
        if had is None or event.fields["sent_ns"] < had.time_ns:
            broken.append(event.as_dict())
    name = "no peer sends a block before it has it"
    return _none_of(len(log.received), name, broken, unit="messages", source="causality")


def _no_uplink_is_overdrawn(log: GossipLog) -> Check:
    by_sender: dict[str, list[Event]] = defaultdict(list)
    for event in log.received:
        by_sender[event.fields["sender"]].append(event)
    broken = []
    for sender, events in by_sender.items():
        if sender not in log.peers or not log.peers[sender].fields["upload_bps"]:
            continue  # no peer: the check above has it; no bandwidth: nothing to overdraw
        upload_bps = log.peers[sender].fields["upload_bps"]
        events.sort(key=lambda event: event.fields["left_ns"])
        for before, after in pairwise(events):
            gap_ns = after.fields["left_ns"] - before.fields["left_ns"]
            if gap_ns + 1 < after.fields["bytes"] * 8e9 / upload_bps:  # times are whole ns
                broken.append(after.as_dict())
    name = "no uplink carries more than its bandwidth"
    return _none_of(len(log.received), name, broken, unit="messages", source="the uplink's own row")
