"""When a cheat acts: its schedule, what triggers it, and how it hides.

A cheat behaves like an honest member until all of them allow it to act; each
chance that it then takes is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from alyslab.chaos.noticing import signs_of
from alyslab.model.aura import author_index

if TYPE_CHECKING:
    from random import Random

    from alyslab.harnesses.consensus.world import World

BURST_S: Final = 10.0
REST_S: Final = 15.0
"""A cheat by bursts acts so long, and rests so long."""
HIDING_S: Final = 12.0
"""Most that a cheat who delays waits from one act to the next, in s: the mean of a turn and a half."""
MIMICS_RATIO: Final = 0.7
"""Share of the chances that a cheat who behaves like the others lets pass.

Source: testing-framework-guide.md, Phase 5: normal messages are mixed in with chance 0.3; here it is
the other way round, since a message more or less hides nobody, and an act less does.
"""
LOW_S: Final = 20.0
"""How long an adaptive cheat does nothing once it was noticed, in s."""


class Timing:
    """The moments at which one entry's members act.

    Parameters
    ----------
    world
        The federation.
    behaviour
        Name of the fault without its family.
    options
        ``activity_ratio``, ``schedule``, ``trigger`` and ``evasion``, as the fault has them.
    random
        The entry's own stream; draws one number or two a chance.
    """

    def __init__(self, world: World, behaviour: str, options: Mapping[str, Any], random: Random) -> None:
        self._world = world
        self._behaviour = behaviour
        self._ratio = float(options.get("activity_ratio", 1.0))
        self._schedule = str(options.get("schedule", "always"))
        self._trigger = _TRIGGERS[str(options.get("trigger", "at_once"))]
        self._evasion = str(options.get("evasion", "none"))
        self._random = random
        self._began_ns = self._looked_ns = world.runtime.now_ns
        self._not_before_ns = 0
        self.acts = 0
        """Chances taken."""

    def take(self, member: str) -> bool:
        """Return whether the member takes this chance to misbehave; one that is taken is counted."""
        taken = self._allowed(member) and self._random.random() < self._ratio
        if taken:
            self.acts += 1
            if self._evasion == "random_delay":
                self._wait(self._random.uniform(0, HIDING_S))
        return taken

    def give_back(self) -> None:
        """Say that the chance last taken came to nothing, as when there is no block to spoil yet."""
        self.acts -= 1

    def _allowed(self, member: str) -> bool:
        now_ns = self._world.runtime.now_ns
        if not self._scheduled(now_ns) or not self._trigger(self._world, member):
            return False
        if self._evasion == "adaptive" and self._noticed():
            self._wait(LOW_S)
        if now_ns < self._not_before_ns:
            return False
        return self._evasion != "mimicry" or self._random.random() >= MIMICS_RATIO

    def _scheduled(self, now_ns: int) -> bool:
        if self._schedule == "once":
            return self.acts == 0
        into_s = (now_ns - self._began_ns) / 1e9 % (BURST_S + REST_S)
        return self._schedule == "always" or into_s < BURST_S

    def _wait(self, seconds: float) -> None:
        self._not_before_ns = self._world.runtime.now_ns + round(seconds * 1e9)

    def _noticed(self) -> bool:
        """Return whether honest nodes wrote anew what shows the cheat, who knows all that they know."""
        since_ns, self._looked_ns = self._looked_ns, self._world.runtime.now_ns
        return any(signs_of(self._world.runtime.journal, f"byzantine.{self._behaviour}", since_ns))


def _at_once(world: World, member: str) -> bool:  # noqa: ARG001 - every trigger is asked alike
    return True


def _own_turn(world: World, member: str) -> bool:
    """Return whether the present slot or the next is the member's."""
    slot_ns = world.spec.slot_ms * 1_000_000
    slot = (world.around.epoch_ms * 1_000_000 + world.runtime.now_ns) // slot_ns
    return member in {world.around.authors[author_index(world.spec, each)] for each in (slot, slot + 1)}


def _weakened(world: World, member: str) -> bool:
    """Return whether a peer of the member's is gone, and the others are fewer than they should be."""
    life = world.around.lives.get(member)
    there = world.network.endpoint(world.node(member)).peers()
    return life is not None and any(name not in there for name in life.peers)


def _after_work(world: World, member: str) -> bool:
    """Return whether work that the member knows of waits for a block: something is about to be final."""
    life = world.around.lives.get(member)
    work = None if life is None else life.work.queued
    if life is None or work is None or not life.awake:
        return False
    end = life.chain.height_of(work.range_end)
    return end is not None and end > life.chain.pow.finalised_height


_TRIGGERS: Final[Mapping[str, Callable[[World, str], bool]]] = {
    "at_once": _at_once,
    "own_turn": _own_turn,
    "weakened": _weakened,
    "after_work": _after_work,
}
"""What a cheat waits for; it judges by what its own node knows."""
