"""Regions of the world: how far apart they are, how fast their lines are, how many peers live there.

The table that comes with the package is the one that SimBlock measured in
2019; one's own table is two CSV files of the same form (:func:`read_regions`).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Final

from alyslab.errors import ParameterError, Problem
from alyslab.harnesses.network.link import LinkSpec

LATENCY_OFFSET_MS: Final = 5.0
"""How far below its mean the fastest message stays: the ``5`` of SimBlock's formula."""

LATENCY_SHAPE_PER_MS: Final = 0.2
"""The Pareto shape per ms of mean: the ``.2`` of SimBlock's formula."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One region, as seen by a peer that lives there."""

    code: str
    """Short name, unique in its table: ``EU``."""
    name: str
    """Name for readers: ``Europe``."""
    share_ratio: float
    """Share of all peers that live here, 0 to 1."""
    download_mbps: float
    """Bandwidth into a peer, in Mbit/s."""
    upload_mbps: float
    """Bandwidth out of a peer, in Mbit/s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionTable:
    """Regions and the mean latency of each ordered pair.

    Raises
    ------
    ParameterError
        With every problem of the table: shares that don't sum to 1, a
        bandwidth that is not positive, a pair that is missing, not symmetric,
        or not above :data:`LATENCY_OFFSET_MS`.
    """

    regions: tuple[Region, ...]
    """In the order of the file."""
    latency_ms_mean: Mapping[tuple[str, str], float]
    """Mean one-way latency by (sender's region, receiver's region), in ms."""
    source: str
    """The files that the table was read from, or where else it comes from."""

    def __post_init__(self) -> None:
        problems = [*self._region_problems(), *self._latency_problems()]
        if problems:
            raise ParameterError(problems)

    def _problem(self, key: str, what: str, value: object, allowed: str) -> Problem:
        return Problem(where=self.source, key=key, what=what, value=value, allowed=allowed)

    def _region_problems(self) -> Iterator[Problem]:
        codes = [region.code for region in self.regions]
        for code in sorted({code for code in codes if codes.count(code) > 1}):
            yield self._problem(code, "the region is listed twice", code, "each region once")
        share_sum = math.fsum(region.share_ratio for region in self.regions)
        if not math.isclose(share_sum, 1.0, abs_tol=1e-9):
            yield self._problem("share_ratio", f"the shares sum to {share_sum:g}", share_sum, "a sum of 1")
        for region in self.regions:
            if not 0 <= region.share_ratio <= 1:
                yield self._problem(
                    f"{region.code}.share_ratio",
                    f"{region.share_ratio} is no share",
                    region.share_ratio,
                    "0 to 1",
                )
            for key in ("download_mbps", "upload_mbps"):
                value = getattr(region, key)
                if not (math.isfinite(value) and value > 0):
                    yield self._problem(f"{region.code}.{key}", f"{value} is no bandwidth", value, "above 0")

    def _latency_problems(self) -> Iterator[Problem]:
        codes = dict.fromkeys(region.code for region in self.regions)
        for sender in codes:
            for receiver in codes:
                key = f"{sender}→{receiver}"
                mean_ms = self.latency_ms_mean.get((sender, receiver))
                if mean_ms is None:
                    yield self._problem(key, "the latency is missing", None, "a mean in ms")
                    continue
                if not (math.isfinite(mean_ms) and mean_ms > LATENCY_OFFSET_MS):
                    allowed = (
                        f"finite and above {LATENCY_OFFSET_MS:g} ms, or the formula has no positive scale"
                    )
                    yield self._problem(key, f"a mean of {mean_ms} ms can't be sampled", mean_ms, allowed)
                back_ms = self.latency_ms_mean.get((receiver, sender))
                if sender < receiver and back_ms is not None and back_ms != mean_ms:
                    yield self._problem(
                        key, f"{mean_ms} ms there but {back_ms} ms back", mean_ms, "a symmetric table"
                    )

    def bandwidth_bps(self, sender: Region, receiver: Region) -> float:
        """Return what one message travels at: the slower of the sender's upload and receiver's download.

        Source: SimBlock, commit 5fc7f9f, ``Network.getBandwidth``.
        """
        return 1e6 * min(sender.upload_mbps, receiver.download_mbps)

    def link(self, sender: Region, receiver: Region) -> LinkSpec:
        """Return the conditions from a peer of one region to a peer of another.

        Latencies are Pareto's, drawn for each message by itself, so that one
        may overtake another.  Source: SimBlock, commit 5fc7f9f, ``Network.getLatency``:
        ``(m - 5) / U ** (1 / (0.2 m))``, whose scale is m - 5 and whose shape is 0.2 m.
        """
        mean_ms = self.latency_ms_mean[sender.code, receiver.code]
        return LinkSpec(
            delay_ms=mean_ms,
            distribution="pareto",
            shape=LATENCY_SHAPE_PER_MS * mean_ms,
            rate_bps=self.bandwidth_bps(sender, receiver),
            fifo=False,
        )

    def settle(self, peers: int, random: Random) -> list[Region]:
        """Give each of ``peers`` peers a region, the shares kept as exactly as whole peers allow.

        Quotas (largest remainders) rather than draws: a small network then
        still looks like the measured one.  Consumes ``random`` for the order.
        """
        quotas = [region.share_ratio * peers for region in self.regions]
        counts = [math.floor(quota) for quota in quotas]
        by_remainder = sorted(range(len(quotas)), key=lambda i: (counts[i] - quotas[i], i))
        for i in by_remainder[: peers - sum(counts)]:
            counts[i] += 1
        homes = [region for region, count in zip(self.regions, counts, strict=True) for _ in range(count)]
        random.shuffle(homes)
        return homes


def region_links(table: RegionTable, homes: Mapping[str, Region]) -> Callable[[str, str], LinkSpec]:
    """Return the conditions between peers by where they live, as :class:`Network` takes them.

    ``homes`` has the region of each peer by its name.
    """
    made = {
        (here.code, there.code): table.link(here, there) for here in table.regions for there in table.regions
    }
    return lambda sender, receiver: made[homes[sender].code, homes[receiver].code]


def read_regions(regions: Path, latency_ms: Path) -> RegionTable:
    """Read a table from two CSV files; lines that start with ``#`` say where it comes from.

    Parameters
    ----------
    regions
        Columns ``region,name,share_ratio,download_mbps,upload_mbps``.
    latency_ms
        A square table: ``region`` and one column for each region, means in ms.

    Raises
    ------
    ParameterError
        If a file is missing, lacks a column, holds something that is no
        number, or describes a table that :class:`RegionTable` refuses.
    """
    rows = [
        Region(
            code=_text(regions, row, "region"),
            name=_text(regions, row, "name"),
            share_ratio=_number(regions, row, "share_ratio"),
            download_mbps=_number(regions, row, "download_mbps"),
            upload_mbps=_number(regions, row, "upload_mbps"),
        )
        for row in _rows(regions)
    ]
    means = {
        (_text(latency_ms, row, "region"), region.code): _number(latency_ms, row, region.code)
        for row in _rows(latency_ms)
        for region in rows
    }
    return RegionTable(
        regions=tuple(rows), latency_ms_mean=means, source=f"{regions.name}, {latency_ms.name}"
    )


@cache
def simblock_2019() -> RegionTable:
    """Return the table that comes with the package: Bitcoin's network as SimBlock measured it in 2019."""
    here = Path(__file__).parent
    return read_regions(here / "simblock_2019_regions.csv", here / "simblock_2019_latency_ms.csv")


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ParameterError(Problem(where=str(path), what=f"the table can't be read: {error}")) from error
    return list(csv.DictReader(line for line in lines if line and not line.startswith("#")))


def _text(path: Path, row: Mapping[str, str | None], column: str) -> str:
    value = row.get(column)
    if not value:
        raise ParameterError(Problem(where=str(path), key=column, what="the column is missing or empty"))
    return value


def _number(path: Path, row: Mapping[str, str | None], column: str) -> float:
    text = _text(path, row, column)
    try:
        return float(text)
    except ValueError:
        where = f"{path} ({row.get('region')})"
        raise ParameterError(
            Problem(where=where, key=column, what=f"{text!r} is no number", value=text, allowed="a number")
        ) from None
