"""Figures of the validation: what was published, or what theory says, beside what was simulated.

Everywhere a line or a cross is the published or theoretical value, and a dot
with a bar the simulated one with its interval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKERS = "osD^v"


class Estimated(Protocol):
    """What a figure needs of an estimate."""

    @property
    def observed(self) -> float:
        """The estimate."""

    @property
    def expected(self) -> float:
        """What theory says."""

    @property
    def sigma(self) -> float:
        """The standard error."""


class Measured(Protocol):
    """What a figure needs of a quantile of Maelstrom's."""

    @property
    def network(self) -> str:
        """Where it was measured."""

    @property
    def ratio(self) -> float:
        """Which quantile."""

    @property
    def published_ms(self) -> float:
        """What was published."""

    @property
    def mean_ms(self) -> float:
        """What the same measurement gives here on average."""

    @property
    def sigma_ms(self) -> float:
        """How much it strays."""


def stable_latency_figure(quantiles: Sequence[Measured]) -> Figure:
    """Draw Maelstrom's stable latencies, a panel for each network."""
    import matplotlib.pyplot as plt

    networks = list(dict.fromkeys(each.network for each in quantiles))
    figure, panels = plt.subplots(1, len(networks), figsize=(9.6, 3.8), layout="constrained", squeeze=False)
    for axes, network in zip(panels[0], networks, strict=True):
        rows = [each for each in quantiles if each.network == network]
        places = range(len(rows))
        bars = [3 * each.sigma_ms for each in rows]
        style = {"fmt": "o", "capsize": 4, "label": "simulated, ± 3 standard deviations"}
        axes.errorbar(places, [each.mean_ms for each in rows], bars, **style)
        axes.plot(places, [each.published_ms for each in rows], "X", color="C3", label="published")
        axes.set(title=network, xlabel="quantile [ratio]", xticks=list(places), xlim=(-0.5, len(rows) - 0.5))
        axes.set_xticklabels([f"{each.ratio:g}" for each in rows])
        axes.set_ylim(0, 1.06 * axes.get_ylim()[1])
    panels[0][0].set_ylabel("stable latency [ms]")
    _legend_below(figure, panels[0][0])
    plt.close(figure)
    return figure


def revenue_figure(rows: Sequence[tuple[float, float, Estimated]]) -> Figure:
    """Draw a selfish miner's share of the main chain against its hash power, for each gamma."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(layout="constrained")
    shares = sorted({share for share, _, _ in rows})
    axes.plot(shares, shares, ":", color="0.4", label="what honest mining earns")
    for i, gamma in enumerate(sorted({gamma for _, gamma, _ in rows})):
        chosen = sorted((share, each) for share, g, each in rows if g == gamma)
        x = [share for share, _ in chosen]
        axes.plot(x, [each.expected for _, each in chosen], color=f"C{i}", label=f"theory, gamma {gamma:g}")
        observed, bars = [each.observed for _, each in chosen], [3 * each.sigma for _, each in chosen]
        axes.errorbar(x, observed, bars, fmt=MARKERS[i], color=f"C{i}", capsize=4)
    axes.set(
        xlabel="hash power of the selfish miner [share of all]",
        ylabel="its part of the main chain [share of blocks]",
        title="Selfish mining earns what Eyal and Sirer derived",
    )
    axes.legend(title="markers: simulated, ± 3 standard errors")
    plt.close(figure)
    return figure


def double_spend_figure(rows: Sequence[tuple[str, float, int, Estimated]]) -> Figure:
    """Draw the probability of a double spend against confirmations, a panel for each model."""
    import matplotlib.pyplot as plt

    models = list(dict.fromkeys(model for model, *_ in rows))
    figure, panels = plt.subplots(
        1, len(models), figsize=(9.0, 4.2), layout="constrained", sharey=True, squeeze=False
    )
    for axes, model in zip(panels[0], models, strict=True):
        for i, share in enumerate(sorted({share for name, share, *_ in rows if name == model})):
            chosen = sorted((count, each) for name, s, count, each in rows if (name, s) == (model, share))
            x, expected = [count for count, _ in chosen], [each.expected for _, each in chosen]
            axes.plot(x, expected, color=f"C{i}", label=f"theory, attacker {share:.0%}")
            observed, bars = [each.observed for _, each in chosen], [3 * each.sigma for _, each in chosen]
            axes.errorbar(x, observed, bars, fmt=MARKERS[i], color=f"C{i}", capsize=4)
        axes.set(yscale="log", xlabel="confirmations [blocks]", title=model.capitalize(), xticks=range(1, 11))
    panels[0][0].set_ylabel("probability of a double spend [ratio]")
    figure.suptitle("Markers: simulated, ± 3 standard errors", fontsize="medium", x=0.01, ha="left")
    _legend_below(figure, panels[0][0])
    plt.close(figure)
    return figure


def stale_figure(rows: Sequence[tuple[float, Estimated]]) -> Figure:
    """Draw each miner's stale blocks against its hash power."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(layout="constrained")
    x = [100 * share for share, _ in rows]
    bars = [300 * each.sigma for _, each in rows]
    axes.errorbar(
        x,
        [100 * each.observed for _, each in rows],
        bars,
        fmt="o",
        capsize=4,
        label="simulated, ± 3 standard errors",
    )
    axes.plot(x, [100 * each.expected for _, each in rows], "X", color="C3", label="published")
    axes.set(
        xlabel="hash power of the miner [% of all]",
        ylabel="its stale blocks [% of its blocks on the chain]",
        title="Small miners lose more blocks to delay",
    )
    axes.set_ylim(bottom=0)
    axes.legend()
    plt.close(figure)
    return figure


