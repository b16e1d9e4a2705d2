"""Verdicts over block production: who wrote which slot, when it must not, and that nobody falls silent.

Reads ``consensus.*`` rows of :mod:`alyslab.harnesses.consensus.rows`, the
node's life (``node.crash``, ``node.pause``, ``node.resume``) and ``faults.over``.

Source: alys-system.md §1, "Aura", "Halt/finality"; §7, "Signature starvation".
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from alyslab.checkers import terms
from alyslab.checkers.evidence import none_of
from alyslab.checkers.verdict import Check, Verdict
from alyslab.runtime.event import Event

KINDS = (
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
    "consensus.stopped",
    "consensus.gate",
    "clock.set",
    "block.imported",
    "chain.rolled_back",
    *terms.KINDS,
)
"""What the checks of this module read."""
NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000
SOURCE = "alys-system.md §1, Aura"
CLOCK_RULE = "slot_not_in_future"


def turns_kept(events: Iterable[Event]) -> Verdict:
    """Only a slot's author writes it, once, and while it catches up only if its gate lets it.

    Whose slot it is depends on the height; a node that was not told of a change
    is held against the federation that it knows.
    """
    started: dict[str, Event] = {}
    federation, let = terms.Terms(), dict[str, int]()
    catching_up: dict[str, Event] = {}
    written: dict[tuple[str, int], Event] = {}
    strangers, twice, behind = list[Event](), list[Event](), list[Event]()
    for event in events:
        node, fields = event.subject, event.fields
        federation.follow(event)
        if event.kind == "consensus.started":
            started[node] = event
            catching_up.pop(node, None)
        elif event.kind == "consensus.gate" and fields["allowed"]:
            let[node] = fields["slot"]
        elif event.kind == "consensus.rejoining":
            catching_up[node] = event
        elif event.kind == "consensus.rejoined":
            catching_up.pop(node, None)
        elif event.kind == "consensus.produced":
            seats = federation.known_to(node, fields["height"])
            if seats.author(fields["slot"]) != started[node].fields["authority"]:
                strangers.append(event)
            if node in catching_up and let.get(node) != fields["slot"]:
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
    """No node rejects a block that it wrote itself: what it writes must be what it takes.

    One whose clock was set back meanwhile may well find its block in the future.
    """
    seen, rejected = 0, list[Event]()
    offsets_ns, written = dict[str, int](), dict[str, set[str]]()
    for event in events:
        node, fields = event.subject, event.fields
        if event.kind == "consensus.produced":
            seen += 1
            written.setdefault(node, set()).add(fields["root"])
        elif event.kind == "clock.set":
            if fields["offset_ns"] < offsets_ns.get(node, 0):
                written.pop(node, None)  # all that it wrote, it wrote by the clock of before
            offsets_ns[node] = fields["offset_ns"]
        elif event.kind == "consensus.rejected" and fields["own"]:
            excused = fields["rule"] == CLOCK_RULE and fields["root"] not in written.get(node, ())
            if not excused:
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
    federation, heads = terms.Terms(), _Heads(kept)
    for event in kept:
        federation.follow(event)
    for node, start in _up_throughout(kept, over_ns).items():
        slot_ms, epoch_ms = start.fields["slot_ms"], start.fields["epoch_ms"]
        answered = {
            event.fields["slot"]
            for event in kept
            if event.subject == node and event.kind in ("consensus.produced", "consensus.skipped")
        }
        first = -(-(epoch_ms + over_ns // NS_PER_MS) // slot_ms) + 1
        last = (epoch_ms + end_ns // NS_PER_MS) // slot_ms
        for slot in range(first, last):
            heights = heads.about(node, (slot * slot_ms - epoch_ms) * NS_PER_MS)
            if all(federation.at(height + 1).author(slot) == start.fields["authority"] for height in heights):
                expected += 1
                if slot not in answered:
                    silent.append(start)
    name = "slots of authors that are up, without a block or a reason"
    return Verdict((_none(name, silent, expected),))


class _Heads:
    """The heights of the nodes' heads through a run."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._moves: dict[str, list[tuple[int, int]]] = {}
        for event in events:
            if event.kind in ("block.imported", "chain.rolled_back", "consensus.started"):
                self._moves.setdefault(event.subject, []).append((event.time_ns, event.fields["height"]))

    def about(self, node: str, time_ns: int) -> tuple[int, ...]:
        """Return the node's height at a time, and what it became within the next second."""
        moves = self._moves.get(node, [])
        place = bisect_right(moves, (time_ns, 1 << 62))
        soon = [height for moment, height in moves[place:] if moment <= time_ns + NS_PER_S]
        return (moves[place - 1][1] if place else 0, *soon)


def _up_throughout(events: list[Event], over_ns: int) -> dict[str, Event]:
    """Return the authorities that were up at a time and stayed so, with the row of their last start."""
    up: dict[str, Event] = {}
    for event in events:
        if event.kind == "consensus.started":
            if event.time_ns <= over_ns and event.fields["authority"] >= 0:
                up[event.subject] = event
        elif event.kind in ("node.crash", "consensus.stopped") or (
            event.kind == "node.pause" and event.time_ns >= over_ns
        ):
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
