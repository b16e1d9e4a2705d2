"""A node's lives: its process ends when its disk fails it, and is started again, as by an init system.

A process that can't write what it must keep before it speaks, or can't read
what it kept, is of no use to anybody; going on with what is in memory would let
it sign what a crash makes it forget.  What was written stays, the connections
break, and the next life begins with what the disk then tells.

V1 ends its process at a storage error too; how soon an operator's machine
starts it again is the laboratory's number.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Final

from alyslab.harnesses.consensus.process import Process

if TYPE_CHECKING:
    from alyslab.harnesses.consensus.member import Member, Surroundings
    from alyslab.runtime import Node

WAIT_FIRST_S: Final = 1.0
WAIT_MOST_S: Final = 8.0
"""Before the next life, doubling with each that ended soon."""
SOON_S: Final = 30.0


def boot_of(
    member: Member, around: Surroundings, peers: Sequence[str]
) -> Callable[[Node], Coroutine[Any, Any, None]]:
    """Return the boot function of the member's node; it should be connected to these peers."""

    async def boot(node: Node) -> None:
        endpoint, wait_s = around.network.endpoint(node), WAIT_FIRST_S
        while True:
            began_s = node.clock.time()
            process = Process(member, around, node, peers)
            cause = await process.run()
            if node.clock.time() - began_s > SOON_S:
                wait_s = WAIT_FIRST_S
            height = process.core.ledger.height if process.core.awake else -1
            around.rows.stopped(member.name, height, cause, round(wait_s * 1_000))
            endpoint.node_crashed()
            # Nobody listens meanwhile: who knocks is turned away.
            endpoint.on_message(lambda message: endpoint.reset(message.sender))
            await node.sleep(wait_s)
            wait_s = min(2 * wait_s, WAIT_MOST_S)

    return boot
