"""The supervision policies of Alys's own actors, with their real constants.

Source of all: AnduroProject/alys, branch v2 at 1ed57bc,
``crates/actor_system/src/supervisor.rs`` and ``supervisors.rs``.  Alys states
whether failures are isolated and not what that means; here siblings of an
actor whose failure is not isolated pause until it is back.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from alyslab.harnesses.actor.backoff import Escalation, RestartPolicy, exponential, fixed, progressive
from alyslab.harnesses.actor.breaker import BreakerPolicy
from alyslab.harnesses.actor.health import HealthPolicy
from alyslab.harnesses.actor.overflow import MailboxPolicy, Overflow

_SUPERVISOR: Final = "alys v2 crates/actor_system/src/supervisor.rs"
_SUPERVISORS: Final = "alys v2 crates/actor_system/src/supervisors.rs"

DEFAULT: Final = exponential(
    100, 30_000, 2.0, limit=5, window_s=60, escalation=Escalation.PARENT, stop_limit_s=10, source=_SUPERVISOR
)
CHAIN: Final = exponential(
    100,
    10_000,
    1.5,
    limit=10,
    window_s=300,
    escalation=Escalation.PARENT,
    stop_limit_s=15,
    source=_SUPERVISORS,
)
NETWORK: Final = progressive(
    1_000,
    1.5,
    8,
    limit=20,
    window_s=600,
    escalation=Escalation.CONTINUE,
    stop_limit_s=10,
    source=_SUPERVISORS,
)
BRIDGE: Final = fixed(
    5_000,
    limit=15,
    window_s=900,
    escalation=Escalation.PARENT,
    stop_limit_s=30,
    isolate=False,
    source=_SUPERVISORS,
)
STORAGE: Final = exponential(
    500,
    60_000,
    2.0,
    limit=10,
    window_s=300,
    escalation=Escalation.RESTART_TREE,
    stop_limit_s=20,
    source=_SUPERVISORS,
)
CONSENSUS_CRITICAL: Final = exponential(
    50,
    500,
    1.5,
    limit=10,
    window_s=30,
    escalation=Escalation.RESTART_TREE,
    stop_limit_s=2,
    isolate=False,
    source=_SUPERVISORS,
)
FEDERATION_AWARE: Final = progressive(
    200,
    2.0,
    5,
    limit=8,
    window_s=60,
    escalation=Escalation.PARENT,
    stop_limit_s=5,
    source=_SUPERVISORS,
)

POLICIES: Final[Mapping[str, RestartPolicy]] = MappingProxyType(
    {
        "default": DEFAULT,
        "chain": CHAIN,
        "network": NETWORK,
        "bridge": BRIDGE,
        "storage": STORAGE,
        "consensus_critical": CONSENSUS_CRITICAL,
        "federation_aware": FEDERATION_AWARE,
    }
)
"""The policies by name, as the workloads and the notebook take them."""

CRITICAL_HEALTH: Final = HealthPolicy(interval_s=5, timeout_s=5, failures=3)
"""Source: alys v2 ACT/foundation/health.rs and constants.rs, critical actors."""
NORMAL_HEALTH: Final = HealthPolicy(interval_s=10, timeout_s=5, failures=3)
"""Source: as above, other actors."""
BACKGROUND_HEALTH: Final = HealthPolicy(interval_s=30, timeout_s=5, failures=3)
"""Source: as above, background actors."""
GUIDE_HEALTH: Final = HealthPolicy(interval_s=0.05, timeout_s=0.1, failures=1)
"""Source: the testing guide, Phase 2, ``monitor_actor_recovery``: poll 50 ms, probe 100 ms."""

ENGINE_BREAKER: Final = BreakerPolicy(failures=5, window_s=300, open_s=30, successes=3)
"""Source: alys v2 ACT/engine, supervision: 5 failures in 5 min, open 30 s, 3 successes."""
CALL_BREAKER: Final = BreakerPolicy(failures=5, window_s=0, open_s=10, successes=3)
"""Source: alys v2 ACT/engine, between actors: 5 failures, open 10 s, 3 successes; no window is given."""

PRODUCTION_MAILBOX: Final = MailboxPolicy(capacity=50_000, overflow=Overflow.BACKPRESSURE)
"""Source: alys v2 ACT/foundation, production: backpressure at 50,000."""
