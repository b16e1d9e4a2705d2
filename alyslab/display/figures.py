"""Figures drawn from evidence: one claim each, units on every axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from alyslab.checkers.propagation import SHARES, Propagation

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from matplotlib.figure import Figure

    Array = npt.NDArray[np.float64]

POINTS: Final = 1_000
"""How many instants a curve is evaluated at: more than a figure has pixels across."""

FARTHEST: Final = 2.5
"""How far beyond the curve's end the next slot may lie to be drawn, as a multiple of that end."""


_BACKING: Final = {"boxstyle": "round,pad=0.15", "facecolor": "white", "alpha": 0.8, "linewidth": 0}
"""Behind words that may stand on a band or a line."""


def propagation_curve(spread: Propagation, *, slot_ms: float | None = None) -> Figure:
    """Draw which share of the peers has a block, against the time since its production.

    The line is the median across blocks, the dark band the middle half of
    them, the light band all of them.  Where the median crosses a reported
    share, a marker and its time stand beside the line.

    Parameters
    ----------
    spread
        What :func:`alyslab.checkers.propagation.check_propagation` read.
    slot_ms
        Length of a slot, in ms; its end is drawn where it does not lie far beyond the curve.

    Raises
    ------
    ValueError
        If there is nothing to draw: no block was produced.
    """
    if not spread.arrivals:
        raise ValueError("nothing to draw: no block was produced")
    import matplotlib.pyplot as plt

    end_ms, slot_shown = _extent_ms(spread, slot_ms)
    time_s, shares = _share_by_time(spread, end_ms)
    figure, axes = plt.subplots(layout="constrained")
    _draw_bands(axes, time_s, shares, len(spread.blocks))
    _mark_shares(axes, spread)
    if slot_shown:
        _draw_slot(axes, slot_shown)
    axes.set(
        xlabel="time since the block was produced [s]",
        ylabel="peers that have the block [%]",
        xlim=(0, time_s[-1]),
        ylim=(0, 104),
        title=_title(spread, slot_ms),
    )
    figure.legend(loc="outside lower center", ncols=3, fontsize="small")  # inside, a wide band would hide it
    plt.close(figure)  # the cell that returns the figure shows it; pyplot would show it again
    return figure


def _extent_ms(spread: Propagation, slot_ms: float | None) -> tuple[float, float]:
    """Return where the time axis ends, and the slot's length if its end is shown, else 0."""
    last_ms = max(arrival.delay_ms for arrival in spread.arrivals)
    if slot_ms is not None and slot_ms <= FARTHEST * last_ms:
        return 1.04 * max(last_ms, slot_ms), slot_ms
    return 1.04 * last_ms, 0.0


def _share_by_time(spread: Propagation, end_ms: float) -> tuple[Array, Array]:
    """Return instants in s, and for each block (row) the share of peers that had it at each instant, in %."""
    import numpy as np

    time_ms = np.linspace(0.0, end_ms, POINTS)
    counts = [np.searchsorted(of_block, time_ms, side="right") for of_block in spread.delays_ms().values()]
    return time_ms / 1e3, 100.0 * np.asarray(counts, dtype=np.float64) / len(spread.peers)


def _draw_bands(axes: Any, time_s: Array, shares: Array, blocks: int) -> None:
    import numpy as np

    low, lower, median, upper, high = np.percentile(shares, [0, 25, 50, 75, 100], axis=0)
    if blocks > 1:
        band = {"color": "C0", "linewidth": 0, "step": "post"}
        axes.fill_between(time_s, low, high, alpha=0.2, label=f"all {blocks} blocks", **band)
        axes.fill_between(time_s, lower, upper, alpha=0.35, label="middle half of the blocks", **band)
    axes.step(time_s, median, where="post", color="C0", linewidth=2, label="median block")


def _mark_shares(axes: Any, spread: Propagation, shares: Sequence[float] = SHARES) -> None:
    """Mark where the median block reaches each reported share, and write the time beside it."""
    for share, marker in zip(shares, "os^", strict=False):
        reach_ms = spread.median_reach_ms(share)
        if reach_ms is not None:
            at = (reach_ms / 1e3, 100 * share)
            axes.plot(*at, marker, color="C1", markeredgecolor="white", markersize=9, clip_on=False, zorder=3)
            text = f"{share:.0%} after {reach_ms / 1e3:.2f} s"
            offset = {"xytext": (10, -15), "textcoords": "offset points"}
            axes.annotate(text, at, fontsize="small", bbox=_BACKING, **offset)


def _draw_slot(axes: Any, slot_ms: float) -> None:
    axes.axvline(slot_ms / 1e3, color="0.35", linestyle="--", linewidth=1.2)
    text = {"rotation": 90, "ha": "right", "va": "bottom", "fontsize": "small", "bbox": _BACKING}
    at = (slot_ms / 1e3, 3)
    axes.annotate("the next slot begins", at, xytext=(-4, 0), textcoords="offset points", **text)


def _title(spread: Propagation, slot_ms: float | None) -> str:
    """Say what the figure shows, the worst of it included."""
    worst_ms = spread.worst_reach_ms(1.0)
    if worst_ms is None:
        return f"Some blocks did not reach all of the {len(spread.peers)} peers"
    late = slot_ms is not None and worst_ms > slot_ms
    return f"Every block reached all of the {len(spread.peers)} peers" + (", some too late" if late else "")
