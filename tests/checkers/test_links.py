from __future__ import annotations

import math

import pytest

from alyslab.checkers.link_forms import (
    cumulative,
    loss_ratio,
    loss_variance,
    moments_ms,
    persistence,
)
from alyslab.checkers.links import check_links
from alyslab.harnesses.network.workloads.links import links
from alyslab.runtime import simulate
from alyslab.runtime.journal import Journal


class HandClock:
    """A clock that stands where the test puts it."""

    now_ns = 0


def test_a_journal_without_links_proves_nothing():
    """What was not observed is inconclusive, never a success."""
    assert check_links(Journal(HandClock())).verdict.status == "inconclusive"


def test_too_few_messages_prove_nothing():
    """A hundred tosses are the least from which a ratio can be told."""
    run = simulate(links, seed=1, parameters={"messages": 100, "only": ["lossy"]})
    assert check_links(run.journal).verdict.status == "pass"
    empty = Journal(HandClock())
    for event in run.journal.select(kind=("net.line", "net.connect"), before_ns=1):
        empty.record(event.kind, event.subject, **event.fields)
    assert check_links(empty).verdict.status == "inconclusive"


def test_the_loss_of_bursts_is_the_formula_of_the_issue():
    """(1-k)·r/(p+r) + (1-h)·p/(p+r), by hand."""
    assert loss_ratio({"gemodel": (0.05, 0.25, 0.6, 0.01)}) == pytest.approx(
        0.01 * 0.25 / 0.3 + 0.6 * 0.05 / 0.3
    )
    assert loss_ratio({"loss_ratio": 0.2}) == 0.2
    assert loss_ratio({}) == 0.0


def test_bursts_without_memory_vary_as_single_losses():
    """p + r = 1 makes every message independent: the burst term has to vanish."""
    assert loss_variance({"gemodel": (0.3, 0.7, 1.0, 0.0)}) == pytest.approx(0.3 * 0.7)
    assert loss_variance({"loss_ratio": 0.3}) == pytest.approx(0.3 * 0.7)
    assert loss_variance({"gemodel": (0.03, 0.07, 1.0, 0.0)}) > 10 * 0.3 * 0.7
    assert persistence(0.0) == 1.0


@pytest.mark.parametrize(
    "spec",
    [
        {"delay_ms": 40.0, "jitter_ms": 10.0, "distribution": "uniform"},
        {"delay_ms": 10.0, "jitter_ms": 10.0, "distribution": "normal"},
        {"delay_ms": 50.0, "jitter_ms": 20.0, "distribution": "lognormal"},
        {"delay_ms": 50.0, "jitter_ms": 10.0, "distribution": "pareto"},
        {"delay_ms": 32.0, "distribution": "pareto", "shape": 6.4, "distance_km": 500.0},
    ],
)
def test_moments_and_distribution_are_of_one_latency(spec):
    """Mean and variance are integrals of the distribution; here they are taken numerically."""
    below = cumulative(spec)
    steps = [index * 0.02 for index in range(100_000)]
    mean = sum(0.02 * (1 - below(ms + 0.01)) for ms in steps)
    square = sum(0.02 * 2 * (ms + 0.01) * (1 - below(ms + 0.01)) for ms in steps)
    expected_mean, expected_variance = moments_ms(spec)
    assert mean == pytest.approx(expected_mean, rel=2e-3)
    assert square - mean**2 == pytest.approx(expected_variance, rel=2e-2)


def test_a_pareto_without_variance_has_no_interval():
    """Its mean converges too slowly to be held against anything; the distribution is."""
    assert moments_ms({"delay_ms": 10.0, "distribution": "pareto", "shape": 1.5}) == (10.0, math.inf)
