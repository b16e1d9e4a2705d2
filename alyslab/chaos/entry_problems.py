"""What is wrong with one entry of a plan, whatever the system: its times, parameters and target."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from alyslab.errors import Problem

if TYPE_CHECKING:
    from alyslab.chaos.plan import Entry, Plan
    from alyslab.chaos.vocabulary import Fault


def time_problems(plan: Plan, entry: Entry, fault: Fault | None, where: str, place: str) -> Iterable[Problem]:
    """Yield what is wrong with when an entry begins and ends."""
    length_s = plan.phases.faults_s
    if entry.start_s >= length_s:
        what, allowed = "begins when the phase of faults is over", f"below {length_s:g} s"
        yield Problem(where=where, key=f"{place}.start_s", what=what, value=entry.start_s, allowed=allowed)
    if fault is not None and fault.instant:
        if entry.end_s is not None:
            what = f"{fault.name} happens at once and has no end"
            yield Problem(where=where, key=f"{place}.end_s", what=what, value=entry.end_s, allowed="no end_s")
        return
    end_s = plan.end_s(entry)
    if end_s <= entry.start_s and entry.end_s is not None:
        what, allowed = "ends before it begins", f"above start_s, {entry.start_s:g} s"
        yield Problem(where=where, key=f"{place}.end_s", what=what, value=end_s, allowed=allowed)
    elif end_s > length_s:
        what, allowed = "ends after the phase of faults", f"at most {length_s:g} s"
        yield Problem(where=where, key=f"{place}.end_s", what=what, value=end_s, allowed=allowed)
    if entry.heal == "never" and fault is not None and not fault.may_stay:
        what = f"{fault.name} can't stay"
        yield Problem(where=where, key=f"{place}.heal", what=what, value=entry.heal, allowed="end or quiet")


def parameter_problems(entry: Entry, fault: Fault, where: str, place: str) -> Iterable[Problem]:
    """Yield the parameters that its fault lacks, or that are out of range."""
    known = {parameter.name: parameter for parameter in fault.parameters}
    for name, value in entry.parameters.items():
        key = f"{place}.parameters.{name}"
        if name not in known:
            what, names = f"{fault.name} has no such parameter", ", ".join(known) or "it has none"
            yield Problem(where=where, key=key, what=what, value=value, allowed=names)
        elif (allowed := known[name].refuses(value)) is not None:
            yield Problem(where=where, key=key, what="out of range", value=value, allowed=allowed)
    if fault.needs and not entry.parameters.get(fault.needs):
        what = f"{fault.name} needs {fault.needs}"
        yield Problem(where=where, key=f"{place}.parameters", what=what, allowed=f"{fault.needs}: [[…], …]")
    if fault.name == "network.matrix" and any(len(pair) != 2 for pair in lists(entry.parameters.get("cuts"))):
        what = "a cut is a pair"
        yield Problem(where=where, key=f"{place}.parameters.cuts", what=what, allowed="[sender, receiver]")
    groups = [name for group in lists(entry.parameters.get("groups")) for name in group]
    if fault.name == "network.groups" and len(set(map(str, groups))) != len(groups):
        what = "a member is in two groups"
        yield Problem(where=where, key=f"{place}.parameters.groups", what=what, value=groups)


def target_problems(entry: Entry, where: str, place: str) -> Iterable[Problem]:
    """Yield what contradicts itself in a target."""
    target = entry.target
    if target.select == "named" and not target.names:
        yield Problem(where=where, key=f"{place}.target.names", what="nobody is named")
    if target.select != "named" and target.names:
        what = f"names are for named, not for {target.select}"
        yield Problem(where=where, key=f"{place}.target.names", what=what, value=target.names)
    if target.select != "random" and target.count is not None:
        what = f"a count is for random, not for {target.select}"
        yield Problem(where=where, key=f"{place}.target.count", what=what, value=target.count)
    if len(set(target.names)) != len(target.names):
        what = "a member is named twice"
        yield Problem(where=where, key=f"{place}.target.names", what=what, value=target.names)


def lists(value: object) -> list[list[Any]]:
    """Return the lists in the value of a parameter; none for anything else."""
    return [group for group in value if isinstance(group, list)] if isinstance(value, list) else []
