"""The ns-3 Bitcoin simulator's sweep over block interval and size: published beside simulated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from alyslab.checkers.verdict import Check
from alyslab.harnesses.network.validation.bitcoin_simulator import bootstrap_interval, run_bitcoin_simulator
from alyslab.harnesses.network.validation.bitcoin_simulator_published import Published, published

if TYPE_CHECKING:
    import pandas as pd

QUANTITIES: Final = {"t50_s": "s", "t90_s": "s", "stale_ratio": ""}
"""What was published of each point of the sweep, and is simulated."""
CLEARLY: Final = 1.5
"""By how much published medians must differ for their order to be held against ours."""
MOST_ORDERED_BYTES: Final = 2_000_000
"""Larger blocks are still on their way when the next one comes, and what is measured hangs on the draw."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of the published sweep beside what several networks gave here."""

    row: Published
    t50_s: tuple[float, ...]
    t90_s: tuple[float, ...]
    stale_ratio: tuple[float, ...]

    def interval(self, name: str, seed: int) -> tuple[float, float]:
        """Return the bootstrap interval for the mean over networks of one of the three."""
        return bootstrap_interval(getattr(self, name), seed=seed)


def sweep(seed: int, *, networks: int, nodes: int, blocks: int, miner_mbps: float = 100.0) -> list[Point]:
    """Simulate each published point of the ns-3 Bitcoin simulator on several networks."""
    points = []
    for row in published():
        runs = [
            run_bitcoin_simulator(
                interval_s=row.interval_s,
                block_bytes=row.block_bytes,
                seed=seed + i,
                protocol=row.protocol,
                nodes=nodes,
                # Where blocks meet each other, stale ones are counted: that takes more of them.
                blocks=blocks if row.interval_s > 5 else 2 * blocks,
                miner_mbps=miner_mbps,
            )
            for i in range(networks)
        ]
        points.append(
            Point(
                row=row,
                t50_s=tuple(run.quantile_s(0.5) for run in runs),
                t90_s=tuple(run.quantile_s(0.9) for run in runs),
                stale_ratio=tuple(run.stale_ratio for run in runs),
            )
        )
    return points


def order_check(points: Sequence[Point]) -> Check:
    """Of any two published points the one with the clearly longer median is the longer one here too.

    "Clearly": by half.  What differs by less is within what the two models
    leave out and within what a few blocks scatter, and is not held against
    anything; nor are the largest blocks.
    """
    import numpy as np

    held = [point for point in points if point.row.block_bytes <= MOST_ORDERED_BYTES]

    wrong, pairs = [], 0
    for one in held:
        for other in held:
            if one.row.t50_s > CLEARLY * other.row.t50_s:
                pairs += 1
                if not np.mean(one.t50_s) > np.mean(other.t50_s):
                    wrong.append(f"{_name(one.row)} after {_name(other.row)}")
    return Check(
        name="ns-3 sweep: the order of the published medians",
        observed=len(wrong) if pairs else None,
        comparison="==",
        limit=0,
        unit="pairs the other way round",
        source="arthurgervais.github.io/Bitcoin-Simulator/results.html",
        note=f"of {pairs}; " + ("; ".join(wrong[:3]) or "the figures themselves are reported, not gated"),
    )


def sweep_frame(points: Sequence[Point], seed: int) -> pd.DataFrame:
    """Return a row for each point, published and simulated, with bootstrap intervals."""
    import pandas as pd

    rows = []
    for point in points:
        row: dict[str, Any] = {
            name: getattr(point.row, name) for name in ("sweep", "protocol", "interval_s", "block_bytes")
        }
        for name in QUANTITIES:
            values = getattr(point, name)
            row[f"published_{name}"] = getattr(point.row, name)
            row[name] = sum(values) / len(values)
            row[f"{name}_low"], row[f"{name}_high"] = point.interval(name, seed)
        rows.append(row)
    return pd.DataFrame(rows)


def sweep_metrics(points: Sequence[Point]) -> list[dict[str, Any]]:
    """Return the simulated sweep as tidy metrics."""
    return [
        {
            "metric": f"ns3_{name.removesuffix('_s')}",
            "value": float(sum(getattr(point, name)) / len(getattr(point, name))),
            "unit": unit,
            "labels": {
                "sweep": point.row.sweep,
                "protocol": point.row.protocol,
                "interval_s": f"{point.row.interval_s:g}",
                "block_bytes": str(point.row.block_bytes),
            },
        }
        for point in points
        for name, unit in QUANTITIES.items()
    ]


def _name(row: Published) -> str:
    return f"{row.protocol} {row.interval_s:g} s {row.block_bytes} B"
