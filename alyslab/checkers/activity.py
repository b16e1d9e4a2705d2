"""How much happened in a run, held against how much the workload was meant to do.

A workload writes rows ``workload.expects`` (subject: what is counted, fields
``at_least`` and ``at_most``), so that doing nothing is a failure and not a
success.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from alyslab.checkers.verdict import Check, Verdict

if TYPE_CHECKING:
    from alyslab.runtime import Journal

NO_BOUND = -1
KINDS = (
    "message",
    "message.dropped",
    "actor.created",
    "actor.state",
    "ask.ended",
    "supervisor.escalated",
    "replica.applied",
    "workflow.ended",
    "actors.found",
)


def activity(journal: Journal) -> Counter[str]:
    """Return how often each thing happened: ``messages done``, ``restarts``, ``asks answered`` and so on."""
    counts: Counter[str] = Counter()
    for event in journal.select(kind=KINDS):
        fields = event.fields
        match event.kind:
            case "message":
                counts[f"messages {fields['outcome']}"] += 1
            case "message.dropped":
                counts[f"messages dropped: {fields['reason']}"] += 1
            case "actor.state":
                counts[f"actors {fields['after']}"] += 1
                if fields["after"] == "initializing":
                    counts["restarts"] += 1
            case "ask.ended":
                counts[f"asks {fields['outcome']}"] += 1
            case "supervisor.escalated":
                counts[f"escalations: {fields['how']}"] += 1
            case "actors.found":
                counts["actors found"] += fields["count"]
            case kind:
                counts[{"actor.created": "actors created"}.get(kind, kind)] += 1
    return counts


def check_expectations(journal: Journal) -> Verdict:
    """Return whether all happened as often as the workload expects; without expectations, inconclusive."""
    expected = list(journal.select(kind="workload.expects"))
    if not expected:
        return Verdict.inconclusive("the workload did what it set out to do", "it wrote no expectation")
    counts = activity(journal)
    checks = []
    for event in expected:
        at_least, at_most = event.fields["at_least"], event.fields["at_most"]
        seen = counts[event.subject]
        for bound, comparison in ((at_least, ">="), (at_most, "<=")):
            if bound != NO_BOUND:
                checks.append(
                    Check(
                        name=f"{event.subject}, {'at least' if comparison == '>=' else 'at most'}",
                        observed=seen,
                        comparison=comparison,
                        limit=bound,
                        source="the workload's own parameters",
                    )
                )
    return Verdict(tuple(checks))
