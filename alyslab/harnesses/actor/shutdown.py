"""In which order actors stop: classes from background to critical, and dependants before what they need.

Alys adds 100 per dependency to an actor's number and stops low numbers first,
so an actor with dependencies stops after those it needs (v2 ACT/foundation).
Here a dependency outlasts its dependants, whatever its class.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from alyslab.errors import Problem
from alyslab.harnesses.actor.errors import PolicyError
from alyslab.harnesses.actor.spec import ActorSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class ShutdownPolicy:
    """How long a shutdown may take.  Source: alys v2 ACT/foundation (shutdown time limits)."""

    total_limit_s: float = 120.0
    """For all actors together, in s; what is left then is cancelled."""
    actor_limit_s: float = 10.0
    """For one actor to handle what waits and to clean up, in s."""

    def __post_init__(self) -> None:
        if not 0 < self.actor_limit_s <= self.total_limit_s:
            raise PolicyError(
                Problem(
                    where="shutdown policy",
                    key="actor_limit_s",
                    what="contradicts total_limit_s",
                    value=self.actor_limit_s,
                    allowed=f"above 0, up to {self.total_limit_s:g}",
                )
            )


ALYS_SHUTDOWN: Final = ShutdownPolicy()


def shutdown_order(specs: Iterable[ActorSpec]) -> list[str]:
    """Return the names in the order in which they stop.

    Raises
    ------
    PolicyError
        If actors depend on each other in a circle.
    """
    by_name = {spec.name: spec for spec in specs}
    dependants: dict[str, set[str]] = {name: set() for name in by_name}
    for spec in by_name.values():
        for needed in spec.depends_on:
            if needed in dependants:
                dependants[needed].add(spec.name)
    order: list[str] = []
    # The last started first, among those of a class that nobody left depends on.
    left = {name: place for place, name in enumerate(by_name)}
    while left:
        free = [name for name in left if not dependants[name] & left.keys()]
        if not free:
            raise _circle(left)
        chosen = min(free, key=lambda name: (by_name[name].shutdown, -left[name]))
        order.append(chosen)
        del left[chosen]
    return order


def _circle(left: Mapping[str, int]) -> PolicyError:
    return PolicyError(
        Problem(
            where="shutdown order",
            key="depends_on",
            what=f"{', '.join(left)} depend on each other in a circle",
            allowed="dependencies without a circle",
        )
    )
