"""Drawing latencies: one number of the link's stream for each message.

Latencies that a logarithm or a power went into are rounded to whole µs: the
last bit of these differs between C libraries and must not reach a digest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from random import Random
from typing import Final

from alyslab.harnesses.network.link import LinkSpec

NS_PER_MS = 1_000_000
US_PER_MS = 1_000
_ROOT_TWO = math.sqrt(2.0)


def latency_of(spec: LinkSpec, random: Random) -> Callable[[], int]:
    """Return a function that draws the latency of the next message, in ns; consumes ``random``."""
    constant_ns = round((spec.delay_ms + spec.distance_ms) * NS_PER_MS)
    if spec.distribution == "constant" or not (spec.jitter_ms or spec.shape):
        return lambda: constant_ns
    draw_ms = _DRAWS[spec.distribution](spec, random)
    extra_ns = round(spec.distance_ms * NS_PER_MS)
    return lambda: extra_ns + round(draw_ms() * US_PER_MS) * 1_000


Draw = Callable[[], float]


def _normal(spec: LinkSpec, random: Random) -> Draw:
    """Return draws with mean 0 and variance 1; neighbours have the link's correlation."""
    if spec.correlation:
        return _correlated_normal(spec.correlation, random)
    return partial(random.gauss, 0.0, 1.0)


def _uniform(spec: LinkSpec, random: Random) -> Draw:
    """Return draws between 0 and 1, as :func:`_normal`."""
    if not spec.correlation:
        return random.random
    normal = _correlated_normal(spec.correlation, random)
    return lambda: 0.5 * math.erfc(-normal() / _ROOT_TWO)


def _correlated_normal(correlation: float, random: Random) -> Callable[[], float]:
    """Return draws of an autoregressive process of order 1 with mean 0 and variance 1 throughout."""
    rest, gauss = math.sqrt(1.0 - correlation * correlation), random.gauss
    last = gauss(0.0, 1.0)

    def draw() -> float:
        nonlocal last
        value, last = last, correlation * last + rest * gauss(0.0, 1.0)
        return value

    return draw


def _evenly(spec: LinkSpec, random: Random) -> Draw:
    low, width, uniform = spec.delay_ms - spec.jitter_ms, 2 * spec.jitter_ms, _uniform(spec, random)
    return lambda: low + width * uniform()


def _clipped_normal(spec: LinkSpec, random: Random) -> Draw:
    """Return a normal distribution with everything below 0 at 0, as netem sends such messages at once."""
    mean, deviation, normal = spec.delay_ms, spec.jitter_ms, _normal(spec, random)
    return lambda: max(0.0, mean + deviation * normal())


def _lognormal(spec: LinkSpec, random: Random) -> Draw:
    variance = math.log1p((spec.jitter_ms / spec.delay_ms) ** 2)
    mu, sigma, normal = math.log(spec.delay_ms) - variance / 2, math.sqrt(variance), _normal(spec, random)
    return lambda: math.exp(mu + sigma * normal())


def _pareto(spec: LinkSpec, random: Random) -> Draw:
    # From mean m = s·a/(a-1) and variance m²/(a(a-2)): a = 1 + √(1 + (m/deviation)²).
    shape = spec.shape if spec.shape is not None else 1 + math.sqrt(1 + (spec.delay_ms / spec.jitter_ms) ** 2)
    scale, power, uniform = spec.delay_ms * (shape - 1) / shape, -1.0 / shape, _uniform(spec, random)
    # random() may return 0, never 1; a correlated draw may return 1 by rounding.
    return lambda: float(scale * max(1.0 - uniform(), 2**-60) ** power)


_DRAWS: Final[Mapping[str, Callable[[LinkSpec, Random], Draw]]] = {
    "uniform": _evenly,
    "normal": _clipped_normal,
    "lognormal": _lognormal,
    "pareto": _pareto,
}