def relay_figure(delays_s: Mapping[str, Sequence[Any]]) -> Figure:
    """Draw which share of nodes has a block against its age: a thin line for each network, by way of relay.

    Parameters
    ----------
    delays_s
        By way of relay, an array of delays for each network; NaN where a block never came.
    """
    import matplotlib.pyplot as plt
    import numpy as np

    figure, axes = plt.subplots(layout="constrained")
    for i, (name, networks) in enumerate(delays_s.items()):
        middle = []
        for j, delays in enumerate(networks):
            ordered = np.sort(np.ravel(delays))
            shares = 100 * np.arange(1, len(ordered) + 1) / len(ordered)
            middle.append(float(np.nanmedian(ordered)))
            label = name if j == 0 else None
            axes.plot(ordered, shares, color=f"C{i}", alpha=0.7, linewidth=1.2, label=label)
        axes.plot([np.mean(middle)], [50], MARKERS[i], color=f"C{i}", markersize=9)
        axes.annotate(
            f"{np.mean(middle):.2f} s", (np.mean(middle), 50), xytext=(8, -14), textcoords="offset points"
        )
    axes.set(
        xscale="log",
        xlabel="time since the block was found [s]",
        ylabel="nodes that have it [%]",
        title="Compact blocks reach half of the nodes first",
        ylim=(0, 101),
    )
    axes.legend(title="a line for each network")
    plt.close(figure)
    return figure


def sweep_figure(frame: pd.DataFrame, column: str, label: str) -> Figure:
    """Draw one quantity of the ns-3 sweep, published beside simulated; protocols in columns."""
    import matplotlib.pyplot as plt

    protocols = list(dict.fromkeys(frame["protocol"]))
    figure, panels = plt.subplots(
        *(2, len(protocols)),
        figsize=(9.6, 6.4),
        layout="constrained",
        sharey=True,
        sharex="row",
        squeeze=False,
    )
    rows = (
        ("interval", "interval_s", 1.0, "block interval [s], size grows with it"),
        ("size", "block_bytes", 1e6, "block size [MB], every 600 s"),
    )
    for row, (sweep, x, scale, name) in zip(panels, rows, strict=True):
        for axes, protocol in zip(row, protocols, strict=True):
            chosen = frame[(frame["sweep"] == sweep) & (frame["protocol"] == protocol)].sort_values(x)
            at, middle = chosen[x] / scale, chosen[column]
            axes.plot(at, chosen[f"published_{column}"], "X--", color="C3", label="published")
            bars = (middle - chosen[f"{column}_low"], chosen[f"{column}_high"] - middle)
            axes.errorbar(at, middle, bars, fmt="o", color="C0", capsize=4, label="simulated")
            axes.set(xscale="log", yscale="log")
            axes.xaxis.set_major_formatter("{x:g}")
        row[len(protocols) // 2].set_xlabel(name)
    for axes, protocol in zip(panels[0], protocols, strict=True):
        axes.set_title(protocol)
    panels[0][0].yaxis.set_major_formatter("{x:g}")
    figure.supylabel(label)
    _legend_below(figure, panels[0][0])
    plt.close(figure)
    return figure


def _legend_below(figure: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
