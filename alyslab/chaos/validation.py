"""Everything that can be wrong with a plan, found before anything starts.

First against the vocabulary alone, then against the system and the back end
that it is to run on.  Each function returns problems and raises nothing, so
that the caller can show all of them at once.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from alyslab.chaos.backend import BACK_ENDS
from alyslab.chaos.entry_problems import parameter_problems, target_problems, time_problems
from alyslab.chaos.faults import FAULTS
from alyslab.chaos.member_problems import (
    byzantine_problems,
    damage_problems,
    member_problems,
    support_problems,
)
from alyslab.chaos.option_problems import option_problems
from alyslab.errors import Problem
from alyslab.wording import listed, meant

if TYPE_CHECKING:
    from alyslab.chaos.plan import Entry, Plan
    from alyslab.chaos.system import SystemSpec
    from alyslab.chaos.vocabulary import Fault


def all_problems(
    plan: Plan, system: str | None, where: str = "plan", *, back_end: str = "simulation"
) -> list[Problem]:
    """Return everything that is wrong with a plan for a system, which the plan may name itself."""
    from alyslab.chaos.systems import SYSTEMS, system_named

    problems = vocabulary_problems(plan, where)
    name = system or plan.system
    if back_end == "pressure":
        return problems + _back_end_problems(plan, where, back_end)
    if name is None or name not in SYSTEMS:
        what = "no system is named" if name is None else f"no system is named {name!r}"
        allowed = ", ".join(SYSTEMS)
        return [*problems, Problem(where=where, key="system", what=what, value=name, allowed=allowed)]
    return problems + system_problems(plan, system_named(name), where, back_end=back_end)


def vocabulary_problems(plan: Plan, where: str = "plan") -> list[Problem]:
    """Return what is wrong with a plan whatever the system: names, times, parameters, identities."""
    problems = []
    ids: set[str] = set()
    for number, entry in enumerate(plan.entries):
        place = f"entries[{number}]"
        fault = FAULTS.get(entry.fault)
        if entry.id in ids and entry.id:
            what = "two entries have this id"
            problems.append(Problem(where=where, key=f"{place}.id", what=what, value=entry.id))
        ids.add(entry.id)
        problems += time_problems(plan, entry, fault, f"{where}", place)
        if fault is None:
            problems.append(
                Problem(
                    where=where,
                    key=f"{place}.fault",
                    what=f"no fault is named {entry.fault!r}",
                    value=entry.fault,
                    allowed=meant(entry.fault, FAULTS),
                )
            )
        else:
            problems += parameter_problems(entry, fault, where, place)
        problems += target_problems(entry, where, place)
    return problems


def system_problems(
    plan: Plan, spec: SystemSpec, where: str = "plan", *, back_end: str = "simulation"
) -> list[Problem]:
    """Return what is wrong with a plan for this system on this back end."""
    problems = [*_back_end_problems(plan, where, back_end), *option_problems(plan, spec, where)]
    entries = [(f"entries[{number}]", entry) for number, entry in enumerate(plan.entries)]
    wrong = any(problem.key and problem.key.startswith(("options", "system")) for problem in problems)
    for place, entry in entries:
        problems += support_problems(entry, spec, where, place)
    if wrong:
        return problems  # without right options there are no members to look for
    if plan.phases.steady_s <= spec.signals.window_s:
        what = "there is no telling whether the system served before any fault"
        allowed = f"above {spec.signals.window_s:g} s, the window of {spec.name}"
        value = plan.phases.steady_s
        problems.append(Problem(where=where, key="phases.steady_s", what=what, value=value, allowed=allowed))
    options = spec.resolved(plan.options)
    members, cheats = spec.members(options), spec.byzantine(options)
    for place, entry in entries:
        problems += member_problems(entry, spec, members, where, place)
        problems += byzantine_problems(entry, members, cheats, where, place)
        if plan.recoverable:
            problems += damage_problems(entry, spec, members, where, place)
    return problems + contradictions(plan, members, where)


def contradictions(plan: Plan, members: tuple[str, ...], where: str = "plan") -> list[Problem]:
    """Return the pairs of entries that surely meet on one member at one time and can't both be."""
    problems = []
    for (first_at, first), (second_at, second) in combinations(enumerate(plan.entries), 2):
        one, other = FAULTS.get(first.fault), FAULTS.get(second.fault)
        if one is None or other is None or not _clash(one, other):
            continue
        common = sorted(first.target.surely(members) & second.target.surely(members))
        begins, ends = (
            max(first.start_s, second.start_s),
            min(_last_s(plan, first, one), _last_s(plan, second, other)),
        )
        if common and begins < ends:
            problems.append(
                Problem(
                    where=where,
                    key=f"entries[{first_at}] and entries[{second_at}]",
                    what=f"{first.fault} and {second.fault} contradict each other on {', '.join(common)} "
                    f"from {begins:g} to {ends:g} s",
                    value=(first.id, second.id),
                    allowed="one of them, other members, or times that do not overlap",
                )
            )
    return problems


def _clash(one: Fault, other: Fault) -> bool:
    if one.name == other.name:
        return one.alone
    return other.name in one.contradicts or one.name in other.contradicts


def _last_s(plan: Plan, entry: Entry, fault: Fault) -> float:
    if fault.instant:
        return entry.start_s
    return plan.end_s(entry) if entry.heal == "end" else plan.phases.faults_s


def _back_end_problems(plan: Plan, where: str, back_end: str) -> list[Problem]:
    if back_end not in BACK_ENDS:
        what, allowed = f"no back end is named {back_end!r}", ", ".join(BACK_ENDS)
        return [Problem(where=where, key="back_end", what=what, value=back_end, allowed=allowed)]
    able = BACK_ENDS[back_end]
    return [
        Problem(
            where=where,
            key=f"entries[{number}].fault",
            what=f"the back end {back_end} can't do {entry.fault}",
            value=entry.fault,
            allowed=listed(able),
        )
        for number, entry in enumerate(plan.entries)
        if entry.fault in FAULTS and entry.fault not in able
    ]
