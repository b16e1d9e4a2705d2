"""Workloads repeated over a range: recovery by policy, depth by overflow policy, throughput by load."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from alyslab.checkers.activity import activity
from alyslab.checkers.mailboxes import Depth, depths
from alyslab.checkers.recovery import recoveries
from alyslab.harnesses.actor.overflow import Overflow
from alyslab.harnesses.actor.presets import POLICIES
from alyslab.harnesses.actor.workloads.registry import WORKLOADS
from alyslab.runtime import simulate

if TYPE_CHECKING:
    import pandas as pd

    from alyslab.runtime import Run


def recovery_by_policy(
    seeds: Iterable[int],
    *,
    policies: Sequence[str] = tuple(POLICIES),
    failures: int = 3,
    failure: str = "unsteady",
) -> pd.DataFrame:
    """Return how long each recovery took under each policy: policy, seed, recovery_ms.

    A recovery begins with a failure at work, and takes the failed restarts after it in.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for seed in seeds:
        for policy in policies:
            run = _run("recovery", seed, failure=failure, policy=policy, failures=failures)
            rows += [
                {"policy": policy, "seed": seed, "recovery_ms": one.recovery_ms}
                for one in recoveries(run.journal)
                if one.recovery_ms is not None and "restarted" not in one.error
            ]
    return pd.DataFrame(rows, columns=["policy", "seed", "recovery_ms"])


def depth_by_policy(seed: int, *, capacity: int = 20) -> dict[str, Depth]:
    """Return how many messages waited over time under each overflow policy, offered twice what is handled."""
    found: dict[str, Depth] = {}
    for policy in Overflow:
        run = _run("overflow", seed, policy=str(policy), capacity=capacity)
        found |= {str(policy): depth for depth in depths(run.journal) if depth.actor == "narrow"}
    return found


def throughput_by_load(
    seeds: Iterable[int],
    *,
    intervals_ms: Sequence[float] = (32.0, 16.0, 8.0, 4.0, 1.0),
    service_ms: float = 2.0,
    messages: int = 40,
) -> pd.DataFrame:
    """Return what is handled against what is offered: policy, seed, offered_per_s, handled_per_s (virtual).

    Four senders pause ``intervals_ms`` on average, exponentially, between
    ``messages`` each; the actor takes ``service_ms`` for each.
    """
    import pandas as pd

    rows = []
    for seed in seeds:
        for policy in Overflow:
            for interval_ms in intervals_ms:
                run = _run(
                    "overflow",
                    seed,
                    policy=str(policy),
                    interval_ms=interval_ms,
                    service_ms=service_ms,
                    messages=messages,
                    random_pauses=True,
                )
                handled = activity(run.journal)["messages done"]
                rows.append((str(policy), seed, 4_000 / interval_ms, handled / run.virtual_s))
    return pd.DataFrame(rows, columns=["policy", "seed", "offered_per_s", "handled_per_s"])


def _run(name: str, seed: int, **parameters: Any) -> Run:
    """Run a workload that is not judged here: a study shows how much, the phase and the tests whether."""
    workload = WORKLOADS[name]
    return simulate(workload.main, seed=seed, strategy=workload.strategy, parameters=parameters)
