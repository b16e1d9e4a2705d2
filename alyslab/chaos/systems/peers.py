"""A peer of the plain network: it gossips, asks its neighbours, and keeps its connections open."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from alyslab.harnesses.network.errors import NetworkError
from alyslab.harnesses.network.gossip.study import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alyslab.harnesses.network.endpoint import Endpoint, Message
    from alyslab.harnesses.network.gossip.schedule import Schedule
    from alyslab.harnesses.network.network import Network
    from alyslab.runtime import Node, Runtime

TOPIC: Final = "peer.ask"
ASK_S: Final = 1.0
"""How long a peer waits for an answer, in s; each is asked once, so that a lost one counts as failed."""
DIAL_S: Final = 0.5
"""How often a peer looks for connections that have ended, and how long it waits for one, in s."""
QUESTION: Final = b"are you there?"


class Peer:
    """One peer during one life of its node.

    Parameters
    ----------
    node
        Its machine.
    index
        Its number; the first ``schedule.authorities`` write blocks.
    links
        Its neighbours.
    gossip
        How it passes blocks on, one of :data:`KINDS`.
    interval_s
        Mean pause between two questions, in s.
    """

    def __init__(
        self,
        node: Node,
        *,
        index: int,
        links: Sequence[str],
        network: Network,
        schedule: Schedule,
        runtime: Runtime,
        gossip: str,
        interval_s: float,
    ) -> None:
        self._node = node
        self._links = tuple(links)
        self._interval_s = interval_s
        self._endpoint: Endpoint = network.endpoint(node)
        self._gossiper = KINDS[gossip](
            node, index=index, links=links, network=network, schedule=schedule, runtime=runtime
        )

    async def run(self) -> None:
        """Take part until the node goes down."""
        self._endpoint.on_message(self._answer, topic=TOPIC)
        for peer in self._links:
            self._node.spawn(self._stay_connected(peer), name=f"{self._node.name} to {peer}")
        self._node.spawn(self._ask_around(), name=f"{self._node.name} asks")
        await self._gossiper.run()

    def _answer(self, message: Message) -> None:
        self._endpoint.reply(message, message.payload)

    async def _ask_around(self) -> None:
        random = self._node.random
        while True:
            await self._node.sleep(random.uniform(0.5, 1.5) * self._interval_s)
            peer = random.choice(self._links)
            with suppress(NetworkError):  # the network's own row says how it ended
                await self._endpoint.request(peer, TOPIC, QUESTION, timeout_s=ASK_S)

    async def _stay_connected(self, peer: str) -> None:
        while True:
            if peer not in self._endpoint.connections.open:
                with suppress(NetworkError):  # it is tried again
                    await self._endpoint.connect(peer, timeout_s=DIAL_S)
            await self._node.sleep(DIAL_S)
