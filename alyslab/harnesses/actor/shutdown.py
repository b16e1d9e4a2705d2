"""In which order actors stop: classes from background to critical, and dependants before what they need.

Alys adds 100 per dependency to an actor's number and stops low numbers first,
so an actor with dependencies stops after those it needs (v2 ACT/foundation).
Here a dependency outlasts its dependants, whatever its class.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from alyslab.errors import Problem
from alyslab.harnesses.actor.errors import PolicyError
from alyslab.harnesses.actor.ranges import SECONDS, problems_in
from alyslab.harnesses.actor.spec import ActorSpec

if TYPE_CHECKING:
    from alyslab.harnesses.actor.core import Core


@dataclass(frozen=True, slots=True, kw_only=True)
class ShutdownPolicy:
    """How long a shutdown may take.  Source: alys v2 ACT/foundation (shutdown time limits)."""

    total_limit_s: float = 120.0
    """For all actors together, in s; what is left then is cancelled."""
    actor_limit_s: float = 10.0
    """For one actor to handle what waits and to clean up, in s."""

    def __post_init__(self) -> None:
        problems = problems_in("shutdown policy", self, {"total_limit_s": SECONDS, "actor_limit_s": SECONDS})
        if not problems and self.actor_limit_s > self.total_limit_s:
            what = f"{self.actor_limit_s!r} contradicts total_limit_s"
            allowed = f"above 0, up to {self.total_limit_s:g}"
            problems.append(
                Problem(
                    where="shutdown policy",
                    key="actor_limit_s",
                    what=what,
                    value=self.actor_limit_s,
                    allowed=allowed,
                )
            )
        if problems:
            raise PolicyError(problems)


ALYS_SHUTDOWN: Final = ShutdownPolicy()


def shutdown_order(specs: Iterable[ActorSpec]) -> list[str]:
    """Return the names in the order in which they stop.

    Raises
    ------
    PolicyError
        If actors depend on each other in a circle.
    """
    by_name = {spec.name: spec for spec in specs}
    places = {name: place for place, name in enumerate(by_name)}
    needs = {name: by_name.keys() & set(spec.depends_on) for name, spec in by_name.items()}
    dependants = Counter(needed for found in needs.values() for needed in found)
    # The last started first, among those of a class that nobody left depends on.
    free = [(by_name[name].shutdown, -places[name], name) for name in by_name if not dependants[name]]
    heapq.heapify(free)
    order: list[str] = []
    while free:
        *_, chosen = heapq.heappop(free)
        order.append(chosen)
        for needed in sorted(needs[chosen]):
            dependants[needed] -= 1
            if not dependants[needed]:
                heapq.heappush(free, (by_name[needed].shutdown, -places[needed], needed))
    if len(order) < len(by_name):
        raise _circle(by_name.keys() - order)
    return order


async def stop_in_order(core: Core, policy: ShutdownPolicy) -> None:
    """Stop every actor of a system in order, within the time limits; raises as :func:`shutdown_order`."""
    order = shutdown_order(cell.spec for cell in core.cells.values())
    if core.defects.shutdown_order_reversed:
        order.reverse()
    deadline_ns = core.now_ns + round(policy.total_limit_s * 1e9)
    for name in order:
        left_s = max((deadline_ns - core.now_ns) / 1e9, 1e-9)
        await core.cells[name].stop("shutdown", min(left_s, policy.actor_limit_s))


def _circle(left: Iterable[str]) -> PolicyError:
    return PolicyError(
        Problem(
            where="shutdown order",
            key="depends_on",
            what=f"{', '.join(sorted(left))} depend on each other in a circle",
            allowed="dependencies without a circle",
        )
    )
