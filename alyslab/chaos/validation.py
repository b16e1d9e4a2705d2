"""Everything that can be wrong with a plan, found before anything starts.

First against the vocabulary alone, then against the system and the back end
that it is to run on.  Each function returns problems and raises nothing, so
that the caller can show all of them at once.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import TYPE_CHECKING

from alyslab.chaos.backend import BACK_ENDS
from alyslab.chaos.entry_problems import lists, parameter_problems, target_problems, time_problems
from alyslab.chaos.faults import FAULTS
from alyslab.errors import Problem

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
                    allowed=_nearest(entry.fault, FAULTS),
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
    problems = [*_back_end_problems(plan, where, back_end), *_option_problems(plan, spec, where)]
    if any(problem.key and problem.key.startswith(("options", "system")) for problem in problems):
        return problems  # without right options there are no members to look for
    if plan.phases.steady_s <= spec.signals.window_s:
        what = "there is no telling whether the system served before any fault"
        allowed = f"above {spec.signals.window_s:g} s, the window of {spec.name}"
        value = plan.phases.steady_s
        problems.append(Problem(where=where, key="phases.steady_s", what=what, value=value, allowed=allowed))
    options = spec.resolved(plan.options)
    members, cheats = spec.members(options), spec.byzantine(options)
    for number, entry in enumerate(plan.entries):
        place = f"entries[{number}]"
        problems += _support_problems(entry, spec, where, place)
        problems += _member_problems(entry, spec, members, where, place)
        problems += _byzantine_problems(entry, members, cheats, where, place)
        problems += _damage_problems(plan, entry, members, where, place)
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


def _option_problems(plan: Plan, spec: SystemSpec, where: str) -> list[Problem]:
    problems = []
    for name, value in plan.options.items():
        key, expected = f"options.{name}", spec.options.get(name)
        if expected is None:
            what, allowed = f"{spec.name} has no such option", _nearest(name, spec.options)
            problems.append(Problem(where=where, key=key, what=what, value=value, allowed=allowed))
        elif type(value) is not type(expected) and not (type(expected) is float and type(value) is int):
            what, allowed = f"is {type(value).__name__}", f"{type(expected).__name__}, such as {expected!r}"
            problems.append(Problem(where=where, key=key, what=what, value=value, allowed=allowed))
        elif name in spec.least and not spec.least[name] <= value <= 10_000:  # type: ignore[operator]
            allowed = f"{spec.least[name]} to 10000"
            problems.append(Problem(where=where, key=key, what="out of range", value=value, allowed=allowed))
    if plan.system is not None and plan.system != spec.name:
        what = f"the plan is for {plan.system!r}"
        problems.append(Problem(where=where, key="system", what=what, value=spec.name, allowed=plan.system))
    return problems


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
            allowed=_sorted(able),
        )
        for number, entry in enumerate(plan.entries)
        if entry.fault in FAULTS and entry.fault not in able
    ]


def _support_problems(entry: Entry, spec: SystemSpec, where: str, place: str) -> Iterable[Problem]:
    if entry.fault in FAULTS and entry.fault not in spec.faults:
        what, allowed = f"{entry.fault} can't act on the system {spec.name}", _sorted(spec.faults)
        yield Problem(where=where, key=f"{place}.fault", what=what, value=entry.fault, allowed=allowed)
    for name, value in entry.parameters.items():
        if value in spec.without.get(f"{entry.fault}.{name}", ()):
            what = f"{entry.fault} with {name} {value} can't act on the system {spec.name}"
            yield Problem(where=where, key=f"{place}.parameters.{name}", what=what, value=value)


def _member_problems(
    entry: Entry, spec: SystemSpec, members: tuple[str, ...], where: str, place: str
) -> Iterable[Problem]:
    named = [*entry.target.names, *(name for list_ in entry.parameters.values() for name in _names(list_))]
    for name in dict.fromkeys(named):
        if name not in members:
            what, allowed = f"no member is named {name!r}", _nearest(name, dict.fromkeys(members))
            yield Problem(where=where, key=f"{place}.target", what=what, value=name, allowed=allowed)
    if entry.target.select == "primaries" and not spec.has_primaries:
        what = f"nobody leads in the system {spec.name}"
        yield Problem(where=where, key=f"{place}.target.select", what=what, value="primaries")
    if (entry.target.count or 0) > len(members):
        what, allowed = f"there are {len(members)} members", f"1 to {len(members)}"
        value = entry.target.count
        yield Problem(where=where, key=f"{place}.target.count", what=what, value=value, allowed=allowed)
    if entry.target.size(len(members)) == 0 and entry.target.select != "named":
        what = f"{entry.target.select} of {len(members)} members is nobody"
        yield Problem(where=where, key=f"{place}.target.select", what=what, value=entry.target.select)


def _byzantine_problems(
    entry: Entry, members: tuple[str, ...], cheats: tuple[str, ...], where: str, place: str
) -> Iterable[Problem]:
    fault = FAULTS.get(entry.fault)
    if fault is None or fault.family != "byzantine":
        return
    size = entry.target.size(len(members)) or 0
    if entry.target.select != "named" and size > len(cheats):
        what = f"{size} members are to misbehave, and {len(cheats)} exist that can"
        yield Problem(
            where=where, key=f"{place}.target", what=what, value=size, allowed=f"1 to {len(cheats)}"
        )
    keys = fault.resolve(entry.intensity, entry.parameters).get("keys", 0)
    if isinstance(keys, int) and keys > len(cheats) - size >= 0:
        what, allowed = f"{keys} keys besides {size} victims", f"0 to {len(cheats) - size}"
        yield Problem(where=where, key=f"{place}.parameters.keys", what=what, value=keys, allowed=allowed)
    for name in entry.target.names:
        if name in members and name not in cheats:
            what, allowed = (
                f"{name} has no role in which it could misbehave",
                ", ".join(cheats) or "nobody has",
            )
            yield Problem(where=where, key=f"{place}.target.names", what=what, value=name, allowed=allowed)


def _damage_problems(
    plan: Plan, entry: Entry, members: tuple[str, ...], where: str, place: str
) -> Iterable[Problem]:
    fault = FAULTS.get(entry.fault)
    lost = entry.fault == "process.crash" and entry.parameters.get("state") == "lost"
    if fault is None or not plan.recoverable or not (fault.destroys or lost):
        return
    size = entry.target.size(len(members))
    if size is None or 2 * size >= len(members):
        hit = "an unknown number" if size is None else str(size)
        yield Problem(
            where=where,
            key=f"{place}.target",
            what=f"{entry.fault} destroys durable data of {hit} of {len(members)} members",
            value=entry.target.select,
            allowed="fewer than half of the members, or a plan with recoverable: false",
        )


def _names(value: object) -> list[str]:
    return [name for group in lists(value) for name in group]


def _nearest(name: str, known: Mapping[str, object] | Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]}?" if near else f"one of {', '.join(known)}"


def _sorted(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
