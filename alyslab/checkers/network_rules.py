"""Whether the rules on messages were obeyed: the first one that does not pass decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alyslab.checkers.evidence import none_of
from alyslab.checkers.network_log import EARLY_CAUSES, NetworkLog, RuleLife
from alyslab.checkers.verdict import Check

if TYPE_CHECKING:
    from alyslab.runtime import Event


def rules_are_obeyed(log: NetworkLog) -> Check:
    """Hold what became of each message against the first declared rule that concerned it."""
    seen, broken = 0, []
    for event in (*log.messages, *log.drops):
        fields = event.fields
        if fields.get("cause") in EARLY_CAUSES or any(rule.borders(fields["sent_ns"]) for rule in log.rules):
            continue
        first = next(
            (
                rule
                for rule in log.rules
                if (rule.verdict == "function" and rule.from_ns < fields["sent_ns"] < rule.until_ns)
                or (rule.verdict not in ("pass", "function") and rule.concerns(fields, event.subject))
            ),
            None,
        )
        if first is not None and first.verdict == "function":
            continue  # nobody can look into it
        seen += bool(log.rules)
        what = _disobeyed(event, first, {rule.name for rule in log.rules})
        if what:
            broken.append({"what": what, "rule": first.name if first else None, **event.as_dict()})
    return none_of(
        "the first rule that does not pass decides",
        seen=seen,
        broken=len(broken),
        source="issue 5: rules ordered, first non-pass wins; every drop names its rule",
        unit="messages",
        evidence=broken[:1],
    )


def _disobeyed(event: Event, first: RuleLife | None, names: set[str]) -> str:
    """Return how an event contradicts the rule that had to decide; empty if it does not."""
    cause = event.fields.get("cause")
    if first is None:
        return "dropped by a rule that did not concern it" if cause in names else ""
    if first.verdict == "drop":
        return "" if cause == first.name else "not dropped by its rule"
    if cause in names:
        return "dropped by a later rule"
    if cause is None and first.verdict == "hold" and event.time_ns < first.until_ns:
        return "handled while it was held"
    if cause is None and first.verdict == "deliver_after":
        after_ns = event.time_ns - event.fields["left_ns"]
        return "" if after_ns >= first.amount * 1e6 - 1 else "handled before its delay"
    return ""
