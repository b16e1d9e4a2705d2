"""Plans that are simpler than a plan in one way: what shrinking tries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from alyslab.chaos.conduct import CONVERGES
from alyslab.chaos.faults import FAULTS
from alyslab.chaos.plan import Entry, Plan
from alyslab.chaos.systems import system_named
from alyslab.chaos.target import Target

if TYPE_CHECKING:
    from alyslab.chaos.vocabulary import Parameter

WORDS: Final = frozenset({"choice", "groups"})
"""Kinds of parameters that are no numbers."""
LEAST_STEADY_S: Final = 1.0
LEAST_LENGTH_S: Final = 0.05
LEAST_WAIT_S: Final = 0.5
LEAST_INTENSITY: Final = 0.05


def smaller_systems(plan: Plan) -> Iterator[Plan]:
    """Yield plans with fewer nodes, a shorter workload, or another option at its default."""
    if plan.system is None:
        return
    spec = system_named(plan.system)
    options = spec.resolved(plan.options)
    for name, least in spec.least.items():
        now = int(options[name])
        for smaller in dict.fromkeys((least, (now + least) // 2, now - 1)):
            if least <= smaller < now:
                yield plan.model_copy(update={"options": {**plan.options, name: smaller}})
    for name in plan.options:
        if name not in spec.least and plan.options[name] != spec.options[name]:
            rest = {other: value for other, value in plan.options.items() if other != name}
            yield plan.model_copy(update={"options": rest})


def shorter_phases(plan: Plan, check: str) -> Iterator[Plan]:
    """Yield plans that take less time, or whose faults begin earlier.

    The time to converge stays what it is where that is the check that failed.
    """
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
    for by_s in (earliest_s, earliest_s / 2) if earliest_s > LEAST_WAIT_S else ():
        entries = tuple(_moved(entry, -by_s) for entry in plan.entries)
        yield plan.model_copy(update={"entries": entries})
    if check != CONVERGES and phases.converge_s > 5:
        yield plan.model_copy(update={"phases": phases.model_copy(update={"converge_s": 5.0})})


def simpler_entries(plan: Plan) -> Iterator[Plan]:
    """Yield plans with one entry that hits fewer, for a shorter time, earlier, or less."""
    for number, entry in enumerate(plan.entries):
        for simpler in (*_fewer_targets(entry), *_shorter(plan, entry), *_earlier(entry), *_weaker(entry)):
            entries = (*plan.entries[:number], simpler, *plan.entries[number + 1 :])
            yield plan.model_copy(update={"entries": entries})


def _fewer_targets(entry: Entry) -> Iterator[Entry]:
    if entry.target.select not in ("one", "named"):
        yield entry.model_copy(update={"target": Target(select="one")})
    if entry.target.select in ("all", "majority", "random"):
        yield entry.model_copy(update={"target": Target(select="minority")})
    if entry.target.select == "named" and len(entry.target.names) > 1:
        for name in entry.target.names:
            names = tuple(other for other in entry.target.names if other != name)
            yield entry.model_copy(update={"target": entry.target.model_copy(update={"names": names})})


def _shorter(plan: Plan, entry: Entry) -> Iterator[Entry]:
    if FAULTS[entry.fault].instant:
        return
    length_s = plan.end_s(entry) - entry.start_s
    for share in (0.25, 0.5, 0.8):
        if length_s * share >= LEAST_LENGTH_S:
            yield entry.model_copy(update={"end_s": round(entry.start_s + length_s * share, 3)})


def _earlier(entry: Entry) -> Iterator[Entry]:
    """Let it begin at once, or at half the time: what it waits for may take as long, or not."""
    for by_s in (entry.start_s, entry.start_s / 2) if entry.start_s > LEAST_WAIT_S else ():
        yield _moved(entry, -by_s)


def _weaker(entry: Entry) -> Iterator[Entry]:
    """Halve the intensity, leave a parameter to it, or halve the way of one to its mild value."""
    fault = FAULTS[entry.fault]
    if _intensity_counts(entry) and entry.intensity > LEAST_INTENSITY:
        yield entry.model_copy(update={"intensity": round(entry.intensity / 2, 3)})
    for name, value in entry.parameters.items():
        parameter = fault.parameter(name)
        if parameter is None or parameter.kind in WORDS:
            continue
        if name != fault.needs:
            rest = {other: one for other, one in entry.parameters.items() if other != name}
            yield entry.model_copy(update={"parameters": rest})
        nearer = _nearer(parameter, value)
        if nearer is not None:
            yield entry.model_copy(update={"parameters": {**entry.parameters, name: nearer}})


def _intensity_counts(entry: Entry) -> bool:
    """Return whether the intensity decides any parameter."""
    dials = (one for one in FAULTS[entry.fault].parameters if one.kind not in WORDS)
    return any(one.name not in entry.parameters for one in dials)


def _nearer(parameter: Parameter, value: object) -> float | None:
    """Return a value half as far from the mild one, in three digits; None where it is near enough."""
    if not isinstance(value, int | float):
        return None
    half = float(f"{(value + parameter.mild) / 2:.3g}")
    nearer = round(half) if parameter.kind == "whole" else half
    span = abs(parameter.severe - parameter.mild)
    return nearer if abs(value - nearer) > span * LEAST_INTENSITY else None


def _moved(entry: Entry, by_s: float) -> Entry:
    end_s = None if entry.end_s is None else round(entry.end_s + by_s, 3)
    return entry.model_copy(update={"start_s": round(entry.start_s + by_s, 3), "end_s": end_s})


def last_s(plan: Plan, entry: Entry) -> float:
    """Return when an entry has done what it does, in s from the beginning of the faults."""
    return entry.start_s if FAULTS[entry.fault].instant else plan.end_s(entry)


def tidier(plan: Plan) -> Iterator[Plan]:
    """Yield the plan as one would write it by hand, the plainest first.

    Without what a draw left behind and words that mean nothing there, and with
    times in tenths or hundredths of a second.
    """
    plain = plan.model_copy(
        update={"drawn": {}, "entries": tuple(_without_idle_words(entry) for entry in plan.entries)}
    )
    for digits in (1, 2):
        rounded = tuple(_rounded(entry, digits) for entry in plain.entries)
        ends_s = max((last_s(plain, entry) for entry in rounded), default=0.0)
        faults_s = max(round(plain.phases.faults_s, digits), round(ends_s + 0.5, 3))
        phases = plain.phases.model_copy(update={"faults_s": faults_s})
        yield plain.model_copy(update={"entries": rounded, "phases": phases})
    yield plain


def _without_idle_words(entry: Entry) -> Entry:
    fault = FAULTS[entry.fault]
    parameters = {
        name: value
        for name, value in entry.parameters.items()
        if (one := fault.parameter(name)) is None or one.kind != "choice" or value != one.choices[0]
    }
    target = entry.target
    if target.select in ("all", "named", "primaries"):
        target = target.model_copy(update={"seed": None})
    intensity = entry.intensity if _intensity_counts(entry) else Entry.model_fields["intensity"].default
    return entry.model_copy(update={"parameters": parameters, "target": target, "intensity": intensity})


def _rounded(entry: Entry, digits: int) -> Entry:
    """Round times to so many decimals; the end to a later one where it would meet the start."""
    start_s = round(entry.start_s, digits)
    end_s = entry.end_s
    if end_s is not None:
        end_s = max(round(end_s, digits), round(start_s + 10**-digits, digits))
    return entry.model_copy(update={"start_s": start_s, "end_s": end_s})
