"""Workloads repeated over seeds and settings: how soon nodes are back, and how fast they sync."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from alyslab.checkers.sync_log import SyncLog
from alyslab.checkers.sync_recovery import checkpoint_recoveries, partition_recoveries
from alyslab.harnesses.sync.history import history
from alyslab.harnesses.sync.policy import SyncPolicy
from alyslab.harnesses.sync.workloads.bounds import require
from alyslab.harnesses.sync.workloads.registry import WORKLOADS
from alyslab.harnesses.sync.workloads.world import LINK, World
from alyslab.runtime import simulate

if TYPE_CHECKING:
    import pandas as pd

NARROW: Final = replace(LINK, rate_bps=2e6)
"""A peer's line of 2 Mbit/s: what it sends, not what is validated, is what a sync waits for."""


def recovery_times(seeds: Iterable[int], *, blocks: int = 400) -> pd.DataFrame:
    """Return each recovery from a partition and from a checkpoint: kind, seed, recovery_s (NaN for never).

    Partitions last 30, 90 and 200 virtual seconds in turn; every other
    recovery finds its latest checkpoint damaged.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for number, seed in enumerate(seeds):
        cut = WORKLOADS["partition"].run(seed, lasts_s=(30.0, 90.0, 200.0)[number % 3], blocks=blocks)
        spoilt = WORKLOADS["recovery"].run(seed, rotten=number % 2 == 1, blocks=blocks)
        for kind, times in (
            ("partition", partition_recoveries(SyncLog.read(cut.run.journal))),
            ("checkpoint", checkpoint_recoveries(SyncLog.read(spoilt.run.journal))),
        ):
            rows += [{"kind": kind, "seed": seed, "recovery_s": time_s} for time_s in times]
    return pd.DataFrame(rows, columns=["kind", "seed", "recovery_s"])


async def narrow_sync(*, blocks: int = 1_500, peers: int = 8, downloads: int = 8, v1: bool = False) -> bool:
    """Sync over narrow lines, with V1's way or with so many downloads at once; import takes no time."""
    require(
        "narrow_sync",
        blocks=(blocks, 1, 20_000),
        peers=(peers, 1, 64),
        downloads=(downloads, 1, 64),
    )
    policy = SyncPolicy(name="narrow", downloads=downloads)
    world = World(
        history(blocks), peers=peers, policy=policy, link=NARROW, import_ms=0.0, v1=v1, telling=False
    )
    world.add_node()
    return await world.finish(["node-0"], 600.0)


def speed_by_downloads(
    seed: int, *, blocks: int = 1_500, downloads: Sequence[int] = (1, 2, 4, 8)
) -> pd.DataFrame:
    """Return how fast a chain comes over narrow lines: how, blocks_per_s (virtual), V1's way first."""
    import pandas as pd

    settings: list[tuple[str, dict[str, Any]]] = [("V1, one peer", {"v1": True})]
    settings += [(f"V2, {count} at once", {"downloads": count}) for count in downloads]
    rows = []
    for how, parameters in settings:
        run = simulate(narrow_sync, seed=seed, parameters={"blocks": blocks, **parameters})
        done = next(run.journal.select(kind="sync.done"), None)
        rate = blocks / (done.time_ns / 1e9) if done is not None else float("nan")
        rows.append({"how": how, "blocks_per_s": rate})
    return pd.DataFrame(rows, columns=["how", "blocks_per_s"])
