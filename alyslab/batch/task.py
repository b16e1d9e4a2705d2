"""What a worker is given to do, and what is heard of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from alyslab.batch.failure import Ending
from alyslab.batch.kinds import Value

START_TIMEOUT_S = 120.0
"""A worker or a kernel that needs longer to start than this is taken for broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One notebook to execute."""

    id: str
    input: str
    """Path of the source."""
    output: str
    """Path that papermill saves to, cell by cell."""
    cwd: str
    """Working directory of the kernel."""
    parameters: Mapping[str, Value]
    """Set in the notebook after its parameters cell."""
    total: int
    """Number of cells, for the progress display."""
    cell_timeout_s: float
    """Wall-clock limit of one cell."""
    notebook_timeout_s: float
    """Wall-clock limit of the whole notebook, kernel start included."""
    start_timeout_s: float = START_TIMEOUT_S
    """Wall-clock limit of the kernel's start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a task."""

    task: Task
    what: Literal["started", "cell", "ended"]
    cell: int = 0
    """Number of the cell that starts, counted from 1."""
    ending: Ending | None = None
    """How the task ended."""
    duration_s: float = 0.0
    """Wall-clock seconds since the task was started."""
