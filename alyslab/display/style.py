"""One look for every figure: colours that colour-blind readers tell apart, readable sizes."""

from __future__ import annotations

from typing import Final

FIGURE_SIZE_IN: Final = (7.2, 4.2)
"""Width and height of a figure, in inches: one column of a page, or a notebook's width."""

RESOLUTION_DPI: Final = 120
"""Pixels per inch of a figure shown in a notebook."""


def apply() -> None:
    """Set the style of all figures drawn from here on; call it once in a notebook's set-up cell.

    Changes matplotlib's settings for this process.
    """
    import seaborn as sns

    sns.set_theme(
        context="notebook",
        style="ticks",
        palette="colorblind",
        rc={
            "figure.figsize": FIGURE_SIZE_IN,
            "figure.dpi": RESOLUTION_DPI,
            "figure.constrained_layout.use": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.grid.axis": "y",
            "grid.alpha": 0.4,
            "axes.titlelocation": "left",
            "axes.titleweight": "bold",
            "legend.frameon": False,
        },
    )
