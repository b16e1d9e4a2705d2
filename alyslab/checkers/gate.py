"""Verdicts over V2's gate: production only when it is allowed, and allowed when its rule says so.

Reads ``consensus.gated`` (the rule's numbers), ``consensus.gate`` (a decision
with what it was made from), ``consensus.produced`` and ``consensus.skipped``;
the subject is the node.

Source: alys-system.md §3: issue_10, the code and its presets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from alyslab.checkers.evidence import none_of
from alyslab.checkers.verdict import Check, Verdict
from alyslab.runtime.event import Event

KINDS = (
    "consensus.started",
    "consensus.gated",
    "consensus.gate",
    "consensus.produced",
    "consensus.skipped",
)
"""What is read."""
SOURCE = "alys-system.md §3, issue_10"


def production_is_allowed(events: Iterable[Event]) -> Verdict:
    """Whoever has a gate asks it before it writes, and the gate decides by its rule and by what is so."""
    rules: dict[str, Event] = {}
    decided: dict[str, Event] = {}
    unasked, wrong = list[Event](), list[Event]()
    turns = decisions = 0
    for event in events:
        node, fields = event.subject, event.fields
        if event.kind == "consensus.started":
            rules.pop(node, None)
            decided.pop(node, None)
        elif event.kind == "consensus.gated":
            rules[node] = event
        elif event.kind == "consensus.gate":
            decisions += 1
            decided[node] = event
            if fields["allowed"] != _allows(rules[node].fields, fields):
                wrong.append(event)
        elif node in rules and (event.kind == "consensus.produced" or fields.get("reason") == "gate"):
            turns += 1
            last = decided.get(node)
            wanted = event.kind == "consensus.produced"
            if last is None or last.fields["slot"] != fields["slot"] or last.fields["allowed"] != wanted:
                unasked.append(event)
    return Verdict(
        (
            _none("turns taken or left against the gate", unasked, turns, "turns"),
            _none("decisions of the gate that its rule does not give", wrong, decisions, "decisions"),
        )
    )


def _allows(rule: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Return what the rule says, from its numbers and what was so."""
    governance_most = rule["governance_most"]
    if (
        now["health"] < rule["health_least"]
        or (rule["needs_federation"] and not now["federation"])
        or (governance_most >= 0 and now["governance"] >= governance_most)
        or now["age_ms"] > rule["fresh_ms"]
    ):
        return False
    if now["state"] == "synced":
        return True
    if now["state"] != "catching_up" or now["target"] <= 0:
        return False
    near = rule["behind_most"] < 0 or now["target"] - now["height"] <= rule["behind_most"]
    return bool(near and now["height"] >= rule["ratio_least"] * now["target"])


def _none(name: str, found: list[Event], seen: int, unit: str) -> Check:
    evidence = tuple(event.as_dict() for event in found[:1])
    return none_of(name, seen=seen, broken=len(found), source=SOURCE, unit=unit, evidence=evidence)
