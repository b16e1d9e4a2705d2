"""The pages of the documentation that are made from the code: the faults, and the planted bugs."""

from __future__ import annotations

from collections.abc import Iterable

from alyslab.chaos.attack_reference import attack_lines
from alyslab.chaos.byzantine import COMMON
from alyslab.chaos.catalogue import cases_for, planted_bugs
from alyslab.chaos.detection import SOON, Detection
from alyslab.chaos.faults import FAULTS
from alyslab.chaos.hunt import Hunt
from alyslab.chaos.systems import SYSTEMS, system_named
from alyslab.chaos.vocabulary import Parameter

HEAD = (
    "<!-- Made from the code by `alyslab chaos reference --hunts docs/hunts.json`; edit the code, "
    "then run `make docs`. -->"
)


def render(detection: Detection) -> str:
    """Return the page: systems, faults with their parameters, planted bugs with how soon they were found."""
    return "\n".join([*_systems(), "", *_faults(), "", *attack_lines(), "", *_bugs(detection), ""])


def _systems() -> Iterable[str]:
    yield "# Faults, systems and planted bugs"
    yield ""
    yield HEAD
    yield ""
    yield "Everything that a chaos plan can name, and every defect that the laboratory must find in itself."
    yield ""
    yield "## Systems"
    yield ""
    yield "| system | what it is | options | faults that act on it |"
    yield "| --- | --- | --- | --- |"
    for name in SYSTEMS:
        spec = system_named(name)
        options = ", ".join(f"`{key}={value}`" for key, value in spec.options.items())
        yield f"| `{name}` | {spec.summary} | {options} | {_families(spec.faults)} |"


def _families(names: frozenset[str]) -> str:
    parts = []
    for family in dict.fromkeys(fault.family for fault in FAULTS.values()):
        of_family = [name for name, fault in FAULTS.items() if fault.family == family]
        able = [name for name in of_family if name in names]
        if len(able) == len(of_family):
            parts.append(f"all of {family}")
        else:
            parts += [f"`{name}`" for name in able]
    return ", ".join(parts)


def _faults() -> Iterable[str]:
    yield "## Faults"
    yield ""
    yield "An intensity stands for the point between the mild and the severe value of each parameter."
    yield ""
    yield "| fault | what it does | parameters: mild → severe (allowed) | the rows that show it |"
    yield "| --- | --- | --- | --- |"
    for fault in FAULTS.values():
        parameters = "; ".join(_parameter(one) for one in fault.parameters if one not in COMMON) or "none"
        marks = [word for word, on in (("at once", fault.instant), ("destroys data", fault.destroys)) if on]
        note = f" ({', '.join(marks)})" if marks else ""
        yield f"| `{fault.name}` | {fault.summary}{note} | {parameters} | {fault.effect} |"


def _parameter(one: Parameter) -> str:
    if one.kind == "choice":
        return f"`{one.name}`: {', '.join(one.choices)}"
    if one.kind == "groups":
        return f"`{one.name}`: {one.summary}"
    return f"`{one.name}`: {one.mild:g} → {one.severe:g} ({one.low:g} to {one.high:g})"


def _bugs(detection: Detection) -> Iterable[str]:
    bugs = planted_bugs()
    known = {entry.name: detection.hunts.get(entry.name) for entry in bugs}
    kept = {name: hunt for name, hunt in known.items() if hunt is not None}
    done = Detection(hunts=kept, clean=detection.clean)
    yield "## Planted bugs"
    yield ""
    yield f"{len(bugs)} defects, each off unless it is asked for; `alyslab chaos catalogue` hunts them."
    yield ""
    yield from _measured(done, len(bugs))
    yield ""
    yield "| bug | what it does | hunted by | seeds | found by | code |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for entry in bugs:
        cases = ", ".join(f"`{case}`" for case in cases_for(entry.name)) or "tests of its own part"
        yield f"| `{entry.name}` | {entry.summary} | {cases} | {_hunted(known[entry.name])} |"


def _measured(done: Detection, planted: int) -> Iterable[str]:
    """Say what the hunts that were kept came to; nothing is claimed of others."""
    if done.seeds_p50 is None or done.seeds_p90 is None:
        yield "No hunt was kept, so no share found is claimed here."
        return
    limit = max(hunt.limit for hunt in done.hunted)
    found = [hunt.seeds for hunt in done.hunted if hunt.seeds is not None]
    soon = sum(seeds <= SOON for seeds in found)
    yield f"Hunted: {len(done.hunted)} of {planted}, with up to {limit} seeds each. Found: {len(found)},"
    yield f"{soon} of them within {SOON} seeds; the median took {done.seeds_p50:g}, the 90th percentile"
    yield f"{done.seeds_p90:g}. Each row names the code that it was measured with, as"
    yield "`alyslab chaos catalogue --keep docs/hunts.json` wrote it down; measure again after a change."
    yield f"Runs with nothing planted, over all cases in turn: {done.clean.runs}; false alarms:"
    yield f"{len(done.clean.alarms)} ({'; '.join(alarm['case'] for alarm in done.clean.alarms) or 'none'})."


def _hunted(hunt: Hunt | None) -> str:
    if hunt is None:
        return "not measured | |"
    seeds = hunt.seeds if hunt.seeds is not None else hunt.outcome
    return f"{seeds} | {'; '.join(hunt.checks)} | `{hunt.version}`"
