"""Numbers of syncs as figures and tables: recoveries, rates, and the readings of the rules side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any, Final

from alyslab.checkers.sync_recovery import CHECKPOINT_S, PARTITION_S
from alyslab.display.table import Table

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from alyslab.metrics import MetricRow

LABEL_CHARACTERS: Final = 36
"""Where the label of a bar is broken."""
LIMITS_S: Final = {"partition": PARTITION_S, "checkpoint": CHECKPOINT_S}


def recovery_frame(metrics: Iterable[MetricRow]) -> pd.DataFrame:
    """Return the recoveries that the phase timed, as :func:`recovery_figure` takes them."""
    import pandas as pd

    rows: list[tuple[str, float]] = []
    for row in metrics:
        if row.metric == "recovery_time" and row.value is not None:
            rows.append((str(row.labels["kind"]), float(row.value)))
        elif row.metric == "recoveries_never_over":
            rows += [(str(row.labels["kind"]), float("nan"))] * int(row.value or 0)
    return pd.DataFrame(rows, columns=["kind", "recovery_s"])


def recovery_figure(times: pd.DataFrame) -> Figure:
    """Draw how long recoveries took: a dot each by kind, against its limit.

    Parameters
    ----------
    times
        Columns ``kind`` and ``recovery_s``; NaN, for one that never ended, is counted in its label.
    """
    import matplotlib.pyplot as plt

    if times.empty:
        raise ValueError("nothing to draw: no recovery was seen")
    kinds = list(dict.fromkeys(times["kind"]))
    figure, axes = plt.subplots(layout="constrained", figsize=(7.2, 1.6 + 0.8 * len(kinds)))
    labels = []
    for lane, kind in enumerate(kinds):
        seen = times[times["kind"] == kind]["recovery_s"]
        ended = sorted(seen.dropna())
        spread = [lane + 0.22 * ((place * 7) % 5 - 2) / 2 for place in range(len(ended))]
        axes.plot(ended, spread, "o", color=f"C{lane}", alpha=0.7)
        if ended:
            axes.vlines(ended[len(ended) // 2], lane - 0.34, lane + 0.34, color="0.2", linewidth=2)
        axes.vlines(LIMITS_S[kind], lane - 0.42, lane + 0.42, color="C3", linestyle="--", linewidth=2)
        never = int(seen.isna().sum())
        labels.append(f"{kind}\n{len(ended)} seen" + (f", {never} never" if never else ""))
    axes.set(
        xlabel="time until the node is back [virtual s]",
        yticks=range(len(kinds)),
        yticklabels=labels,
        xlim=(0, max(LIMITS_S.values()) * 1.05),
        ylim=(len(kinds) - 0.4, -0.6),
    )
    axes.set_title("bar: median, dashed: limit", fontsize="medium", fontweight="normal")
    plt.close(figure)  # the cell that returns the figure shows it; pyplot would show it again
    return figure


def rate_figure(rates: Sequence[tuple[str, float]], *, unit: str) -> Figure:
    """Draw rates as bars, in the order given, each with its number; ``unit`` labels the axis."""
    import matplotlib.pyplot as plt

    if not rates:
        raise ValueError("nothing to draw: no rate was measured")
    figure, axes = plt.subplots(layout="constrained", figsize=(7.2, 1.2 + 0.6 * len(rates)))
    values = [rate for _, rate in rates]
    bars = axes.barh([fill(name, LABEL_CHARACTERS) for name, _ in rates], values, color="C0")
    axes.bar_label(bars, labels=[f"{value:,.0f}" for value in values], padding=4)
    axes.set(xlabel=unit, xlim=(0, max(values) * 1.15))
    axes.invert_yaxis()
    axes.grid(visible=False)
    plt.close(figure)  # the cell that returns the figure shows it; pyplot would show it again
    return figure


def policy_table(policies: Mapping[str, Any]) -> Table:
    """Return the readings of V2's sync, one a row: what documents and files state differently."""
    rows = [
        (
            name,
            policy.downloads,
            f"{policy.checkpoint_interval} blocks",
            f"{policy.blacklist_failures} failures",
            policy.production.ratio_least,
            "any" if policy.production.behind_most is None else policy.production.behind_most,
        )
        for name, policy in policies.items()
    ]
    columns = ("policy", "downloads", "checkpoint every", "blacklist after", "may produce from", "behind")
    return Table(title="Readings of V2's sync", columns=columns, rows=tuple(rows))


def rate_rows(metrics: Iterable[MetricRow], metric: str, *labels: str) -> list[tuple[str, float]]:
    """Return the values of a metric, each named by these of its labels, as :func:`rate_figure` takes them."""
    return [
        (": ".join(str(row.labels[label]) for label in labels), float(row.value))
        for row in metrics
        if row.metric == metric and row.value is not None
    ]
