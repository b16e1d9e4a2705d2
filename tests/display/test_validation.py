"""Figures of the validation: everything that is published or simulated is drawn, with units."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from alyslab.display import validation


def estimate(value: float) -> SimpleNamespace:
    return SimpleNamespace(observed=value, expected=value * 1.01, sigma=0.01)


def labels_of(figure) -> list[str]:
    return [text for axes in figure.axes for text in (axes.get_xlabel(), axes.get_ylabel()) if text]


def test_stable_latencies_get_a_panel_for_each_network() -> None:
    """Published and simulated stand in one panel, or nobody can compare them."""
    rows = [
        SimpleNamespace(network=name, ratio=ratio, published_ms=50.0, mean_ms=55.0, sigma_ms=2.0)
        for name in ("grid", "line")
        for ratio in (0.5, 1.0)
    ]
    figure = validation.stable_latency_figure(rows)

    assert [axes.get_title(loc="left") or axes.get_title() for axes in figure.axes] == ["grid", "line"]
    assert len(figure.axes[0].lines) >= 2


@pytest.mark.parametrize(
    "figure",
    [
        lambda: validation.revenue_figure([(s, g, estimate(s)) for s in (0.1, 0.3) for g in (0.0, 1.0)]),
        lambda: validation.double_spend_figure(
            [(m, 0.1, n, estimate(0.1**n)) for m in ("nakamoto", "rosenfeld") for n in (1, 2)]
        ),
        lambda: validation.stale_figure([(0.1, estimate(0.02)), (0.3, estimate(0.01))]),
        lambda: validation.relay_figure(
            {"compact": [np.array([[0.1, 0.2, np.nan]])], "full": [np.ones((1, 3))]}
        ),
    ],
)
def test_every_axis_bears_its_unit(figure) -> None:
    """A number without a unit can't be held against anything."""
    labels = labels_of(figure())

    assert labels
    assert all("[" in label for label in labels)


def test_the_sweep_draws_every_point_of_every_protocol_in_a_panel_of_its_own() -> None:
    """A point that is missing from the figure, or hidden by another one, would look like agreement."""
    rows = [
        {"sweep": sweep, "protocol": protocol, "interval_s": x, "block_bytes": 1e6 * x}
        | {"published_t50_s": 2 * x, "t50_s": x, "t50_s_low": 0.9 * x, "t50_s_high": 1.1 * x}
        for sweep in ("interval", "size")
        for protocol in ("standard", "unsolicited", "relay")
        for x in (1.0, 2.0)
    ]
    figure = validation.sweep_figure(pd.DataFrame(rows), "t50_s", "median [s]")

    assert [axes.get_title(loc="left") or axes.get_title() for axes in figure.axes[:3]] == [
        *("standard", "unsolicited", "relay"),
    ]
    for axes in figure.axes:
        published, simulated = axes.lines[0], axes.containers[0].lines[0]
        assert list(published.get_ydata()) == [2.0, 4.0]
        assert list(simulated.get_ydata()) == [1.0, 2.0]
