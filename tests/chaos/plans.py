"""Small plans and systems that several tests of chaos share."""

from __future__ import annotations

from typing import Any

from alyslab.chaos.conduct import Outcome, run_plan
from alyslab.chaos.plan import Entry, Phases, Plan
from alyslab.chaos.target import Target

SHORT = Phases(steady_s=6.0, faults_s=6.0, converge_s=20.0)
NODES = 4
"""Of the store: the fewest with two groups of two, and a minority that is no majority of the rest."""
_OUTCOMES: dict[str, Outcome] = {}


def entry(fault: str, select: str = "minority", **fields: Any) -> Entry:
    target = fields.pop("target", None) or Target(select=select)  # type: ignore[arg-type]
    return Entry(fault=fault, target=target, **fields)


def plan(*entries: Entry, system: str = "quorum", phases: Phases = SHORT, **fields: Any) -> Plan:
    return Plan(system=system, phases=phases, entries=entries, **fields).numbered()


def outcome(*entries: Entry, seed: int = 3, planted: tuple[str, ...] = (), **fields: Any) -> Outcome:
    """Run a plan, or return what an equal one gave before: nobody changes an outcome."""
    if fields.get("system", "quorum") == "quorum":
        fields.setdefault("options", {"nodes": NODES})
    wanted = plan(*entries, **fields)
    key = f"{seed} {planted} {wanted.dump()}"
    if key not in _OUTCOMES:
        _OUTCOMES[key] = run_plan(wanted, seed=seed, planted=planted)
    return _OUTCOMES[key]
