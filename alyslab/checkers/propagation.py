"""How blocks spread through a gossip network: who had which block when, and how fast the shares grew.

A pure reading of a journal, of a live run or of a saved file.
:mod:`alyslab.checkers.flood` says which events it reads and holds them against
what flooding promises; here they become times.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from alyslab.checkers.flood import GossipLog, flood_checks
from alyslab.checkers.verdict import Check, Verdict

if TYPE_CHECKING:
    import pandas as pd

    from alyslab.runtime import Journal

SHARES: Final = (0.5, 0.9, 1.0)
"""The shares of peers whose times are reported; measurements of Bitcoin give the same ones."""

NS_PER_MS: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One block at one peer that got it."""

    block: int
    """Number of the block."""
    peer: str
    """Who got it; the block's author included, at delay 0."""
    delay_ms: float
    """From the block's production to its first receipt here, in ms."""
    hops: int
    """Links that the block crossed to get here; 0 at its author."""
    source: str
    """From whom it came first; empty at its author."""
    size_bytes: int
    """What came first: the block, or what of it was sent; 0 at its author."""
    duplicates: int
    """How often it came again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachLimit:
    """How fast a share of the peers must have a block."""

    share_ratio: float
    """Share of all peers, 0 to 1."""
    limit_ms: float
    """Longest time since the block's production, in ms, for the slowest block."""
    source: str
    """Where the limit comes from."""


@dataclass(frozen=True, slots=True)
class Propagation:
    """What a journal shows of the spreading of blocks."""

    verdict: Verdict
    """Whether the flood kept its promises."""
    peers: tuple[str, ...] = ()
    """All peers of the network, in the order in which they joined."""
    blocks: tuple[int, ...] = ()
    """All blocks produced, in order."""
    arrivals: tuple[Arrival, ...] = ()
    """Each block at each peer that got it, in the order of blocks, then of time."""
    messages: Mapping[int, int] = field(default_factory=dict)
    """Messages handled, by block."""

    def trace(self, block: int) -> tuple[Arrival, ...]:
        """Return one block's arrivals in the order of time: who had it from whom."""
        return tuple(arrival for arrival in self.arrivals if arrival.block == block)

    def delays_ms(self) -> dict[int, list[float]]:
        """Return, for each block, the delay to each peer that got it, ascending, in ms."""
        delays: dict[int, list[float]] = {block: [] for block in self.blocks}
        for arrival in self.arrivals:
            delays[arrival.block].append(arrival.delay_ms)
        return {block: sorted(of_block) for block, of_block in delays.items()}

    def reach_ms(self, share_ratio: float) -> dict[int, float | None]:
        """Return how long each block took to be at that share of all peers, in ms; None if it never was."""
        needed = max(1, math.ceil(share_ratio * len(self.peers) - 1e-9))
        return {
            block: of_block[needed - 1] if len(of_block) >= needed else None
            for block, of_block in self.delays_ms().items()
        }

    def best_reach_ms(self, share_ratio: float) -> float | None:
        """Return the fastest block's time to that share of peers, in ms; None if a block never got there."""
        times_ms = self._all_reach_ms(share_ratio)
        return min(times_ms) if times_ms else None

    def worst_reach_ms(self, share_ratio: float) -> float | None:
        """Return the slowest block's time to that share of peers, in ms; None if a block never got there."""
        times_ms = self._all_reach_ms(share_ratio)
        return max(times_ms) if times_ms else None

    def median_reach_ms(self, share_ratio: float) -> float | None:
        """Return the median block's time to that share of peers, in ms; None if a block never got there."""
        times_ms = self._all_reach_ms(share_ratio)
        return statistics.median(times_ms) if times_ms else None

    def _all_reach_ms(self, share_ratio: float) -> list[float]:
        times_ms = self.reach_ms(share_ratio).values()
        known_ms = [time_ms for time_ms in times_ms if time_ms is not None]
        return known_ms if len(known_ms) == len(times_ms) else []

    def frame(self) -> pd.DataFrame:
        """Return the arrivals as a tidy table: who had which block from whom, when, over how many links."""
        import pandas as pd

        columns = ["block", "peer", "source", "delay_ms", "hops", "size_bytes", "duplicates"]
        return pd.DataFrame(
            [[getattr(arrival, column) for column in columns] for arrival in self.arrivals], columns=columns
        )

    def reach_frame(self, shares: Sequence[float] = SHARES) -> pd.DataFrame:
        """Return the times to each share of peers as a tidy table: block, share_ratio, reach_ms."""
        import pandas as pd

        rows = [
            (block, share, time_ms) for share in shares for block, time_ms in self.reach_ms(share).items()
        ]
        return pd.DataFrame(rows, columns=["block", "share_ratio", "reach_ms"])

    def summary_frame(self, shares: Sequence[float] = SHARES) -> pd.DataFrame:
        """Return a row for each share of peers with the best, the median and the worst block's reach_ms."""
        import pandas as pd

        rows = [
            (share, self.best_reach_ms(share), self.median_reach_ms(share), self.worst_reach_ms(share))
            for share in shares
        ]
        columns = ["share_ratio", "reach_ms_best", "reach_ms_median", "reach_ms_worst"]
        return pd.DataFrame(rows, columns=columns)


def check_propagation(journal: Journal, *, limits: Sequence[ReachLimit] = ()) -> Propagation:
    """Read how blocks spread and hold it against what undisturbed gossip promises.

    Parameters
    ----------
    journal
        The journal of a run of :func:`alyslab.harnesses.network.gossip.spread`.
    limits
        How fast shares of the peers must have each block; a share that some
        block never reached makes its check inconclusive (that the block is
        missing is the delivery check's to say).

    A journal in which no block was produced gives an inconclusive verdict.
    """
    log = GossipLog.read(journal)
    if not log.produced or not log.peers:
        what = "no block was produced" if not log.produced else "no peer joined the network"
        return Propagation(Verdict.inconclusive("every block reaches every peer", f"{what} in this journal"))
    spread = Propagation(
        verdict=Verdict(),
        peers=tuple(log.peers),
        blocks=tuple(log.produced),
        arrivals=_arrivals(log),
        messages=log.messages(),
    )
    checks = (*flood_checks(log), *(_reach_within(spread, limit) for limit in limits))
    return replace(spread, verdict=Verdict(checks))


def _arrivals(log: GossipLog) -> tuple[Arrival, ...]:
    again = Counter(
        (event.fields["block"], event.subject)
        for event in log.received
        if log.firsts[event.fields["block"], event.subject] is not event
    )
    arrivals = [
        Arrival(
            block=block,
            peer=peer,
            delay_ms=(first.time_ns - log.produced[block].time_ns) / NS_PER_MS,
            hops=first.fields.get("hops", 0),
            source=first.fields.get("sender", ""),
            size_bytes=first.fields["bytes"] if "sender" in first.fields else 0,
            duplicates=again[block, peer],
        )
        for (block, peer), first in log.firsts.items()
        if block in log.produced
    ]
    order = {block: place for place, block in enumerate(log.produced)}
    return tuple(sorted(arrivals, key=lambda arrival: (order[arrival.block], arrival.delay_ms)))


def _reach_within(spread: Propagation, limit: ReachLimit) -> Check:
    observed = spread.worst_reach_ms(limit.share_ratio)
    return Check(
        name=f"the slowest block is at {limit.share_ratio:.0%} of the peers in time",
        observed=observed,
        comparison="<=",
        limit=limit.limit_ms,
        unit="ms",
        source=limit.source,
        note="" if observed is not None else "some block never reached that many peers",
    )
