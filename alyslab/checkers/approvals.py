"""Verdicts over approvals: who really signed what, how often it counted, and when a candidate may go.

Reads ``consensus.*`` rows of :mod:`alyslab.harnesses.consensus.rows`, and
``adversary.signed`` for what a workload signed with an authority's key.

Source: alys-system.md §1, "Aura", "process_block order"; §7, incident 9 and
"Early approvals".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from alyslab.checkers import terms
from alyslab.checkers.evidence import none_of
from alyslab.checkers.verdict import Check, Verdict
from alyslab.runtime.event import Event

KINDS = (
    "consensus.started",
    "consensus.approved",
    "consensus.counted",
    "consensus.candidate",
    "consensus.imported",
    "adversary.signed",
    *terms.KINDS,
)
"""What the checks of this module read."""
SOURCE = "alys-system.md §1, process_block order"


def certificates(events: Iterable[Event]) -> Verdict:
    """Every imported block has the approval of ⌈2n/3⌉ different authorities, and each of them gave it.

    An approval counts from when its authority wrote that it gave it, and if
    its authority is of the federation that signs the block's height.
    """
    given: set[tuple[int, str]] = set()
    federation = terms.Terms()
    seen = counted = 0
    few, unsigned, invented = list[Event](), list[Event](), list[Event]()
    for event in events:
        fields = event.fields
        federation.follow(event)
        if event.kind in ("consensus.approved", "adversary.signed"):
            given.add((fields["authority"], fields["root"]))
        elif event.kind == "consensus.counted":
            counted += 1
            if (fields["authority"], fields["root"]) not in given:
                invented.append(event)
        elif event.kind == "consensus.imported":
            seen += 1
            mask = fields["signers"]
            signers = [number for number in range(mask.bit_length()) if mask >> number & 1]
            seats = federation.at(fields["height"])
            if len(frozenset(signers) & frozenset(seats.numbers)) < seats.quorum:
                few.append(event)
            if any((index, fields["root"]) not in given for index in signers):
                unsigned.append(event)
    return Verdict(
        (
            _none("blocks imported with fewer than ⌈2n/3⌉ approvals", few, seen, "blocks"),
            _none("blocks imported with a signature that nobody gave", unsigned, seen, "blocks"),
            _none("approvals counted that nobody gave", invented, counted, "approvals"),
        )
    )


def votes_kept(events: Iterable[Event]) -> Verdict:
    """No authority approves two blocks of one slot, nor at one height an earlier slot after a later.

    A vote that is given again, as after a restart, is the same vote.  A member
    whose disk has lost votes must know it, and abstain beyond all it signed.
    """
    by_slot: dict[tuple[int, int], Event] = {}
    latest: dict[tuple[int, int], Event] = {}
    twice, back, ahead, lost = list[Event](), list[Event](), list[Event](), list[Event]()
    sent: dict[str, set[int]] = defaultdict(set)
    slot_ms, seen, restarts = 1, 0, 0
    for event in events:
        fields = event.fields
        if event.kind == "consensus.started":
            slot_ms = fields["slot_ms"]
            signed = sent[event.subject]
            restarts += bool(signed)
            knows = fields.get("abstains_until", -1) >= max(signed, default=-1)
            if fields["votes"] < len(signed):
                lost += [] if knows else [event]
                signed.clear()  # it begins anew, with its promise
        if event.kind != "consensus.approved":
            continue
        seen += 1
        sent[event.subject].add(fields["slot"])
        authority, slot, root = fields["authority"], fields["slot"], fields["root"]
        before = by_slot.setdefault((authority, slot), event)
        if before.fields["root"] != root:
            twice += [before, event]
        elif before is not event:
            continue
        held = latest.get((authority, fields["height"]))
        if held is not None and slot < held.fields["slot"]:
            back += [held, event]
        latest[authority, fields["height"]] = event
        if slot > fields["clock_ms"] // slot_ms + 1:
            ahead.append(event)
    return Verdict(
        (
            _none("slots in which an authority approved two blocks", twice, seen, "approvals", pairs=True),
            _none("approvals of an earlier slot after a later", back, seen, "approvals", pairs=True),
            _none("restarts that have lost votes which were sent", lost, restarts, "restarts"),
            _none(
                "approvals of blocks from the future, by the authority's own clock", ahead, seen, "approvals"
            ),
        )
    )


def candidates_replaced(events: Iterable[Event]) -> Verdict:
    """Only a later slot replaces a candidate; each is taken once, and keeps the approvals that came early."""
    taken: dict[tuple[str, str], Event] = {}
    early: dict[tuple[str, str], set[int]] = defaultdict(set)
    earlier, again, lost = list[Event](), list[Event](), list[Event]()
    seen = waited = 0
    for event in events:
        fields, node = event.fields, event.subject
        if event.kind == "consensus.started":
            for kept in (taken, early):
                for key in [key for key in kept if key[0] == node]:
                    del kept[key]
        elif event.kind == "consensus.counted" and fields["early"]:
            early[node, fields["root"]].add(fields["authority"])
        elif event.kind == "consensus.candidate":
            seen += 1
            key = node, fields["root"]
            if fields["held_slot"] > fields["slot"]:
                earlier.append(event)
            if key in taken:
                again += [taken[key], event]
            taken[key] = event
            came = early.pop(key, set())
            waited += bool(came)
            if fields["early"] < len(came):
                lost.append(event)
    return Verdict(
        (
            _none("candidates that gave way to an earlier slot", earlier, seen, "candidates"),
            _none("blocks taken as a candidate twice", again, seen, "candidates", pairs=True),
            _none("candidates that lost approvals which came early", lost, waited, "candidates"),
        )
    )


def equivocations_noticed(events: Iterable[Event]) -> Verdict:
    """Whoever gets two blocks of one author for one slot says so.

    Reads ``consensus.received`` and ``consensus.equivocation``.  It may have
    said so before it got the second: a certificate of it tells as much.
    """
    got: dict[tuple[str, int, int], Event] = {}
    due: dict[tuple[str, int, int], list[Event]] = {}
    said: dict[tuple[str, int, int], set[str]] = defaultdict(set)
    for event in events:
        fields, node = event.fields, event.subject
        if event.kind == "consensus.started":
            for kept in (got, said):
                for key in [key for key in kept if key[0] == node]:
                    del kept[key]
        elif event.kind == "consensus.received":
            key = node, fields["author"], fields["slot"]
            before = got.setdefault(key, event)
            if fields["root"] not in (before.fields["root"], *said[key]):
                due[key] = [before, event]
        elif event.kind == "consensus.equivocation" and fields["what"] == "block":
            key = node, fields["authority"], fields["slot"]
            due.pop(key, None)
            said[key] |= {fields["first"], fields["second"]}
    unnoticed = [event for pair in due.values() for event in pair]
    pairs = due.keys() | {key for key, roots in said.items() if roots}
    return Verdict(
        (
            _none(
                "second blocks of an author for a slot that a node got without a word",
                unnoticed,
                len(pairs),
                "slots",
                pairs=True,
            ),
        )
    )


def _none(name: str, found: list[Event], seen: int, unit: str, *, pairs: bool = False) -> Check:
    return none_of(
        name,
        seen=seen,
        broken=len(found) // 2 if pairs else len(found),
        source=SOURCE,
        unit=unit,
        evidence=tuple(event.as_dict() for event in found[: 2 if pairs else 1]),
    )
