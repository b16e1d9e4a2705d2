"""Figures of chaos: a plan over the service it disturbs, scores by family, heat maps, shrinking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

FAMILY_STYLES: Final = {
    "network": ("C0", ""),
    "process": ("C1", "////"),
    "resource": ("C2", "...."),
    "storage": ("C3", "xxxx"),
    "clock": ("C4", "\\\\\\\\"),
    "byzantine": ("C5", "++++"),
}
"""Colour and hatch of each family, so that it needs no colour."""


def plan_timeline(
    spans: Sequence[Mapping[str, Any]], service: pd.DataFrame, phases: Mapping[str, float]
) -> Figure:
    """Draw the faults of a run as bars over its throughput and availability.

    Parameters
    ----------
    spans
        Each fault: entry, fault, family, begin_s, end_s.
    service
        time_s, available_ratio, done_per_s.
    phases
        When each phase began, in s.
    """
    import matplotlib.pyplot as plt

    figure, (upper, lower) = plt.subplots(
        2,
        1,
        sharex=True,
        layout="constrained",
        figsize=(8.6, 3.4 + 0.3 * len(spans)),
        height_ratios=[max(1.0, 0.3 * len(spans)), 2.4],
    )
    for lane, span in enumerate(spans):
        colour, hatch = FAMILY_STYLES[span["family"]]
        length_s = max(span["end_s"] - span["begin_s"], 0.1)
        upper.broken_barh(
            [(span["begin_s"], length_s)], (lane - 0.35, 0.7), color=colour, hatch=hatch, edgecolor="white"
        )
    upper.set_yticks(range(len(spans)), [f"{span['entry']} {span['fault']}" for span in spans])
    upper.invert_yaxis()
    upper.set(title="The plan, and the service that it left")
    lower.plot(service["time_s"], service["done_per_s"], color="C0", label="done a second")
    share = lower.twinx()
    share.plot(
        service["time_s"], service["available_ratio"], color="C3", linestyle="--", label="members that serve"
    )
    share.set(ylabel="share of members", ylim=(0, 1.05))
    share.grid(visible=False)
    for name, begin_s in phases.items():
        for axes in (upper, lower):
            axes.axvline(begin_s, color="0.6", linewidth=1)
        lower.annotate(name, (begin_s, 1.0), xycoords=("data", "axes fraction"), fontsize=8, color="0.35")
    lower.set(xlabel="time since the run began [s]", ylabel="done [1/s]")
    lower.set_ylim(bottom=0)
    lines = [*lower.get_lines()[:1], *share.get_lines()[:1]]
    lower.legend(lines, [str(line.get_label()) for line in lines], loc="lower right")
    plt.close(figure)  # the cell that returns the figure shows it
    return figure


def score_figure(families: pd.DataFrame) -> Figure:
    """Draw the mean score of each family with its bootstrap interval."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(layout="constrained", figsize=(7.2, 1.2 + 0.45 * len(families)))
    places = range(len(families))
    means = families["score_mean"]
    below, above = means - families["score_low"], families["score_high"] - means
    axes.errorbar(means, places, xerr=[below, above], fmt="o", color="C0", capsize=4)
    labels = [f"{row.family} (n={row.runs})" for row in families.itertuples()]
    axes.set_yticks(list(places), labels)
    axes.invert_yaxis()
    axes.set(xlim=(0, 1.02), xlabel="resilience score, mean and 95 % bootstrap interval over runs")
    axes.set_title("What each family of faults costs")
    axes.grid(axis="x", alpha=0.4)
    plt.close(figure)
    return figure


def heat_map(runs: pd.DataFrame) -> Figure:
    """Draw the mean score of each system under each family; empty where a fault can't act."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    table = runs.assign(score=runs["score"].astype(float)).pivot_table(
        index="family", columns="system", values="score", aggfunc="mean", sort=False
    )
    figure, axes = plt.subplots(layout="constrained", figsize=(6.4, 1.4 + 0.5 * len(table)))
    sns.heatmap(
        table,
        ax=axes,
        vmin=0,
        vmax=1,
        cmap="cividis",
        annot=True,
        fmt=".2f",
        cbar_kws={"label": "mean score"},
    )
    axes.set(xlabel="system", ylabel="family of faults", title="Fault by component")
    axes.tick_params(axis="y", rotation=0)
    plt.close(figure)
    return figure


def shrink_figure(before: Mapping[str, Any], after: Mapping[str, Any]) -> Figure:
    """Draw what shrinking left of each size, as a share of what there was."""
    import matplotlib.pyplot as plt

    names = [name for name, value in before.items() if value]
    figure, axes = plt.subplots(layout="constrained", figsize=(7.2, 1.2 + 0.4 * len(names)))
    shares = [after[name] / before[name] for name in names]
    axes.barh(range(len(names)), shares, color="C0")
    for place, name in enumerate(names):
        axes.annotate(
            f"{before[name]:g} → {after[name]:g}",
            (shares[place], place),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
        )
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set(xlim=(0, 1.25), xlabel="share that is left", title="The failing run, before and after shrinking")
    plt.close(figure)
    return figure
