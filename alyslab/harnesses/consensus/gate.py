"""Whether a node may write a block, by one of V2's rules, as its syncer judges.

V1 writes nothing while it syncs.  V2 lets a node write that is synced, or is
catching up and near enough; the stated variants are in
:mod:`alyslab.harnesses.sync.production`.  A node that is shown a block on an
unknown parent is catching up from then until it has looked at that branch.

What the rules ask of others is read here so: the federation is healthy while
this node is connected to a quorum of it, itself included; the error rate of the
governance stream is what the world says.

Source: alys-system.md §3 (issue_10 and the code).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from alyslab.harnesses.sync.policy import POLICIES, SyncPolicy
from alyslab.harnesses.sync.production import RULES, ProductionRule
from alyslab.harnesses.sync.states import SyncState

if TYPE_CHECKING:
    from alyslab.harnesses.consensus.core import Core
    from alyslab.harnesses.consensus.settings import Settings
    from alyslab.harnesses.sync.syncer import Syncer


def policy_of(settings: Settings) -> SyncPolicy:
    """Return the sync policy that a node goes by: its patience, and its rule of production if it has one."""
    policy = replace(POLICIES[settings.sync_policy], status_timeout_s=settings.patience_s)
    return replace(policy, production=RULES[settings.production]) if settings.production else policy


class Gate:
    """The gate of one life of a node.

    Parameters
    ----------
    core
        The node.
    syncer
        Its sync.
    """

    def __init__(self, core: Core, syncer: Syncer) -> None:
        self._core = core
        self._syncer = syncer
        self._rule: ProductionRule = syncer.policy.production
        self.shown = 0
        """Height of the block on an unknown parent that the node looks into; 0 while there is none."""
        rule, never = self._rule, -1
        core.rows.gated(
            core.name,
            rule.ratio_least,
            never if rule.behind_most is None else rule.behind_most,
            rule.health_least,
            rule.needs_federation,
            -1.0 if rule.governance_error_most is None else rule.governance_error_most,
            round(syncer.policy.claims_fresh_s * 1_000),
        )

    def opens(self, slot: int) -> bool:
        """Return whether the node may write the slot, and write down why."""
        core, syncer = self._core, self._syncer
        if core.defects.gate_not_asked:
            return True
        healthy, errors = self._federation_healthy(), core.around.governance.error_ratio
        health = syncer.book.health(syncer.claims.known)
        height = syncer.ledger.height
        state, target = syncer.state, max(syncer.claims.target(), height)
        age_ms = (core.node.clock.time_ns() - syncer.claims.asked_ns) // 1_000_000
        if self.shown > height and state is SyncState.SYNCED:
            state, target, age_ms = SyncState.CATCHING_UP, self.shown, 0
            allowed = self._rule.allows(
                state,
                height,
                target,
                health=health,
                federation_healthy=healthy,
                governance_error_ratio=errors,
            )
        else:
            allowed = syncer.can_produce(federation_healthy=healthy, governance_error_ratio=errors)
        core.rows.gate(core.name, slot, str(state), height, target, health, healthy, errors, age_ms, allowed)
        return allowed

    def _federation_healthy(self) -> bool:
        core = self._core
        term, there = core.term(core.chain.height + 1), {core.name, *core.endpoint.peers()}
        return sum(core.around.authors[seat] in there for seat in term.seats) >= term.quorum
