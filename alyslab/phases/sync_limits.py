"""What SyncImprovement must come to, each limit with where it stands."""

from __future__ import annotations

from typing import Final

from alyslab.phases.hunting import hunting_limits
from alyslab.phases.phase import Limit

TARGETS: Final = "alys-system.md §3, Success"

LIMITS: Final = (
    Limit(
        name="sync_checks_failed",
        claim="every sync workload keeps its promises",
        comparison="==",
        limit=0,
        unit="checks",
        source="the checkers of each workload, over its journal",
    ),
    Limit(
        name="consensus_checks_failed",
        claim="every consensus workload keeps its promises",
        comparison="==",
        limit=0,
        unit="checks",
        source="the checkers of each workload, over its journal",
    ),
    Limit(
        name="sync_success_ratio",
        claim="syncs end at the source's head",
        comparison=">=",
        limit=0.999,
        source=f"{TARGETS}: 99.9 %",
    ),
    Limit(
        name="full_sync_s",
        claim="a full sync takes at most a minute for ten thousand blocks",
        comparison="<=",
        limit=60 / 10_000,
        per="sync_blocks",
        unit="s",
        source="Rust framework D1:251, 10,000 blocks in 60 s",
    ),
    Limit(
        name="speed_over_v1",
        claim="eight downloads at once are more than twice as fast as V1's way",
        comparison=">",
        limit=2.0,
        source=f"{TARGETS}: more than twice the speed",
    ),
    Limit(
        name="partition_recovery_s_max",
        claim="blocks flow again within a minute of a partition's end",
        comparison="<=",
        limit=60.0,
        unit="s",
        source=TARGETS,
    ),
    Limit(
        name="checkpoint_recovery_s_max",
        claim="a recovery from a checkpoint is over within half a minute",
        comparison="<=",
        limit=30.0,
        unit="s",
        source=TARGETS,
    ),
    *hunting_limits("issue 6, planted bugs: all within 200 seeds"),
)
