"""Plans that are simpler than a plan in one way: what shrinking tries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from alyslab.chaos.conduct import CONVERGES
from alyslab.chaos.faults import FAULTS
from alyslab.chaos.plan import Entry, Plan
from alyslab.chaos.systems import system_named
from alyslab.chaos.target import Target

LEAST_STEADY_S: Final = 1.0


def variants(plan: Plan, check: str) -> Iterator[Plan]:
    """Yield plans that are simpler in one way, the greatest steps first."""
    yield from _smaller_systems(plan)
    yield from _shorter_phases(plan, check)
    for number, entry in enumerate(plan.entries):
        for simpler in _simpler_entries(plan, entry):
            entries = (*plan.entries[:number], simpler, *plan.entries[number + 1 :])
            yield plan.model_copy(update={"entries": entries})


def _smaller_systems(plan: Plan) -> Iterator[Plan]:
    if plan.system is None:
        return
    spec = system_named(plan.system)
    options = spec.resolved(plan.options)
    for name, least in spec.least.items():
        now = int(options[name])
        for smaller in dict.fromkeys((least, (now + least) // 2, now - 1)):
            if least <= smaller < now:
                yield plan.model_copy(update={"options": {**plan.options, name: smaller}})


def _shorter_phases(plan: Plan, check: str) -> Iterator[Plan]:
    phases = plan.phases
    over_s = max((last_s(plan, entry) for entry in plan.entries), default=0.0)
    needed_s = max(0.5, round(over_s + 0.5, 3))
    if needed_s < phases.faults_s and all(
        entry.end_s is not None or FAULTS[entry.fault].instant for entry in plan.entries
    ):
        yield plan.model_copy(update={"phases": phases.model_copy(update={"faults_s": needed_s})})
    if phases.steady_s > LEAST_STEADY_S:
        shorter = max(LEAST_STEADY_S, round(phases.steady_s / 2, 3))
        yield plan.model_copy(update={"phases": phases.model_copy(update={"steady_s": shorter})})
    earliest_s = min((entry.start_s for entry in plan.entries), default=0.0)
    if earliest_s > 0.1:
        entries = tuple(_moved(entry, -earliest_s) for entry in plan.entries)
        yield plan.model_copy(update={"entries": entries})
    if check != CONVERGES and phases.converge_s > 5:
        yield plan.model_copy(update={"phases": phases.model_copy(update={"converge_s": 5.0})})


def _simpler_entries(plan: Plan, entry: Entry) -> Iterator[Entry]:
    if entry.target.select not in ("one", "named"):
        yield entry.model_copy(update={"target": Target(select="one")})
    if entry.target.select in ("all", "majority", "random"):
        yield entry.model_copy(update={"target": Target(select="minority")})
    if entry.target.select == "named" and len(entry.target.names) > 1:
        for name in entry.target.names:
            names = tuple(other for other in entry.target.names if other != name)
            yield entry.model_copy(update={"target": entry.target.model_copy(update={"names": names})})
    if not FAULTS[entry.fault].instant:
        length_s = plan.end_s(entry) - entry.start_s
        for share in (0.25, 0.5, 0.8):
            if length_s * share >= 0.05:
                end_s = round(entry.start_s + length_s * share, 3)
                yield entry.model_copy(update={"end_s": end_s})
    fault = FAULTS[entry.fault]
    if fault.parameters and entry.intensity > 0.05:
        yield entry.model_copy(update={"intensity": round(entry.intensity / 2, 3)})
    for name in entry.parameters:
        parameter = fault.parameter(name)
        if parameter is not None and name != fault.needs and parameter.kind != "choice":
            rest = {other: value for other, value in entry.parameters.items() if other != name}
            yield entry.model_copy(update={"parameters": rest})


def _moved(entry: Entry, by_s: float) -> Entry:
    end_s = None if entry.end_s is None else round(entry.end_s + by_s, 3)
    return entry.model_copy(update={"start_s": round(entry.start_s + by_s, 3), "end_s": end_s})


def last_s(plan: Plan, entry: Entry) -> float:
    """Return when an entry has done what it does, in s from the beginning of the faults."""
    return entry.start_s if FAULTS[entry.fault].instant else plan.end_s(entry)
