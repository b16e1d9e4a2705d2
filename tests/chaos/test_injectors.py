"""Every fault takes effect in every system that lists it: the journal shows it where it acted.

A fault that a system names but that never bites would be drawn, would change
nothing, and would make the system look resilient.
"""

from __future__ import annotations

from typing import Any

import pytest

from alyslab.chaos.conduct import Outcome, run_plan
from alyslab.chaos.faults import FAULTS
from alyslab.chaos.plan import Entry, Plan
from alyslab.chaos.systems import SYSTEMS, system_named
from alyslab.chaos.target import Target

from .proofs import PROOFS

LASTS_S = 20.0
STRONG: dict[str, dict[str, Any]] = {
    "network.latency": {"delay_ms": 2_000.0},
    "network.jitter": {"jitter_ms": 4_000.0},
    "network.reorder": {"delay_ms": 2_000.0, "reorder_ratio": 0.3},
    "network.clog": {"clog_ms": 2_000.0, "clog_ratio": 0.5},
    "network.bandwidth": {"rate_bps": 2_000.0},
    "network.corrupt": {"corrupt_ratio": 0.3},
    "resource.memory": {"limit_bytes": 16},
    "resource.descriptors": {"limit_files": 0},
    "resource.disk_full": {"free_bytes": 0},
}
SYNC_MS = {"quorum": 900.0, "sync": 3_000.0, "consensus": 4_000.0}
"""How slow a sync must be for a crash to find something pending, by how often the system writes."""
PENDING = {"storage.lost_writes", "storage.torn_writes", "storage.misdirected_writes"}
TRIES = 3
AT_START = {"storage.read_errors", "resource.descriptors"}
"""Seen when a process begins: that is when it reads its files, or makes them where they are lost."""
ONE = {"network.bridge", "network.partition", "network.one_way"}
"""Faults that need others than their targets."""
REFERENCE = "quorum"
"""The system whose cases are run always; those of the others take a minute together."""
CASES = [
    (system, fault)
    for system in SYSTEMS
    for fault in sorted(system_named(system).faults)
    if FAULTS[fault].family != "byzantine"
]


def everybody(fault: str, at_s: float, end_s: float | None, **fields: Any) -> Entry:
    """An entry that hits all, or one where the fault needs others."""
    select = "one" if fault in ONE else "all"
    defaults: dict[str, Any] = {"id": "e1", "target": Target(select=select), "intensity": 1.0}
    return Entry(fault=fault, start_s=at_s, end_s=end_s, **{**defaults, **fields})


def entries_for(system: str, fault: str) -> tuple[Entry, ...]:
    """The fault, and what it needs in order to be seen: a crash, something pending, a new file."""
    members = system_named(system).members(system_named(system).options)
    parameters = dict(STRONG.get(fault, {}))
    if fault == "network.groups":
        parameters = {"groups": [[name] for name in members]}
    if fault == "network.matrix":
        parameters = {"cuts": [[one, other] for one in members for other in members if one != other]}
    entries = [everybody(fault, 1.0, None if FAULTS[fault].instant else LASTS_S, parameters=parameters)]
    if fault in PENDING:
        slow = {"read_ms": 0.0, "write_ms": 0.0, "sync_ms": SYNC_MS[system]}
        entries.append(everybody("resource.disk_slow", 1.0, LASTS_S, id="slow", parameters=slow))
    if fault in PENDING | AT_START:
        state = "lost" if fault == "resource.descriptors" else "durable"
        entries += [
            everybody("process.crash", at_s, at_s + 0.5, id=f"c{at_s}", parameters={"state": state})
            for at_s in (6.3, 9.1, 11.7, 14.9)
        ]
    return tuple(entries)


@pytest.mark.parametrize(
    ("system", "fault"),
    [pytest.param(*case, marks=() if case[0] == REFERENCE else pytest.mark.slow) for case in CASES],
)
def test_the_fault_is_seen_where_it_takes_effect(system: str, fault: str) -> None:
    """An injector that only counts itself would pass elsewhere; a drawn circle may need another seed."""
    phases = system_named(system).phases.model_copy(update={"faults_s": LASTS_S + 1.0, "converge_s": 1.0})
    plan = Plan(system=system, phases=phases, recoverable=False, entries=entries_for(system, fault))
    done: list[Outcome] = []
    while len(done) < TRIES and not (done and PROOFS[fault](done[-1].run.journal)):
        done.append(run_plan(plan, seed=4 + len(done)))

    assert PROOFS[fault](done[-1].run.journal)
    healed = next(check for check in done[-1].verdict.checks if check.name == "every fault was healed")
    assert healed.passed


@pytest.mark.parametrize("system", SYSTEMS)
def test_no_proof_holds_where_another_fault_acts(system: str) -> None:
    """A proof that any run gives would prove nothing: a clock drifts, one crashes, or little is lost."""
    listed = [fault for one, fault in CASES if one == system]
    other = next(name for name in ("clock.drift", "process.crash", "network.loss") if name in listed)
    phases = system_named(system).phases.model_copy(update={"faults_s": LASTS_S + 1.0, "converge_s": 1.0})
    entry = everybody(other, 1.0, LASTS_S, target=Target(select="one"), intensity=0.01)
    journal = run_plan(Plan(system=system, phases=phases, entries=(entry,)), seed=4).run.journal
    akin = {fault for fault in listed if PROOFS[fault] is PROOFS[other]}

    assert [fault for fault in listed if fault not in akin and PROOFS[fault](journal)] == []


def test_every_fault_that_is_built_acts_on_some_system() -> None:
    """A fault that no system lists could not be tried at all."""
    acting = {fault for name in SYSTEMS for fault in system_named(name).faults}

    assert acting >= set(FAULTS)
