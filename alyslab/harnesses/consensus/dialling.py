"""Keeps a node connected to the peers that its operator named.

Source: alys-system.md §1, "Gossip" (reconnect tick 5 s, back-off 2^min(attempt, 12) s).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from alyslab.harnesses.consensus.sites import DIAL_LEFT_OUT
from alyslab.harnesses.network.errors import NetworkError
from alyslab.runtime.sites import site

if TYPE_CHECKING:
    from alyslab.harnesses.network.endpoint import Endpoint
    from alyslab.runtime import Node

TICK_S: Final = 5.0
BACKOFF_MOST: Final = 12
DIAL_S: Final = 2.0
"""Wait for a peer that does not accept; no document gives one."""


class Dialling:
    """Dials peers that are not connected, each with a back-off of its own.

    Parameters
    ----------
    node, endpoint
        Who dials.
    peers
        The peers that it should be connected to.
    """

    def __init__(self, node: Node, endpoint: Endpoint, peers: Sequence[str]) -> None:
        self._node = node
        self._endpoint = endpoint
        self._peers = tuple(peers)
        self._attempts: dict[str, int] = {}
        self._not_before_s: dict[str, float] = {}

    async def dial_all(self) -> None:
        """Try every peer that is missing and due, all at once, and return when each has answered or not."""
        now_s, there = self._node.clock.time(), frozenset(self._endpoint.peers())
        missing = [
            peer for peer in self._peers if peer not in there and self._not_before_s.get(peer, now_s) <= now_s
        ]
        missing = [peer for peer in missing if not site(DIAL_LEFT_OUT)]
        if missing:
            await asyncio.gather(*(self._dial(peer) for peer in missing))

    async def run(self) -> None:
        """Dial at every tick, for ever."""
        while True:
            await self._node.sleep(TICK_S)
            await self.dial_all()

    async def _dial(self, peer: str) -> None:
        try:
            await self._endpoint.connect(peer, timeout_s=DIAL_S)
        except NetworkError:
            attempt = self._attempts[peer] = self._attempts.get(peer, 0) + 1
            self._not_before_s[peer] = self._node.clock.time() + 2.0 ** min(attempt, BACKOFF_MOST)
        else:
            self._attempts.pop(peer, None)
            self._not_before_s.pop(peer, None)
