"""The pages of the documentation that are made from the code: the faults, and the planted bugs."""

from __future__ import annotations

from collections.abc import Iterable

from alyslab.chaos.attack_reference import attack_lines
from alyslab.chaos.bug_reference import bug_lines
from alyslab.chaos.byzantine import COMMON
from alyslab.chaos.detection import Detection
from alyslab.chaos.faults import FAULTS
from alyslab.chaos.systems import SYSTEMS, system_named
from alyslab.chaos.vocabulary import Parameter

HEAD = (
    "<!-- Made from the code by `alyslab chaos reference --hunts docs/hunts.json --blind docs/blind.json`; "
    "edit the code, then run `make docs`. -->"
)


def render(tuned: Detection, blind: Detection) -> str:
    """Return the page: systems, faults with their parameters, planted bugs with how soon they were found.

    Raises
    ------
    BadInputError
        If the blind hunt went over seeds of the tuned one.
    """
    return "\n".join([*_systems(), "", *_faults(), "", *attack_lines(), "", *bug_lines(tuned, blind), ""])


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
