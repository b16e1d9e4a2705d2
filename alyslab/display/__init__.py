"""What a notebook shows: figures, tables, progress, one style.

Checkers return evidence, this package draws it.  Importing it loads no plotting
library; the functions that draw do.
"""

from alyslab.display import style
from alyslab.display.figures import propagation_curve
from alyslab.display.progress import progress
from alyslab.display.table import Table
from alyslab.display.views import (
    configuration_table,
    determinism_table,
    frame_table,
    verdict_table,
)

__all__ = [
    "Table",
    "configuration_table",
    "determinism_table",
    "frame_table",
    "progress",
    "propagation_curve",
    "style",
    "verdict_table",
]
