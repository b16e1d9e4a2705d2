"""Whether a node that syncs may produce a block now: the policy's rule, and what the node has just heard."""

from __future__ import annotations

from alyslab.harnesses.sync.claims import Claims
from alyslab.harnesses.sync.ledger import Ledger
from alyslab.harnesses.sync.machine import Machine
from alyslab.harnesses.sync.policy import SyncPolicy
from alyslab.harnesses.sync.scores import PeerBook, Tell
from alyslab.runtime import Node


class Producing:
    """Answers for one syncer, whose parts it is given."""

    def __init__(
        self,
        node: Node,
        ledger: Ledger,
        machine: Machine,
        claims: Claims,
        book: PeerBook,
        *,
        policy: SyncPolicy,
        tell: Tell,
    ) -> None:
        self._node = node
        self._ledger = ledger
        self._machine = machine
        self._claims = claims
        self._book = book
        self._policy = policy
        self._tell = tell

    def allowed(self, *, federation_healthy: bool, governance_error_ratio: float) -> bool:
        """Return whether the node may, and tell the journal of it."""
        state, height, target = self._machine.state, self._ledger.height, self._machine.target
        age_s = (self._node.clock.time_ns() - self._claims.asked_ns) / 1e9
        allowed = age_s <= self._policy.claims_fresh_s and self._policy.production.allows(
            state,
            height,
            target,
            health=self._book.health(self._claims.known),
            federation_healthy=federation_healthy,
            governance_error_ratio=governance_error_ratio,
        )
        self._tell("sync.production", allowed=allowed, state=str(state), height=height, target=target)
        return allowed
