from __future__ import annotations

import math
import statistics
from random import Random

import pytest

from alyslab.harnesses.network.latency import latency_of
from alyslab.harnesses.network.link import LinkSpec


@pytest.mark.parametrize(
    ("spec", "mean_ms", "deviation_ms"),
    [
        (LinkSpec(delay_ms=40, jitter_ms=10, distribution="uniform"), 40, 10 / math.sqrt(3)),
        (LinkSpec(delay_ms=60, jitter_ms=10, distribution="normal"), 60, 10),
        (LinkSpec(delay_ms=50, jitter_ms=20, distribution="lognormal"), 50, 20),
        (LinkSpec(delay_ms=50, jitter_ms=5, distribution="pareto"), 50, 5),
        (LinkSpec(delay_ms=5, jitter_ms=1, distribution="uniform", distance_km=2_042), 15, 1 / math.sqrt(3)),
    ],
)
@pytest.mark.parametrize("correlation", [0.0, 0.5])
def test_latencies_have_their_mean_and_spread_whatever_the_correlation(
    spec, mean_ms, deviation_ms, correlation
):
    """Correlation must bind neighbours without changing the distribution, which netem's own does."""
    draw = latency_of(spec.changed(correlation=correlation), Random(5))
    drawn = [draw() / 1e6 for _ in range(20_000)]
    inflation = (1 + correlation) / (1 - correlation)
    margin = 4.5 * deviation_ms * math.sqrt(inflation / len(drawn))
    assert abs(statistics.fmean(drawn) - mean_ms) < margin + 0.001
    assert statistics.pstdev(drawn) == pytest.approx(deviation_ms, rel=0.08)


def test_a_drawn_latency_is_a_whole_number_of_microseconds():
    """The last bit of a logarithm differs between C libraries; it must not reach a digest."""
    draw = latency_of(LinkSpec(delay_ms=50, jitter_ms=20, distribution="lognormal"), Random(5))
    assert all(draw() % 1_000 == 0 for _ in range(100))


def test_no_normal_latency_is_below_zero():
    """A message may not arrive before it left, however wide the bell is."""
    draw = latency_of(LinkSpec(delay_ms=1, jitter_ms=10, distribution="normal"), Random(5))
    drawn = [draw() for _ in range(1_000)]
    assert min(drawn) == 0
    assert max(drawn) > 10_000_000


class Corner(Random):
    """A stream that says nothing but its least number, or nothing but its greatest."""

    def __init__(self, number: float) -> None:
        super().__init__(1)
        self.number = number

    def random(self) -> float:
        return self.number


@pytest.mark.parametrize("share", [0.0, 2.0**-53, 0.5, 1.0 - 2.0**-53])
@pytest.mark.parametrize(
    "spec",
    [
        LinkSpec(delay_ms=40, jitter_ms=40, distribution="uniform"),
        LinkSpec(delay_ms=0, jitter_ms=10, distribution="normal"),
        LinkSpec(delay_ms=1e9, jitter_ms=1e9, distribution="normal"),
        LinkSpec(delay_ms=1e9, jitter_ms=1e-6, distribution="lognormal"),
        LinkSpec(delay_ms=1e-6, jitter_ms=1e9, distribution="lognormal"),
        LinkSpec(delay_ms=1e9, jitter_ms=1e-6, distribution="pareto"),
        LinkSpec(delay_ms=1e9, shape=1.5, distribution="pareto"),
    ],
)
def test_the_ends_of_every_distribution_are_latencies(spec, share):
    """A stream gives 0 once in 2^53 draws; a run must not end on that day, nor time go backwards."""
    latency_ns = latency_of(spec, Corner(share))()
    assert isinstance(latency_ns, int)
    assert latency_ns >= 0


@pytest.mark.parametrize("distribution", ["uniform", "normal", "lognormal", "pareto"])
def test_half_of_the_stream_is_the_median(distribution):
    """A latency is the quantile at one number, so the middle number gives the closed form's median."""
    spec = LinkSpec(delay_ms=50, jitter_ms=20, distribution=distribution)
    shape = 1 + math.sqrt(1 + (50 / 20) ** 2)
    medians_ms = {
        "uniform": 50.0,
        "normal": 50.0,
        "lognormal": 50 / math.sqrt(1 + (20 / 50) ** 2),
        "pareto": 50 * (shape - 1) / shape * 2 ** (1 / shape),
    }
    assert latency_of(spec, Corner(0.5))() == pytest.approx(medians_ms[distribution] * 1e6, abs=500)
