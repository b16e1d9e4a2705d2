"""Every workload at a size for tests."""

from __future__ import annotations

from typing import Any

from alyslab.harnesses.sync.workloads import WORKLOADS

SMALL: dict[str, dict[str, Any]] = {
    "full_sync": {"blocks": 300},
    "sequential": {"blocks": 300},
    "startup": {"blocks": 200, "had": 120, "growth": 10},
    "federation_change": {"blocks": 60, "change_height": 30},
    "peer_loss": {"blocks": 200},
    "partition": {"blocks": 300},
    "corruption": {"blocks": 200},
    "hostile": {"blocks": 150},
    "cascade": {"blocks": 300},
    "mixed": {"blocks": 300},
    "parallel": {"blocks": 300, "sessions": 3},
    "checkpoints": {"blocks": 200},
    "resume": {"blocks": 200, "crashes": 2},
    "recovery": {"blocks": 300},
    "damage": {"blocks": 300},
}


def run(name: str, seed: int = 3, **parameters: Any) -> Any:
    return WORKLOADS[name].run(seed, **{**SMALL.get(name, {}), **parameters})
