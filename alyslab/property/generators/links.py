"""Links that delay, lose, double, reorder and corrupt, each in a way that has a closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from alyslab.harnesses.network.link import DISTRIBUTIONS, GilbertElliott, LinkSpec
from alyslab.property.case import case

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

BURSTS: Final = ((0.05, 0.25), (0.02, 0.2), (0.1, 0.5))
"""Chances of a burst of losses to begin and to end, with each message."""
SHARES: Final = (0.0, 0.1, 0.3)


@case
@dataclass(frozen=True, slots=True)
class ChancePlan:
    """One link, and what it does by chance."""

    delay_ms: int = 20
    jitter_ms: int = 0
    distribution: str = DISTRIBUTIONS[0]
    correlation: float = 0.0
    loss_ratio: float = 0.0
    burst: tuple[float, float] | None = None
    """Loses in bursts instead: chances of one to begin and to end."""
    duplicate_ratio: float = 0.0
    reorder_ratio: float = 0.0
    corrupt_ratio: float = 0.0

    @property
    def spec(self) -> LinkSpec:
        """The conditions as the network takes them; no link is FIFO, or its latencies would be others'."""
        return LinkSpec(
            delay_ms=float(self.delay_ms),
            jitter_ms=float(self.jitter_ms),
            distribution=self.distribution,
            correlation=self.correlation,
            loss_ratio=0.0 if self.burst else self.loss_ratio,
            gemodel=GilbertElliott(p=self.burst[0], r=self.burst[1]) if self.burst else None,
            duplicate_ratio=self.duplicate_ratio,
            reorder_ratio=self.reorder_ratio,
            corrupt_ratio=self.corrupt_ratio,
            fifo=False,
        )


def chance_plans() -> SearchStrategy[ChancePlan]:
    """Draw one link; shrinks to one that delays everything by 20 ms and nothing else."""
    from hypothesis import strategies as st

    def link(
        latency: tuple[str, int, float], loss: float, burst: tuple[float, float] | None, *others: float
    ) -> ChancePlan:
        distribution, jitter_ms, correlation = latency
        return ChancePlan(20, jitter_ms, distribution, correlation, 0.0 if burst else loss, burst, *others)

    jittery = [(name, jitter, k) for name in DISTRIBUTIONS[1:] for jitter in (5, 15) for k in (0.0, 0.3, 0.6)]
    share = st.sampled_from(SHARES)
    return st.builds(
        link,
        st.sampled_from([("constant", 0, 0.0), *jittery]),
        share,
        st.sampled_from((None, None, *BURSTS)),
        share,
        share,
        share,
    )
