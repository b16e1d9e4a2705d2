"""How many blocks a range has: Alys's formula over latency, bandwidth and the number of peers.

Source: alys-system.md §3, "Batch": 128·clamp(100/latency_ms, .5, 4)·
clamp(bandwidth/10, 1, 8)·clamp(peers/5, .5, 2), within 32 to 512.  The unit of
bandwidth is not given; Mbit/s is assumed.
"""

from __future__ import annotations

from typing import Final

from alyslab.harnesses.sync.policy import SyncPolicy
from alyslab.runtime.sites import planted, register_planted, register_site, site

WITHOUT_BOUND: Final = register_planted(
    "sync.batch_without_bound", "the batch grows with latency, bandwidth and peers, whatever its upper bound"
)
LEAST: Final = register_site("sync.least_batch", "a range is cut to the least size, whatever its peer's pace")


def batch_size(policy: SyncPolicy, *, latency_ms: float, bandwidth_mbps: float, peers: int) -> int:
    """Return the blocks of the next range; a latency of 0 counts as the shortest that matters."""
    latency = clamp(100 / latency_ms, 0.5, 4.0) if latency_ms > 0 else 4.0
    size = policy.batch_base * latency * clamp(bandwidth_mbps / 10, 1.0, 8.0) * clamp(peers / 5, 0.5, 2.0)
    if planted(WITHOUT_BOUND):
        return max(policy.batch_least, round(size))
    if site(LEAST):
        return policy.batch_least
    return round(clamp(size, policy.batch_least, policy.batch_most))


def clamp(value: float, least: float, most: float) -> float:
    """Return the value, or the bound that it passes."""
    return max(least, min(most, value))
