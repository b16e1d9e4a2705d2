"""One hand that speaks under many names: machines that nobody knows, with the keys of a few members.

In a slot of a member whose key it has, the crowd shows nodes a second block,
and votes for it with every name: the member's own vote, and votes in the names
of all others, which nobody has signed.  Each name says so little that it keeps
its score.  Votes are counted by key, so no number of names makes a quorum; a
node that counted messages would import the block.

Source: Douceur, "The Sybil attack" (2002).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from alyslab.model import production
from alyslab.model.aura import author_index, slot_start_ms
from alyslab.model.candidates import Approval
from alyslab.model.errors import ModelError

if TYPE_CHECKING:
    from alyslab.harnesses.consensus.adversary.coalition import Coalition

LOOK_S: Final = 0.1


class Crowd:
    """The names of one coalition.

    Parameters
    ----------
    coalition
        Whose keys the crowd has.
    chance
        Asked in each slot of a member whether the crowd speaks; it counts what is taken.
    names
        How many machines there are.
    """

    def __init__(self, coalition: Coalition, chance: Callable[[str], bool], *, names: int) -> None:
        self._coalition = coalition
        self._chance = chance
        world = coalition.world
        self._random = world.runtime.random(f"adversary.crowd:{coalition.name}")
        self.names = tuple(f"stranger-{coalition.name}-{number}" for number in range(names))
        for name in self.names:
            world.machine(name)
            world.network.shape(name, None, delay_ms=1.0, jitter_ms=0.0)
        self._slot = -1

    async def run(self) -> None:
        """Speak in every slot of the members, until cancelled."""
        coalition = self._coalition
        while True:
            slot = coalition.slot
            author = coalition.world.around.authors[author_index(coalition.world.spec, slot)]
            if slot != self._slot and author in coalition.members and coalition.honest:
                self._slot = slot
                if self._chance(author):
                    self._speak(slot)
            await asyncio.sleep(LOOK_S)

    def stop(self) -> None:
        """Take the names away."""
        world = self._coalition.world
        for name in self.names:
            endpoint = world.network.endpoint(world.node(name))
            for peer in endpoint.peers():
                endpoint.disconnect(peer)

    def _speak(self, slot: int) -> None:
        """Show every honest node a second block of the slot, with every name's votes for it."""
        coalition = self._coalition
        world, honest = coalition.world, coalition.honest
        chain = coalition.core(honest[0]).chain
        stamp_s = max(-(-slot_start_ms(world.spec, slot) // 1_000), chain.head.block.payload.timestamp_s + 1)
        try:
            block, _ = production.build(chain, slot=slot, timestamp_s=stamp_s + 2)
        except ModelError:
            return
        root = block.root
        proposal = coalition.sign(block, [author_index(world.spec, slot)], root)
        votes = [coalition.vote(member, root, slot) for member in coalition.members]
        strangers = [
            authority for authority in range(len(world.spec.authorities)) if authority not in coalition.keys
        ]
        for number, name in enumerate(self.names):
            for peer in honest:
                world.network.join(name, peer)
            coalition.say(name, honest, "block", proposal, root)
            for vote in votes:
                coalition.say(name, honest, "approval", vote, root)
            if strangers:
                forged = Approval(root, strangers[number % len(strangers)], self._random.randbytes(96))
                coalition.say(name, honest, "approval", forged, root)
