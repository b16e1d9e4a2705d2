"""What is wrong with one entry of a plan for a system: what can act on it, and on whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from alyslab.chaos.entry_problems import lists
from alyslab.chaos.faults import FAULTS
from alyslab.errors import Problem
from alyslab.wording import listed, meant

if TYPE_CHECKING:
    from alyslab.chaos.plan import Entry
    from alyslab.chaos.system import SystemSpec


def support_problems(entry: Entry, spec: SystemSpec, where: str, place: str) -> Iterable[Problem]:
    """Yield a fault that can't act on the system, and choices that it is not made for."""
    if entry.fault in FAULTS and entry.fault not in spec.faults:
        what, allowed = f"{entry.fault} can't act on the system {spec.name}", listed(spec.faults)
        yield Problem(where=where, key=f"{place}.fault", what=what, value=entry.fault, allowed=allowed)
    for name, value in entry.parameters.items():
        if value in spec.without.get(f"{entry.fault}.{name}", ()):
            what = f"{entry.fault} with {name} {value} can't act on the system {spec.name}"
            yield Problem(where=where, key=f"{place}.parameters.{name}", what=what, value=value)


def member_problems(
    entry: Entry, spec: SystemSpec, members: tuple[str, ...], where: str, place: str
) -> Iterable[Problem]:
    """Yield members that do not exist, and selections that select nobody."""
    named = [*entry.target.names, *(name for list_ in entry.parameters.values() for name in _names(list_))]
    for name in dict.fromkeys(named):
        if name not in members:
            what, allowed = f"no member is named {name!r}", meant(name, dict.fromkeys(members))
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


def byzantine_problems(
    entry: Entry, members: tuple[str, ...], cheats: tuple[str, ...], where: str, place: str
) -> Iterable[Problem]:
    """Yield attacks with more members than can misbehave, and members that can't."""
    fault = FAULTS.get(entry.fault)
    if fault is None or fault.family != "byzantine":
        return
    size = entry.target.size(len(members)) or 0
    if entry.target.select != "named" and size > len(cheats) > 0:
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


def damage_problems(
    entry: Entry, spec: SystemSpec, members: tuple[str, ...], where: str, place: str
) -> Iterable[Problem]:
    """Yield faults that destroy more than a plan may that is to be recoverable."""
    fault = FAULTS.get(entry.fault)
    lost = entry.fault == "process.crash" and entry.parameters.get("state") == "lost"
    if fault is None or not (fault.destroys or lost):
        return
    size, most = entry.target.size(len(members)), spec.bears(len(members))
    if size is None or size > most:
        hit = "an unknown number" if size is None else str(size)
        yield Problem(
            where=where,
            key=f"{place}.target",
            what=f"{entry.fault} destroys durable data of {hit} of {len(members)} members",
            value=entry.target.select,
            allowed=f"at most {most}, or a plan with recoverable: false",
        )


def _names(value: object) -> list[str]:
    return [name for group in lists(value) for name in group]
