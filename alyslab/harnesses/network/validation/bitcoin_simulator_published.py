"""What the ns-3 Bitcoin simulator published of its sweep over block interval and block size."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One row of the published sweep."""

    sweep: str
    protocol: str
    interval_s: float
    block_bytes: int
    mean_s: float
    t50_s: float
    t90_s: float
    stale_ratio: float


def published() -> list[Published]:
    """Return the published sweep, as far as it is simulated here."""
    path = Path(__file__).parent / "bitcoin_simulator_published.csv"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return [
        Published(
            sweep=row["sweep"],
            protocol=row["protocol"],
            interval_s=float(row["interval_s"]),
            block_bytes=int(row["block_bytes"]),
            mean_s=float(row["mean_s"]),
            t50_s=float(row["t50_s"]),
            t90_s=float(row["t90_s"]),
            stale_ratio=float(row["stale_ratio"]),
        )
        for row in csv.DictReader(lines)
    ]
