"""Verdicts over block production: who wrote which slot, when it must not, and that nobody falls silent.

Reads ``consensus.*`` rows of :mod:`alyslab.harnesses.consensus.rows`, the
node's life (``node.crash``, ``node.pause``, ``node.resume``) and ``faults.over``.

Source: alys-system.md §1, "Aura", "Halt/finality"; §7, "Signature starvation".
"""

from __future__ import annotations

from collections.abc import Iterable

from alyslab.checkers.evidence import none_of
from alyslab.checkers.verdict import Check, Verdict
from alyslab.runtime.event import Event

KINDS = (
    "consensus.started",
    "consensus.produced",
    "consensus.skipped",
    "consensus.rejected",
    "consensus.rejoining",
    "consensus.rejoined",
    "node.crash",
    "node.pause",
    "node.resume",
    "faults.over",
    "run.over",
)
"""What the checks of this module read."""
NS_PER_MS = 1_000_000
SOURCE = "alys-system.md §1, Aura"


def turns_kept(events: Iterable[Event]) -> Verdict:
    """Only a slot's author writes it, once, and not while it catches up."""
    started: dict[str, Event] = {}
    catching_up: dict[str, Event] = {}
    written: dict[tuple[str, int], Event] = {}
    strangers, twice, behind = list[Event](), list[Event](), list[Event]()
    for event in events:
        node, fields = event.subject, event.fields
        if event.kind == "consensus.started":
            started[node] = event
            catching_up.pop(node, None)
        elif event.kind == "consensus.rejoining":
            catching_up[node] = event
        elif event.kind == "consensus.rejoined":
            catching_up.pop(node, None)
        elif event.kind == "consensus.produced":
            own = started[node].fields
            if fields["slot"] % own["members"] != own["authority"]:
                strangers.append(event)
            if node in catching_up:
                behind += [catching_up[node], event]
            before = written.setdefault((node, fields["slot"]), event)
            if before.fields["root"] != fields["root"]:
                twice += [before, event]
    seen = len(written)
    return Verdict(
        (
            _none("blocks written out of turn", strangers, seen),
            _none("slots in which an author wrote two blocks", twice, seen, pairs=True),
            _none("blocks written while catching up", behind, seen, pairs=True),
        )
    )


def own_blocks_accepted(events: Iterable[Event]) -> Verdict:
    """No node rejects a block that it wrote itself: what it writes must be what it takes."""
    seen, rejected = 0, list[Event]()
    for event in events:
        seen += event.kind == "consensus.produced"
        if event.kind == "consensus.rejected" and event.fields["own"]:
            rejected.append(event)
    return Verdict((_none("own blocks that a node rejects", rejected, seen + len(rejected)),))


def slots_answered(events: Iterable[Event]) -> Verdict:
    """After the faults every author that is up writes its slots, or says why it does not.

    Slots that begin between ``faults.over`` and ``run.over`` count, for nodes
    that are up and not paused since then.
    """
    kept = [event for event in events if event.kind in KINDS]
    over_ns = next((event.time_ns for event in kept if event.kind == "faults.over"), None)
    end_ns = next((event.time_ns for event in kept if event.kind == "run.over"), None)
    if over_ns is None or end_ns is None:
        return Verdict.inconclusive(
            "slots of authors that are up, without a block or a reason", "no calm time"
        )
    silent, expected = list[Event](), 0
    for node, start in _up_throughout(kept, over_ns).items():
        slot_ms, members = start.fields["slot_ms"], start.fields["members"]
        epoch_ms = start.fields["epoch_ms"]
        answered = {
            event.fields["slot"]
            for event in kept
            if event.subject == node and event.kind in ("consensus.produced", "consensus.skipped")
        }
        first = -(-(epoch_ms + over_ns // NS_PER_MS) // slot_ms) + 1
        last = (epoch_ms + end_ns // NS_PER_MS) // slot_ms
        for slot in range(first, last):
            if slot % members == start.fields["authority"]:
                expected += 1
                if slot not in answered:
                    silent.append(start)
    name = "slots of authors that are up, without a block or a reason"
    return Verdict((_none(name, silent, expected),))


def _up_throughout(events: list[Event], over_ns: int) -> dict[str, Event]:
    """Return the authorities that were up at a time and stayed so, with the row of their last start."""
    up: dict[str, Event] = {}
    for event in events:
        if event.kind == "consensus.started":
            if event.time_ns <= over_ns and event.fields["authority"] >= 0:
                up[event.subject] = event
        elif event.kind == "node.crash" or (event.kind == "node.pause" and event.time_ns >= over_ns):
            up.pop(event.subject, None)
    return up


def _none(name: str, found: list[Event], seen: int, *, pairs: bool = False) -> Check:
    return none_of(
        name,
        seen=seen,
        broken=len(found) // 2 if pairs else len(found),
        source=SOURCE,
        unit="slots",
        evidence=tuple(event.as_dict() for event in found[: 2 if pairs else 1]),
    )
