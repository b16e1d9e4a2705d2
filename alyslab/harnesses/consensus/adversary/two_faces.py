"""Consensus manipulated: two halves of the honest nodes are brought to agree on two different chains.

The coalition asks every node where it stands, divides the honest ones into two
sides, and (where it can) cuts the sides off from each other.  In its own slots
it proposes a block for each side, on that side's head, and it approves
whatever either side writes, to that side alone.

An honest node signs once in a slot, so each side needs ⌈2n/3⌉ signatures of its
own: two sides get them at once only with ``2⌈2n/3⌉ - n`` members or more in the
coalition.

Source: Dwork, Lynch and Stockmeyer, "Consensus in the presence of partial
synchrony" (1988), theorem 4.4: with a third and more two halves can be led apart.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from alyslab.errors import AlyslabError
from alyslab.harnesses.consensus.adversary.coalition import Coalition
from alyslab.harnesses.consensus.wire import Proposal
from alyslab.harnesses.network.rules import PASS, Decision, Drop, Rule
from alyslab.harnesses.sync import protocol
from alyslab.harnesses.sync.errors import ProtocolError
from alyslab.model import production
from alyslab.model.aura import author_index, slot_start_ms
from alyslab.model.errors import ModelError

if TYPE_CHECKING:
    from alyslab.harnesses.network.message import Message

LOOK_S: Final = 0.1
"""How often the coalition looks what is new."""
PATIENCE_S: Final = 1.0
"""Wait for a node's answer about where it stands."""


class TwoFaces:
    """The manipulation by one coalition.

    Parameters
    ----------
    coalition
        Who does it.
    chance
        Asked at each of its slots whether it proposes two blocks now; it counts what is taken.
    cut
        Whether the network is manipulated too, so that the sides hear only the coalition.
    """

    def __init__(self, coalition: Coalition, chance: Callable[[str], bool], *, cut: bool) -> None:
        self._coalition = coalition
        self._chance = chance
        self._cut = cut
        self._sides: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
        self._rules: list[Rule] = []
        self._heard: deque[tuple[int, Proposal]] = deque()
        self._voted: set[tuple[int, bytes]] = set()
        self._slot = -1

    async def run(self) -> None:
        """Look around, divide, and lead the sides apart until cancelled."""
        await self._gather()
        self._divide()
        while True:
            self._propose()
            while self._heard:
                self._vote(*self._heard.popleft())
            await asyncio.sleep(LOOK_S)

    def stop(self) -> None:
        """Let the members be honest again, and the network whole."""
        self._coalition.world.network.rules.remove(*self._rules)
        self._rules = []

    async def _gather(self) -> None:
        """Ask every honest node for its status, over the network like anybody else."""
        coalition = self._coalition
        world = coalition.world
        gathered = world.runtime.journal.recorder(
            "adversary.gathered", "peer", "height", "root", "finalised_height"
        )
        for name in coalition.honest:
            for member in coalition.speakers[:1]:
                endpoint = world.network.endpoint(world.node(member))
                try:
                    answer = await endpoint.request(name, protocol.STATUS, b"", timeout_s=PATIENCE_S)
                    status = protocol.read_status(answer)
                except (AlyslabError, ProtocolError):
                    continue  # it is cut off or down: nothing is known of it
                gathered(member, name, status.height, status.root.hex(), status.finalised_height)

    def _divide(self) -> None:
        """Make two sides of the honest nodes, voters dealt out evenly, and install what keeps them apart."""
        coalition = self._coalition
        world = coalition.world
        honest = [name for name in world.names if name not in coalition.members]
        voters = [name for name in honest if name in world.around.authors]
        order = voters + [name for name in honest if name not in voters]
        one, other = tuple(order[::2]), tuple(order[1::2])
        self._sides = (one, other)
        world.runtime.journal.record(
            "adversary.sides", coalition.name, one=" ".join(one), other=" ".join(other), cut=self._cut
        )
        self._rules = [Rule(name=f"{coalition.name}/ears", decide=self._overhear), coalition.silence()]
        if self._cut and one and other:
            self._rules += [
                Rule(name=f"{coalition.name}/cut", verdict=Drop(), senders=one, receivers=other),
                Rule(name=f"{coalition.name}/back", verdict=Drop(), senders=other, receivers=one),
            ]
        world.network.rules.install(*self._rules)

    def _overhear(self, message: Message) -> Decision:
        """Take note of every block that an honest node sends to a member."""
        coalition = self._coalition
        codec = coalition.world.around.codec
        if message.receiver in coalition.members and message.topic == codec.topics["block"]:
            _, body = codec.decode(message.topic, message.payload)
            for side, names in enumerate(self._sides):
                if message.sender in names and isinstance(body, Proposal):
                    self._heard.append((side, body))
        return PASS

    def _vote(self, side: int, proposal: Proposal) -> None:
        """Let every member approve a side's block, as that side alone hears."""
        if (side, proposal.root) in self._voted:
            return
        self._voted.add((side, proposal.root))
        slot = proposal.signed.block.slot
        for member in self._coalition.speakers:
            approval = self._coalition.vote(member, proposal.root, slot)
            self._coalition.say(member, self._sides[side], "approval", approval, proposal.root)

    def _propose(self) -> None:
        """In a slot of the coalition, write a block for each side on its own head."""
        coalition = self._coalition
        slot, world = coalition.slot, coalition.world
        if slot == self._slot:
            return
        self._slot = slot
        author = world.around.authors[author_index(world.spec, slot)]
        if author not in coalition.speakers or not self._chance(author):
            return
        for side, names in enumerate(self._sides):
            up = [name for name in names if coalition.runs(name)]
            if not up:
                continue
            # The highest of a side leads it; where two are equal the first does.
            chain = max((coalition.core(name).chain for name in up), key=lambda chain: chain.height)
            stamp_s = max(
                -(-slot_start_ms(world.spec, slot) // 1_000), chain.head.block.payload.timestamp_s + 1
            )
            try:
                block, _ = production.build(chain, slot=slot, timestamp_s=stamp_s + side)
            except ModelError:
                continue  # payments are due that the coalition alone can't make
            root = block.root
            signed = coalition.sign(block, [author_index(world.spec, slot)], root)
            coalition.say(author, names, "block", signed, root)
            self._vote(side, Proposal(signed, root, root.hex()))
