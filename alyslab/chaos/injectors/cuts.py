"""Faults of the network that cut who reaches whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from alyslab.chaos.injection import Field, Heal, Injection

Pairs = Iterable[tuple[Iterable[str], Iterable[str]]]


def _cut(pairs: Callable[[Field, Injection], Pairs]) -> Callable[[Field, Injection], Heal]:
    """Return an injector that cuts the pairs of groups, both ways or one, that a function names."""

    def inject(field: Field, injection: Injection) -> Heal:
        entry = injection.entry.id
        found = [(tuple(here), tuple(there)) for here, there in pairs(field, injection)]
        field.wires.cut(entry, *((here, there) for here, there in found if here and there))
        return lambda: field.wires.restore(entry)

    return inject


def _partition(field: Field, injection: Injection) -> Pairs:
    others = field.wires.others(injection.targets)
    return [(injection.targets, others), (others, injection.targets)]


def _groups(_: Field, injection: Injection) -> Pairs:
    groups = _lists(injection, "groups")
    return [(one, other) for one in groups for other in groups if one is not other]


def _matrix(_: Field, injection: Injection) -> Pairs:
    return [([sender], [receiver]) for sender, receiver in _lists(injection, "cuts")]


def _one_way(field: Field, injection: Injection) -> Pairs:
    others = field.wires.others(injection.targets)
    inward = injection.text("direction") == "in"
    return [(others, injection.targets) if inward else (injection.targets, others)]


def _bridge(field: Field, injection: Injection) -> Pairs:
    others = list(field.wires.others(injection.targets))
    injection.random.shuffle(others)
    one, other = others[: len(others) // 2], others[len(others) // 2 :]
    return [(one, other), (other, one)]


def _ring(field: Field, injection: Injection) -> Pairs:
    """Let each member hear the majority that begins with itself, in a drawn circle."""
    circle = list(field.wires.members)
    injection.random.shuffle(circle)
    reach = (len(circle) // 2 + 1) // 2
    pairs = []
    for place, member in enumerate(circle):
        near = {circle[(place + step) % len(circle)] for step in range(-reach, reach + 1)}
        pairs.append(([member], [name for name in circle if name not in near]))
    return pairs


def _isolate(field: Field, injection: Injection) -> Pairs:
    everybody = field.wires.members
    for member in injection.targets:
        rest = [name for name in everybody if name != member]
        yield [member], rest
        yield rest, [member]


def _lists(injection: Injection, name: str) -> list[list[str]]:
    value = injection.values[name]
    return [list(group) for group in value] if isinstance(value, list) else []


CUTS: Final[Mapping[str, Callable[[Field, Injection], Heal]]] = MappingProxyType(
    {
        "network.partition": _cut(_partition),
        "network.groups": _cut(_groups),
        "network.matrix": _cut(_matrix),
        "network.one_way": _cut(_one_way),
        "network.bridge": _cut(_bridge),
        "network.majorities_ring": _cut(_ring),
        "network.isolate": _cut(_isolate),
    }
)
"""The injectors of cuts by fault."""
