"""Figures of the links' self-test: statistics and latencies beside their closed forms."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from alyslab.checkers.link_forms import cumulative
from alyslab.checkers.link_statistic import SIGMAS
from alyslab.checkers.links import LinkStudy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS: Final = 4


def statistics_figure(study: LinkStudy) -> Figure:
    """Draw how far each statistic is from its closed form, in its own standard deviations.

    Raises
    ------
    ValueError
        If nothing was measured.
    """
    drawn = [each for each in study.statistics if each.deviation > 0]
    if not drawn:
        raise ValueError("nothing to draw: no statistic of any link")
    import matplotlib.pyplot as plt

    names = list(dict.fromkeys(each.name for each in drawn))
    figure, axes = plt.subplots(figsize=(7.6, 1.1 + 0.5 * len(names)))
    axes.axvspan(-1.96, 1.96, color="C0", alpha=0.12, linewidth=0)
    for edge in (-SIGMAS, SIGMAS):
        axes.axvline(edge, color="C3", linestyle="--", linewidth=1.2)
    axes.axvline(0, color="0.6", linewidth=1)
    for each in drawn:
        off = each.score
        shown = max(min(off, 1.6 * SIGMAS), -1.6 * SIGMAS)
        colour, marker = ("C3", "X") if abs(off) > SIGMAS else ("C0", "o")
        axes.plot(shown, names.index(each.name), marker, color=colour, alpha=0.65, markersize=7)
    counts = [sum(each.name == name for each in drawn) for name in names]
    axes.set_yticks(range(len(names)), [f"{name} ({n})" for name, n in zip(names, counts, strict=True)])
    axes.set(
        xlabel="observed minus closed form [standard deviations]",
        ylim=(-0.6, len(names) - 0.4),
        title="Each dot is a link; 95 % belong in the band, all between the dashes",
    )
    axes.invert_yaxis()
    plt.close(figure)  # the cell that returns the figure shows it
    return figure


def latencies_figure(study: LinkStudy, specs: Mapping[str, Mapping[str, Any]]) -> Figure:
    """Draw the latencies of links as they came, and their closed form.

    Parameters
    ----------
    study
        What :func:`alyslab.checkers.links.check_links` measured.
    specs
        For each line to be drawn, by its name in the study, what its ``net.line`` row says.

    Raises
    ------
    ValueError
        If no line of that name was measured.
    """
    shown = {line: spec for line, spec in specs.items() if line in study.latencies_ms}
    if not shown:
        raise ValueError("nothing to draw: none of these lines was measured")
    import matplotlib.pyplot as plt

    rows = math.ceil(len(shown) / COLUMNS)
    figure, axes = plt.subplots(rows, COLUMNS, figsize=(9.6, 2.4 * rows), squeeze=False, sharey=True)
    cells = [cell for row in axes for cell in row]
    for cell, (line, spec) in zip(cells, shown.items(), strict=False):
        _draw_distribution(cell, study.latencies_ms[line], spec)
        cell.set_title(line.partition("/")[0], fontsize=10)
    for cell in cells[len(shown) :]:
        cell.set_axis_off()
    figure.supxlabel("latency [ms]", fontsize=11)
    figure.supylabel("messages that took at most as long [%]", fontsize=11)
    handles, labels = cells[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower right", ncols=2, fontsize="small")
    plt.close(figure)
    return figure


def _draw_distribution(axes: Any, sample: Sequence[float], spec: Mapping[str, Any]) -> None:
    import numpy as np

    ordered = np.sort(sample)
    low, high = ordered[0], np.quantile(ordered, 0.99)
    room = 0.05 * (high - low) + 1e-3
    times = np.linspace(low - room, high + room, 300)
    shares = np.searchsorted(ordered, times, side="right") / len(ordered)
    closed = [cumulative(spec)(float(time)) for time in times]
    axes.plot(times, 100 * shares, color="C0", linewidth=3.5, alpha=0.5, label="observed")
    axes.plot(times, 100 * np.asarray(closed), color="C1", linestyle="--", linewidth=1.3, label="closed form")
    axes.set_ylim(-2, 104)
