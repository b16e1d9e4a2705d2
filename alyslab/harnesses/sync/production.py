"""May a node that is still syncing produce blocks?  Alys states it in several ways; all are here.

Source: alys-system.md §3: issue_10 asks for 0.995 *and* at most 10 behind; the
code (ACT/sync/actor.rs) drops the second, which at height 1,064,192 allows to
be 5,321 blocks behind, and adds the network's health and the federation's; the
federation preset says 0.990 while state.rs has 0.995 built in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from alyslab.harnesses.sync.states import SyncState
from alyslab.runtime.sites import planted, register_planted

WHILE_BEHIND: Final = register_planted(
    "sync.production_while_behind", "a node produces in any state but failed, however far behind it is"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionRule:
    """When a node may produce."""

    ratio_least: float
    """Height over target, at least, while catching up."""
    behind_most: int | None = None
    """Blocks behind, at most, while catching up; None: any number."""
    health_least: float = 0.0
    """Share of requests that peers answered, at least; 0: it is not asked for."""
    needs_federation: bool = False
    """Whether the federation must be healthy."""
    governance_error_most: float | None = None
    """Error rate of the governance stream, below this; None: it is not asked for."""
    source: str
    """Where the rule stands."""

    def allows(
        self,
        state: SyncState,
        height: int,
        target: int,
        *,
        health: float = 1.0,
        federation_healthy: bool = True,
        governance_error_ratio: float = 0.0,
    ) -> bool:
        """Return whether a node in this state at this height may produce."""
        if planted(WHILE_BEHIND):
            return state is not SyncState.FAILED
        errors = self.governance_error_most
        if (
            health < self.health_least
            or (self.needs_federation and not federation_healthy)
            or (errors is not None and governance_error_ratio >= errors)
        ):
            return False
        if state is SyncState.SYNCED:
            return True
        if state is not SyncState.CATCHING_UP or target <= 0:
            return False
        near = self.behind_most is None or target - height <= self.behind_most
        return near and height / target >= self.ratio_least


RULES: Final[Mapping[str, ProductionRule]] = MappingProxyType(
    {
        "issue_10": ProductionRule(ratio_least=0.995, behind_most=10, source="issue_10"),
        "code": ProductionRule(
            ratio_least=0.995, health_least=0.7, needs_federation=True, source="ACT/sync/actor.rs"
        ),
        "code_with_governance": ProductionRule(
            ratio_least=0.995,
            health_least=0.7,
            needs_federation=True,
            governance_error_most=0.1,
            source="ACT/sync/actor.rs, with its governance option",
        ),
        "federation": ProductionRule(
            ratio_least=0.990, health_least=0.7, needs_federation=True, source="federation preset"
        ),
    }
)
"""The stated variants by name."""
