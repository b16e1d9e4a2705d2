"""What a synced node does: ask for statuses until somebody is higher, or nobody answers."""

from __future__ import annotations

from alyslab.harnesses.sync.claims import Claims
from alyslab.harnesses.sync.ledger import Ledger
from alyslab.harnesses.sync.policy import SyncPolicy
from alyslab.harnesses.sync.states import Next, SyncState
from alyslab.runtime import Node


class Watching:
    """Watches the peers for one syncer, whose parts it is given."""

    def __init__(self, node: Node, ledger: Ledger, claims: Claims, policy: SyncPolicy) -> None:
        self._node = node
        self._ledger = ledger
        self._claims = claims
        self._policy = policy

    async def run(self) -> Next:
        """Ask every ``status_interval_s``; return where to go from here."""
        policy, clock = self._policy, self._node.clock
        silent_since_ns = clock.time_ns()
        while True:
            await self._node.sleep(policy.status_interval_s)
            answered = await self._claims.ask_all()
            if 2 * answered > len(self._claims.known):
                silent_since_ns = clock.time_ns()
            elif clock.time_ns() - silent_since_ns > policy.silence_s * 1e9:
                return SyncState.DISCOVERING, "silence"
            behind = self._claims.target() - self._ledger.height
            if behind > policy.close_blocks:
                return SyncState.BLOCKS, "fell_behind"
            if behind > 0:
                return SyncState.CATCHING_UP, "fell_behind"
