"""Small plans and systems that several tests of chaos share."""

from __future__ import annotations

from typing import Any

from alyslab.chaos.conduct import Outcome, run_plan
from alyslab.chaos.plan import Entry, Phases, Plan
from alyslab.chaos.target import Target

SHORT = Phases(steady_s=4.0, faults_s=6.0, converge_s=20.0)


def entry(fault: str, select: str = "minority", **fields: Any) -> Entry:
    target = fields.pop("target", None) or Target(select=select)  # type: ignore[arg-type]
    return Entry(fault=fault, target=target, **fields)


def plan(*entries: Entry, system: str = "quorum", phases: Phases = SHORT, **fields: Any) -> Plan:
    return Plan(system=system, phases=phases, entries=entries, **fields).numbered()


def outcome(*entries: Entry, seed: int = 3, planted: tuple[str, ...] = (), **fields: Any) -> Outcome:
    return run_plan(plan(*entries, **fields), seed=seed, planted=planted)
