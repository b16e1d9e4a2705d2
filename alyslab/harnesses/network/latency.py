"""Drawing latencies: each is the quantile at one number of the link's stream.

Latencies that a logarithm or a power went into are rounded to whole µs: the
last bit of these differs between C libraries and must not reach a digest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from random import Random
from statistics import NormalDist
from typing import Final

from alyslab.harnesses.network.link import LinkSpec

NS_PER_MS = 1_000_000
US_PER_MS = 1_000
_ROOT_TWO = math.sqrt(2.0)
_LEAST: Final = 2.0**-60
"""What stands for a share of 0, at which some quantiles are infinite."""
_MOST: Final = 1.0 - 2.0**-53
"""What stands for a share of 1; no stream gives it, but rounding may."""

Quantile = Callable[[float], float]
"""The latency in ms below which that share of all lies; 0 is included, 1 is not."""


def latency_of(spec: LinkSpec, random: Random) -> Callable[[], int]:
    """Return a function that draws the latency of the next message, in ns; consumes ``random``.

    A correlation begins with one draw here.
    """
    if spec.distribution == "constant" or not (spec.jitter_ms or spec.shape):
        constant_ns = round((spec.delay_ms + spec.distance_ms) * NS_PER_MS)
        return lambda: constant_ns
    share = _correlated(spec.correlation, random) if spec.correlation else random.random
    quantile_ms, extra_ns = _QUANTILES[spec.distribution](spec), round(spec.distance_ms * NS_PER_MS)
    return lambda: extra_ns + round(quantile_ms(share()) * US_PER_MS) * 1_000


def _correlated(correlation: float, random: Random) -> Callable[[], float]:
    """Return draws between 0 and 1 (excluded), each bound to the one before.

    They are the shares of an autoregressive process of order 1 with mean 0 and
    variance 1 throughout.
    """
    rest, gauss = math.sqrt(1.0 - correlation * correlation), random.gauss
    last = gauss(0.0, 1.0)

    def share() -> float:
        nonlocal last
        value, last = last, correlation * last + rest * gauss(0.0, 1.0)
        return min(0.5 * math.erfc(-value / _ROOT_TWO), _MOST)

    return share


def _uniform(spec: LinkSpec) -> Quantile:
    low, width = spec.delay_ms - spec.jitter_ms, 2 * spec.jitter_ms
    return lambda share: low + width * share


def _clipped_normal(spec: LinkSpec) -> Quantile:
    """Return a normal distribution with everything below 0 at 0, as netem sends such messages at once."""
    normal = NormalDist(spec.delay_ms, spec.jitter_ms)
    quantile, negative = normal.inv_cdf, normal.cdf(0.0)
    return lambda share: quantile(share) if share > negative else 0.0


def _lognormal(spec: LinkSpec) -> Quantile:
    variance = math.log1p((spec.jitter_ms / spec.delay_ms) ** 2)
    quantile = NormalDist(math.log(spec.delay_ms) - variance / 2, math.sqrt(variance)).inv_cdf
    return lambda share: math.exp(quantile(share or _LEAST))


def _pareto(spec: LinkSpec) -> Quantile:
    # From mean m = s·a/(a-1) and variance m²/(a(a-2)): a = 1 + √(1 + (m/deviation)²).
    shape = spec.shape if spec.shape is not None else 1 + math.sqrt(1 + (spec.delay_ms / spec.jitter_ms) ** 2)
    scale, power = spec.delay_ms * (shape - 1) / shape, -1.0 / shape
    return lambda share: float(scale * (1.0 - share) ** power)


_QUANTILES: Final[Mapping[str, Callable[[LinkSpec], Quantile]]] = {
    "uniform": _uniform,
    "normal": _clipped_normal,
    "lognormal": _lognormal,
    "pareto": _pareto,
}
