"""What the notebook shows: every property and machine examined, and what was generated meanwhile."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Final

from alyslab.property.examination import Examination
from alyslab.property.examine import examine
from alyslab.property.examine_machine import examine_machine
from alyslab.property.hunt import Hunt, hunt
from alyslab.property.machines import MACHINES
from alyslab.property.properties import PROPERTIES
from alyslab.property.reach import REACH

CASES_LEAST: Final = 3
STEPS: Final = 8
"""Most steps of a machine's example in the notebook."""
PANELS: Final[Mapping[str, tuple[str, str]]] = {
    "chain length (blocks)": ("valid chains are accepted", "blocks"),
    "burns in a chain": ("valid chains are accepted", "burns"),
    "fork depth (blocks)": ("money survives reorganisations", "fork depth"),
    "messages of a scenario": ("messages keep their order", "messages"),
    "crashes of a scenario": ("messages keep their order", "crashes"),
    "fault mix of a sync": ("a sync ends at the source", "fault mix"),
    "hostile peer of a sync": ("a sync ends at the source", "hostile peer"),
    "fault families of a chaos plan": ("chaos plans read back", "fault mix"),
    "loss ratio of a network": ("delivery obeys the network", "loss"),
}
"""Title of a panel to a property and one of its features."""


def examine_all(*, cases: int, seed: int) -> list[Examination]:
    """Examine every property and machine, each for its share of ``cases``, at least three."""

    def share(weight: int) -> int:
        return max(CASES_LEAST, cases // weight)

    found = [examine(one, cases=share(one.weight), seed=seed) for one in PROPERTIES.values()]
    found += [
        examine_machine(one, cases=share(one.weight), steps=STEPS, seed=seed) for one in MACHINES.values()
    ]
    return found


def panels_of(examinations: Iterable[Examination]) -> dict[str, Mapping[Hashable, int]]:
    """Return the distributions that show coverage: chain lengths, fork depths, fault mixes and others."""
    by_name = {one.name: one for one in examinations}
    return {
        title: by_name[name].distribution.get(feature, {})
        for title, (name, feature) in PANELS.items()
        if name in by_name
    }


def hunt_some(*, defects: int, cases: int, seed: int) -> list[Hunt]:
    """Hunt that many of the reachable defects, evenly spread over who finds them; 0 hunts all."""
    names = list(REACH)
    chosen = names if not defects or defects >= len(names) else names[:: -(-len(names) // defects)]
    return [hunt(name, first_seed=seed, cases=cases) for name in chosen]
