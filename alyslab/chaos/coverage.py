"""What the fault sites of the code did over several runs: armed, visited, fired.

A site that was armed and never fired, or that no run came by, is a gap of the
runs: what would happen there was not seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alyslab.runtime.sites import catalogue

if TYPE_CHECKING:
    from alyslab.runtime.sites import SiteCoverage


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteTally:
    """What one fault site did over several runs."""

    name: str
    armed: int
    """Runs that made it active and came by."""
    visits: int
    fired: int

    @property
    def gap(self) -> str:
        """Why nothing was seen of it; empty if it fired."""
        if self.fired:
            return ""
        return "armed, never fired" if self.armed else "never armed" if self.visits else "no run came by"


def tally(runs: Iterable[Iterable[SiteCoverage]], *, names: Iterable[str] = ()) -> list[SiteTally]:
    """Add up what sites did in runs, by name; sites that no run came by are there if ``names`` has them."""
    counts: dict[str, list[int]] = {name: [0, 0, 0] for name in names}
    for sites in runs:
        for one in sites:
            count = counts.setdefault(one.name, [0, 0, 0])
            count[0] += one.active
            count[1] += one.visits
            count[2] += one.fired
    return [
        SiteTally(name=name, armed=armed, visits=visits, fired=fired)
        for name, (armed, visits, fired) in sorted(counts.items())
    ]


def registered() -> dict[str, str]:
    """Return every site of the modules loaded so far, with what happens there."""
    return {entry.name: entry.summary for entry in catalogue() if entry.kind == "site"}


def site_rows(runs: Iterable[Iterable[SiteCoverage]]) -> list[tuple[str, str, int, int, int, str]]:
    """Return a row for each registered site: name, what happens there, armed, visits, fired, gap."""
    summaries = registered()
    return [
        (one.name, summaries[one.name], one.armed, one.visits, one.fired, one.gap)
        for one in tally(runs, names=summaries)
        if one.name in summaries
    ]
