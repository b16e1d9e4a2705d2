"""What one cheat makes up: false blocks, false signatures, false answers, and old messages.

Each function acts once and returns whether anything went out.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from alyslab.harnesses.consensus.adversary.branch import Publisher, extended
from alyslab.harnesses.consensus.adversary.coalition import Coalition
from alyslab.model.errors import ModelError

if TYPE_CHECKING:
    from random import Random

    from alyslab.harnesses.consensus.workloads.hostile import Hostile
    from alyslab.harnesses.consensus.world import World
    from alyslab.harnesses.network.message import Message

HEARD_MOST: Final = 256
"""Messages that members who repeat others keep."""


@dataclass(slots=True)
class Stage:
    """What one entry's acts act on."""

    world: World
    hostile: Hostile
    coalition: Coalition
    """Who misbehaves; for an eclipse, whose keys the enemy has."""
    random: Random
    heard: deque[Message] = field(default_factory=lambda: deque(maxlen=HEARD_MOST))
    """What the members got from others, for those who repeat it."""
    publisher: Publisher | None = None

    def up(self) -> list[str]:
        """Return the nodes that are not down."""
        return [name for name in self.world.names if self.world.node(name).state != "crashed"]

    def signed(self, since_ns: int) -> bool:
        """Return whether anything false was signed: there may be no block to spoil, or no final one yet."""
        return any(self.world.runtime.journal.select(kind="adversary.signed", after_ns=since_ns))


async def equivocate(stage: Stage, member: str) -> bool:
    """Sign two blocks for one slot, one of them spoilt: the author, who hears of the first, writes none."""
    since_ns, hostile = stage.world.runtime.now_ns, stage.hostile
    await asyncio.gather(hostile.equivocate(member), hostile.equivocate(member, spoilt=True))
    return stage.signed(since_ns)


async def spoil(stage: Stage, member: str) -> bool:
    """Sign a block whose state root is none."""
    since_ns = stage.world.runtime.now_ns
    await stage.hostile.equivocate(member, spoilt=True)
    return stage.signed(since_ns)


async def forge(stage: Stage, member: str) -> bool:  # noqa: ARG001 - nobody's key is needed for what is forged
    """Send a node votes, a block and payments with signatures that nobody gave."""
    up = stage.up()
    if up:
        name = stage.random.choice(up)
        stage.hostile.forge_approvals(name)
        stage.hostile.forge_the_rest(name)
    return bool(up)


async def lure(stage: Stage, member: str) -> bool:  # noqa: ARG001 - as above
    """Show a node the tip of a false branch, and answer its requests from it."""
    up = stage.up()
    if up:
        stage.hostile.lure(stage.random.choice(up), forged=stage.random.random() < 0.5)
    return stage.signed(stage.world.runtime.now_ns)


async def feed(stage: Stage, member: str) -> bool:
    """Show the victim, who hears nobody else, a branch signed with the keys that the enemy has."""
    coalition = stage.coalition
    if member not in stage.up():
        return False
    if not coalition.members:
        stage.hostile.lure(member, forged=True)
        return stage.signed(stage.world.runtime.now_ns)
    chain = coalition.core(member).chain
    try:
        branch = extended(coalition, chain, chain.height, own_slots_only=True)
    except ModelError:
        return False  # the victim's own chain is none: a planted bug let it in
    if branch:
        stage.publisher = stage.publisher or Publisher(coalition)
        stage.publisher.publish(branch, [member])
    return bool(branch)


async def repeat(stage: Stage, member: str) -> bool:
    """Send a message again that the member got from another, to anybody but itself."""
    heard = [message for message in stage.heard if message.receiver == member]
    node = stage.world.node(member)
    if not heard or node.state != "running":
        return False
    endpoint, message = stage.world.network.endpoint(node), stage.random.choice(heard)
    peers = [name for name in stage.world.names if name in endpoint.connections.open]
    if peers:
        stage.coalition.repeat(member, stage.random.choice(peers), message)
    return bool(peers)


ACTS: Final[Mapping[str, Callable[[Stage, str], Awaitable[bool]]]] = {
    "equivocate": equivocate,
    "invalid_state_root": spoil,
    "forge": forge,
    "false_sync": lure,
    "eclipse": feed,
    "replay": repeat,
}
"""What each behaviour does when it acts."""
