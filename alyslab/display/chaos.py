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
    spans: Sequence[Mapping[str, Any]],
    service: pd.DataFrame,
    phases: Mapping[str, float],
    views: Mapping[str, Sequence[tuple[float, float]]],
) -> Figure:
    """Draw the faults of a run as bars over what each member did, and over throughput and availability.

    Parameters
    ----------
    spans
        Each fault: entry, fault, family, begin_s, end_s.
    service
        time_s, available_ratio, done_per_s.
    phases
        When each phase began, in s.
    views
        For each member, when it served: (begin, end) of each stretch, in s.
    """
    import matplotlib.pyplot as plt

    heights = [max(1.0, 0.3 * len(spans)), max(0.8, 0.26 * len(views)), 2.4]
    figure, (upper, middle, lower) = plt.subplots(
        3, 1, sharex=True, layout="constrained", figsize=(9.2, 1.2 + sum(heights)), height_ratios=heights
    )
    _draw_spans(upper, spans)
    for lane, stretches in enumerate(views.values()):
        lengths = [(begin_s, max(end_s - begin_s, 0.1)) for begin_s, end_s in stretches]
        middle.broken_barh(lengths, (lane - 0.3, 0.6), color="0.45")
    middle.set_yticks(range(len(views)), list(views))
    middle.set_ylabel("serving")
    middle.invert_yaxis()
    lower.plot(service["time_s"], service["done_per_s"], color="C0", label="done a second, all members")
    lower.set(xlabel="time since the run began [s]", ylabel="done [1/s]")
    lower.set_ylim(bottom=0)
    share = lower.twinx()
    share.plot(
        service["time_s"], service["available_ratio"], color="C3", linestyle="--", label="members that serve"
    )
    share.set(ylabel="share of members", ylim=(0, 1.05))
    share.grid(visible=False)
    _mark_phases((upper, middle, lower), phases)
    lines = [*lower.get_lines()[:1], *share.get_lines()[:1]]
    figure.legend(handles=lines, loc="outside lower center", ncols=2)
    plt.close(figure)  # the cell that returns the figure shows it
    return figure


def _draw_spans(axes: Any, spans: Sequence[Mapping[str, Any]]) -> None:
    from matplotlib.patches import Patch

    for lane, span in enumerate(spans):
        colour, hatch = FAMILY_STYLES[span["family"]]
        length_s = max(span["end_s"] - span["begin_s"], 0.1)
        axes.broken_barh(
            [(span["begin_s"], length_s)],
            (lane - 0.35, 0.7),
            facecolor=colour,
            hatch=hatch,
            edgecolor="white",
        )
    axes.set_yticks(range(len(spans)), [f"{span['entry']} {span['fault']}" for span in spans])
    axes.invert_yaxis()
    axes.set_title("The plan, and the service that it left", pad=18)
    families = dict.fromkeys(span["family"] for span in spans)
    handles = [
        Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=family)
        for family in families
        for colour, hatch in (FAMILY_STYLES[family],)
    ]
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.0), title="family")


def _mark_phases(panels: Sequence[Any], phases: Mapping[str, float]) -> None:
    for name, begin_s in phases.items():
        for axes in panels:
            axes.axvline(begin_s, color="0.6", linewidth=1)
        at = (begin_s, 1.0)
        panels[0].annotate(
            name, at, (2, 3), xycoords=("data", "axes fraction"), textcoords="offset points", fontsize=9
        )


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
    figure, axes = plt.subplots(
        layout="constrained", figsize=(2.2 + 0.9 * len(table.columns), 1.4 + 0.5 * len(table))
    )
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
    axes.set(xlabel="system", ylabel="family of faults", title="Fault by component; grey: none acts there")
    axes.set_facecolor("0.9")
    axes.grid(visible=False)
    axes.tick_params(axis="y", rotation=0)
    plt.close(figure)
    return figure


def _size(value: float) -> str:
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.4g}"


def shrink_figure(before: Mapping[str, Any], after: Mapping[str, Any]) -> Figure:
    """Draw what shrinking left of each size, as a share of what there was."""
    import matplotlib.pyplot as plt

    names = [name for name, value in before.items() if value]
    figure, axes = plt.subplots(layout="constrained", figsize=(7.2, 1.2 + 0.4 * len(names)))
    shares = [after[name] / before[name] for name in names]
    axes.barh(range(len(names)), shares, color="C0")
    for place, name in enumerate(names):
        axes.annotate(
            f"{_size(before[name])} → {_size(after[name])}",
            (shares[place], place),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
        )
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set(
        xlim=(0, max(shares, default=1.0) + 0.35),
        xlabel="share that is left",
        title="The failing run, before and after shrinking",
    )
    plt.close(figure)
    return figure
