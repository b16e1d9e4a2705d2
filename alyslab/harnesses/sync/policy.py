"""The numbers of V2's sync, as its documents and files give them, contradictions included.

Source: alys-system.md §3 (issue_10, ACT/sync/config.rs, ACT/network/sync); what
is V1's is named so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, Final

from alyslab.errors import ParameterError, Problem
from alyslab.harnesses.sync.production import RULES, ProductionRule
from alyslab.wording import meant


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncPolicy:
    """How a syncer behaves; the defaults are ACT/sync/config.rs, with issue_10's production rule."""

    name: str = "actor"
    downloads: int = 8
    """Ranges asked for at once."""
    peers_least: int = 1
    """Peers that must have answered before discovery ends.  The plan says ``downloads``, which a federation
    of three, with two peers for each, never reaches."""
    batch_base: int = 128
    batch_least: int = 32
    batch_most: int = 512
    """Blocks of a range: base, and the bounds of what the formula makes of it."""
    checkpoint_interval: int = 1_000
    checkpoints_kept: int = 10
    blacklist_failures: int = 3
    """Failures in a row that put a peer on the blacklist; issue_10 says 5."""
    blacklist_s: float = 300.0
    request_timeout_s: float = 30.0
    """For a range; V1's is 15 s."""
    status_timeout_s: float = 5.0
    """For a status or a checkpoint; no document gives one."""
    status_interval_s: float = 5.0
    """Between two rounds of statuses, also while syncing; no document gives one."""
    discover_tries: int = 30
    discover_interval_s: float = 1.0
    close_blocks: int = 10
    """Within so many blocks of the target a node is catching up."""
    recoveries_most: int = 5
    retry_first_s: float = 1.0
    retry_most_s: float = 30.0
    """Back-off from a peer that failed, doubling.  Source: V1's, §1, "Sync"."""
    hedge_s: float = 5.0
    """Every so often the range that all else waits for is asked of one more peer; no document says so."""
    silence_s: float = 60.0
    failed_ratio: float = 0.7
    latency_most_s: float = 10.0
    """A partition is suspected if two of three hold: no success for ``silence_s``, more than ``failed_ratio``
    of the peers failed, a mean latency above ``latency_most_s``."""
    suspicious_peers: int = 3
    """So many peers whose blocks at one height are refused alike put the fault on the own chain; no document
    says so, and V1 blames the peers."""
    claims_fresh_s: float = 15.0
    """A node whose peers last answered longer ago does not trust their heights enough to produce, synced or
    not; no document says so, and without it a partition opens the gate."""
    production: ProductionRule = RULES["issue_10"]
    scoring: str = "code"
    """``code``: the formula of the code; ``issue_10``: its four-part reputation."""

    def __post_init__(self) -> None:
        problems = [
            Problem(where=_WHERE, key=field.name, what="is too small", value=value, allowed=f"≥ {least}")
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), int | float)
            and value < (least := _LEAST.get(field.name, 1 if isinstance(field.default, int) else 0.001))
        ]
        if not self.batch_least <= self.batch_base <= self.batch_most:
            bounds = (self.batch_least, self.batch_base, self.batch_most)
            problems.append(
                Problem(where=_WHERE, key="batch_base", what="is not within its bounds", value=bounds)
            )
        if self.scoring not in ("code", "issue_10"):
            problems.append(
                Problem(where=_WHERE, key="scoring", what="is none", value=self.scoring, allowed=SCORINGS)
            )
        if problems:
            raise ParameterError(problems)


_WHERE: Final = "SyncPolicy"
SCORINGS: Final = "code, issue_10"
_LEAST: Final[Mapping[str, float]] = {"checkpoint_interval": 0, "recoveries_most": 0}

_ACTOR = SyncPolicy()
POLICIES: Final[Mapping[str, SyncPolicy]] = MappingProxyType(
    {
        "actor": _ACTOR,
        "network": replace(_ACTOR, name="network", downloads=16, batch_base=256, checkpoint_interval=100),
        "federation": replace(
            _ACTOR,
            name="federation",
            downloads=16,
            batch_base=256,
            checkpoint_interval=100,
            production=RULES["federation"],
        ),
        "issue_10": replace(_ACTOR, name="issue_10", blacklist_failures=5, scoring="issue_10"),
        "code": replace(_ACTOR, name="code", production=RULES["code"]),
        "plan": replace(_ACTOR, name="plan", peers_least=8),
    }
)
"""The readings by name: ACT/sync, ACT/network/sync, its federation preset, issue_10, the code, the plan."""


def policy_named(name: str, **changes: Any) -> SyncPolicy:
    """Return a reading with fields changed; raises :class:`ParameterError` for an unknown name or field."""
    known = {field.name for field in fields(SyncPolicy)}
    problems = [
        Problem(where="policy", key=key, what="no such field", value=value, allowed=meant(key, sorted(known)))
        for key, value in changes.items()
        if key not in known
    ]
    if name not in POLICIES:
        problems.append(
            Problem(
                where="policy", what=f"no policy is named {name!r}", value=name, allowed=meant(name, POLICIES)
            )
        )
    if problems:
        raise ParameterError(problems)
    return replace(POLICIES[name], **changes)
