"""Figures of property-based tests: what was generated, and how soon planted defects were falsified."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from alyslab.display.table import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS: Final = 3
LABEL_CHARS: Final = 24


def examinations_table(rows: Iterable[Mapping[str, Any]]) -> Table:
    """Return what was examined: cases, why of some there are fewer, and how many were drawn in vain."""
    keys = ("property", "claim", "status", "cases", "weight_reason", "discarded", "cut_short", "wall_s")
    return Table(
        title="Properties and machines",
        columns=("property", "claim", "status", "cases", "why fewer", "drawn in vain", "cut short", "s"),
        rows=tuple(
            tuple(round(row[key], 1) if key == "wall_s" else row[key] for key in keys) for row in rows
        ),
    )


def distributions_figure(panels: Mapping[str, Mapping[Hashable, int]]) -> Figure:
    """Draw how often each value of each feature was generated, a panel each.

    Parameters
    ----------
    panels
        Title of a panel to counts by value; numbers are drawn in order, names by how often they came.

    Raises
    ------
    ValueError
        If there is nothing to draw.
    """
    if not any(panels.values()):
        raise ValueError("nothing to draw: no case was generated")
    import matplotlib.pyplot as plt
    from matplotlib.ticker import MaxNLocator

    rows = -(-len(panels) // COLUMNS)
    figure, grid = plt.subplots(rows, COLUMNS, figsize=(9.4, 2.5 * rows), layout="constrained", squeeze=False)
    for axes, (title, counts) in zip(grid.flat, panels.items(), strict=False):
        numbers = [value for value in counts if isinstance(value, int)]
        if len(numbers) == len(counts):
            axes.bar(numbers, [counts[value] for value in numbers])
            axes.set_ylabel("cases")
            axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
            axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        else:
            names = sorted(counts, key=lambda value: counts[value])[-10:]
            axes.barh([_short(value) for value in names], [counts[value] for value in names])
            axes.set_xlabel("cases")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.tick_params(axis="y", labelsize="small")
        axes.set_title(title, fontsize="medium")
    for axes in list(grid.flat)[len(panels) :]:
        axes.set_visible(False)
    plt.close(figure)  # the cell that returns the figure shows it
    return figure


def hunts_figure(rows: Sequence[tuple[str, str, float | None]], *, limit: int, median_limit: int) -> Figure:
    """Draw how many cases it took to falsify each planted defect, on a logarithmic axis.

    Parameters
    ----------
    rows
        Defect, who found it, and the number of cases; None where it was not found.
    limit, median_limit
        The most cases allowed for each defect, and for the median one.

    Raises
    ------
    ValueError
        If there is nothing to draw.
    """
    if not rows:
        raise ValueError("nothing to draw: no defect was hunted")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8.6, 1.6 + 0.24 * len(rows)), layout="constrained")
    finders = list(dict.fromkeys(finder for _, finder, _ in rows))
    ordered = sorted(rows, key=lambda row: (finders.index(row[1]), row[2] or limit))[::-1]
    for place, (_, finder, cases) in enumerate(ordered):
        number = finders.index(finder)
        marker = "x" if cases is None else "osD^vP<>"[number % 8]
        axes.plot([cases or limit], [place], marker, color=f"C{number % 10}")
    axes.set_yticks(range(len(ordered)), [defect for defect, _, _ in ordered], fontsize="small")
    axes.set_xscale("log")
    axes.set_xlim(0.8, limit * 1.3)
    axes.axvline(limit, color="0.3", linestyle="-", linewidth=1)
    axes.axvline(median_limit, color="0.3", linestyle="--", linewidth=1)
    axes.set_xlabel("cases until falsified (dashed: bound of the median, solid: of each)")
    for number, finder in enumerate(finders):
        axes.plot([], [], "osD^vP<>"[number % 8], color=f"C{number % 10}", label=finder)
    axes.legend(fontsize="x-small", loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    plt.close(figure)
    return figure


def _short(value: Hashable) -> str:
    text = str(value)
    return text if len(text) <= LABEL_CHARS else f"{text[: LABEL_CHARS - 1]}…"
