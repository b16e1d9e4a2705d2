"""A partition: rules that drop every message from one group of peers to another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from alyslab.errors import Problem
from alyslab.harnesses.network.errors import RuleError
from alyslab.harnesses.network.rule import Drop, Rule


def partition_rules(name: str, groups: Sequence[str | Collection[str]], *, one_way: bool) -> list[Rule]:
    """Return a rule for each direction that is cut, named ``name:i>j`` by the places of its groups.

    A group is a name or several.

    Raises
    ------
    RuleError
        If there are not two groups at least, or somebody is in two of them.
    """
    sides = [(group,) if isinstance(group, str) else group for group in groups]
    _check(f"partition {name!r}", sides)
    return [
        Rule(name=f"{name}:{i}>{j}", verdict=Drop(), senders=here, receivers=there)
        for i, here in enumerate(sides)
        for j, there in enumerate(sides)
        if i != j and (i < j or not one_way)
    ]


def _check(where: str, groups: Sequence[Collection[str]]) -> None:
    if len(groups) < 2:
        what = f"{len(groups)} groups, between which nothing is cut"
        raise RuleError(Problem(where=where, key="groups", what=what, value=len(groups), allowed="2 or more"))
    listed = [peer for group in groups if isinstance(group, Collection) for peer in group]
    times = Counter(peer for peer in listed if isinstance(peer, str))  # Rule refuses what is no name
    shared = [peer for peer, number in times.items() if number > 1]
    if shared:
        what, allowed = f"{', '.join(shared)} would be cut off from itself", "each peer in one group"
        raise RuleError(Problem(where=where, key="groups", what=what, value=shared[0], allowed=allowed))
