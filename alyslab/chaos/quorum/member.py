"""A member: a replica that keeps versions, and a client that reads and writes through a majority.

A write asks a majority for the newest version, then gives a newer one to a
majority; a read gives what it returns to a majority first.  What is
acknowledged is durable.  A member whose disk was damaged answers nobody until
it has heard from a majority of whole ones.

Source: Attiya, Bar-Noy, Dolev, "Sharing Memory Robustly in Message-Passing
Systems", JACM 1995, with two phases for writers as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from alyslab.chaos.quorum.client import Client
from alyslab.chaos.quorum.question import OPERATION_S, Questions
from alyslab.chaos.quorum.replica import Replica
from alyslab.chaos.quorum.wire import TOPIC, packed, unpacked
from alyslab.harnesses.network.errors import NetworkError

if TYPE_CHECKING:
    from alyslab.chaos.quorum.defects import Defects
    from alyslab.harnesses.network.endpoint import Endpoint, Message
    from alyslab.runtime import Node, Runtime

RECOVERY_WAIT_S: Final = 3 * OPERATION_S
"""How long a damaged member waits before it asks the others, in s: what it had a part in is over then."""
DIAL_S: Final = 0.5
"""How often a member tries to reach one that it has no connection with, in s."""


class Member:
    """One member during one life of its node.

    Parameters
    ----------
    node
        Its machine.
    endpoint
        Its end of the network.
    peers
        All members, itself included.
    runtime
        The journal, and the clock that nobody sets.
    defects
        The bugs that are on.
    interval_s
        Mean pause between operations of its client, in s.
    """

    def __init__(
        self,
        node: Node,
        endpoint: Endpoint,
        peers: Sequence[str],
        runtime: Runtime,
        defects: Defects,
        *,
        interval_s: float,
    ) -> None:
        self.replica = Replica(node, defects)
        self._questions = Questions(node, endpoint, peers, runtime, defects, own=self.replica.answered)
        self.client = Client(
            node, self.replica.shelf, self._questions, runtime, defects, interval_s=interval_s
        )
        self._node, self._endpoint, self._runtime, self._defects = node, endpoint, runtime, defects
        self._peers = tuple(peers)
        self._lost: set[str] = set()

    async def run(self) -> None:
        """Come up, recover what was damaged, and serve until the node goes down."""
        await self.replica.shelf.open()
        self.replica.recovering = self.replica.shelf.damaged
        self._endpoint.on_message(self._handle, topic=TOPIC)
        self._endpoint.on_peers(self._peer_changed)
        name = self._node.name
        for peer in self._peers:
            if peer != name:
                self._node.spawn(self._stay_connected(peer), name=f"{name} to {peer}")
        if self.replica.recovering:
            await self._recover()
        self._node.spawn(self.replica.gossip(self._peers, self._questions), name=f"{name} gossip")
        await self.client.work()

    async def _recover(self) -> None:
        record, name = self._runtime.journal.record, self._node.name
        record("quorum.damaged", name)
        answers: dict[str, dict[str, Any]] | None = None
        if not self._defects.rejoins_unrecovered:
            await asyncio.sleep(RECOVERY_WAIT_S)
            while answers is None:
                answers = await self._questions.ask_majority({"do": "all"})
            for answer in answers.values():
                await self.replica.take_all(answer["versions"])
        self.replica.recovering = False
        record("quorum.recovered", name, heard=len(answers or ()), majority=self._questions.majority)

    async def _stay_connected(self, peer: str) -> None:
        while True:
            if peer not in self._endpoint.connections.open and peer not in self._lost:
                with suppress(NetworkError):  # it is tried again
                    await self._endpoint.connect(peer, timeout_s=DIAL_S)
            await asyncio.sleep(DIAL_S)

    def _peer_changed(self, peer: str, connected: bool) -> None:
        if not connected and self._defects.stale_peer_list:
            self._lost.add(peer)

    def _handle(self, message: Message) -> None:
        body = unpacked(message.payload, trusting=self._defects.garbage_accepted)
        if body is not None and not self._questions.take(message.sender, body) and "do" in body:
            self._node.spawn(self._answer(message.sender, body), name=f"{self._node.name} answers")

    async def _answer(self, asker: str, body: dict[str, Any]) -> None:
        answer = await self.replica.answered(body)
        if answer is not None and asker in self._endpoint.connections.open:
            answer["answers"] = body.get("question", 0)
            self._endpoint.send(asker, TOPIC, packed(answer))
