"""Closed forms of a link's conditions, as the journal keeps them: how much it loses, how late it is.

They are derived from the conditions alone and share no code with what draws
the messages, so that each can be held against the other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from statistics import NormalDist
from typing import Any, Final

FIBRE_KM_PER_MS: Final = 299_792.458 / 1.468 / 1_000
"""How far light gets in standard single-mode fibre (group index 1.468) in a ms."""

Spec = Mapping[str, Any]
"""What of a link differs from a perfect one: the pairs of its ``net.line`` row."""


def distribution(spec: Spec) -> str:
    """Return how the link's latency is distributed."""
    return str(spec.get("distribution", "constant"))


def loss_ratio(spec: Spec) -> float:
    """Return the share of messages that a link loses in the long run."""
    if "gemodel" in spec:
        p, r, bad, good = spec["gemodel"]
        return float((good * r + bad * p) / (p + r))
    return float(spec.get("loss_ratio", 0.0))


def persistence(correlation: float) -> float:
    """Return by how much a correlated sequence's mean varies more than an independent one's."""
    return (1 + correlation) / (1 - correlation)


def loss_variance(spec: Spec) -> float:
    """Return n times the variance of the mean of n losses: that of one, and of each with all others."""
    ratio = loss_ratio(spec)
    if "gemodel" not in spec:
        return ratio * (1 - ratio) * persistence(spec.get("loss_correlation", 0.0))
    p, r, bad, good = spec["gemodel"]
    memory = 1 - p - r
    states = p * r / (p + r) ** 2
    return float(ratio * (1 - ratio) + 2 * states * (bad - good) ** 2 * memory / (1 - memory))


def least_latency_ms(spec: Spec) -> float:
    """Return the least latency that a link's conditions allow, in ms."""
    delay_ms, jitter_ms = float(spec.get("delay_ms", 0.0)), float(spec.get("jitter_ms", 0.0))
    least_ms = 0.0
    match distribution(spec):
        case "constant":
            least_ms = delay_ms
        case "uniform":
            least_ms = delay_ms - jitter_ms
        case "pareto":
            least_ms = delay_ms * (1 - 1 / pareto_shape(spec))
    return least_ms + float(spec.get("distance_km", 0.0)) / FIBRE_KM_PER_MS


def moments_ms(spec: Spec) -> tuple[float, float]:
    """Return mean (ms) and variance (ms²) of a link's latency."""
    delay, jitter = float(spec.get("delay_ms", 0.0)), float(spec.get("jitter_ms", 0.0))
    extra = float(spec.get("distance_km", 0.0)) / FIBRE_KM_PER_MS
    match distribution(spec):
        case "uniform":
            return extra + delay, jitter**2 / 3
        case "normal" if jitter:
            ratio = delay / jitter
            above, density = _phi(ratio), math.exp(-(ratio**2) / 2) / math.sqrt(2 * math.pi)
            mean = delay * above + jitter * density
            return extra + mean, (delay**2 + jitter**2) * above + delay * jitter * density - mean**2
        case "lognormal":
            return extra + delay, jitter**2
        case "pareto":
            shape = pareto_shape(spec)
            if shape <= 2:
                return extra + delay, math.inf
            return extra + delay, delay**2 / (shape * (shape - 2)) if math.isfinite(shape) else 0.0
        case _:
            return extra + delay, 0.0


def pareto_shape(spec: Spec) -> float:
    """Return the shape of a Pareto latency, given or from its mean and standard deviation."""
    if spec.get("shape") is not None:
        return float(spec["shape"])
    jitter = float(spec.get("jitter_ms", 0.0))
    return 1 + math.sqrt(1 + (float(spec["delay_ms"]) / jitter) ** 2) if jitter else math.inf


def _phi(value: float) -> float:
    return 0.5 * math.erfc(-value / math.sqrt(2))


def normal_score(quantile: float) -> float:
    """Return the normal number below which that share of all lies."""
    return NormalDist().inv_cdf(min(max(quantile, 1e-12), 1 - 1e-12))


def cumulative(spec: Spec) -> Callable[[float], float]:
    """Return the distribution function of a drawn latency in ms."""
    delay, jitter = float(spec.get("delay_ms", 0.0)), float(spec.get("jitter_ms", 0.0))
    extra = float(spec.get("distance_km", 0.0)) / FIBRE_KM_PER_MS
    match distribution(spec):
        case "uniform":
            return lambda ms: min(max((ms - extra - delay + jitter) / (2 * jitter), 0.0), 1.0)
        case "normal":
            return lambda ms: _phi((ms - extra - delay) / jitter) if ms >= extra else 0.0
        case "lognormal":
            variance = math.log1p((jitter / delay) ** 2)
            mu, sigma = math.log(delay) - variance / 2, math.sqrt(variance)
            return lambda ms: _phi((math.log(ms - extra) - mu) / sigma) if ms > extra else 0.0
        case _:
            shape = pareto_shape(spec)
            scale = delay * (shape - 1) / shape
            return lambda ms: 1 - (scale / (ms - extra)) ** shape if ms - extra > scale else 0.0
