"""What a person or a CI log sees while notebooks run."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import TaskID

    from alyslab.batch.manifest import NotebookEntry

MARKS: Mapping[str, str] = {"finished": "✓", "failed": "✗", "timed_out": "✗", "died": "✗"}
"""A symbol for each end of a notebook, always shown beside the word."""


class Progress(Protocol):
    """What the runner tells; a context manager around the run."""

    def __enter__(self) -> Progress: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def started(self, job_id: str, cells: int) -> None:
        """Take note that a notebook of ``cells`` cells was handed to a worker."""

    def cell(self, job_id: str, number: int) -> None:
        """Cell ``number``, counted from 1, starts."""

    def ended(self, entry: NotebookEntry) -> None:
        """Take note that a notebook ended; its entry is final."""


def progress_on(stream: TextIO) -> Progress:
    """Return live bars if ``stream`` is a terminal, else one line per event."""
    return Bars(stream) if stream.isatty() else Lines(stream)


def ending_line(entry: NotebookEntry) -> str:
    """Return one line that says how a notebook ended."""
    where = f" at cell {entry.error.cell}" if entry.error and entry.error.cell else ""
    why = f": {entry.error.message.splitlines()[0]}" if entry.error and entry.error.message else ""
    state = entry.state.replace("_", " ")
    return f"{MARKS.get(entry.state, '·')} {entry.id} {state} in {entry.duration_s or 0.0:.1f} s{where}{why}"


class Lines(contextlib.AbstractContextManager["Lines"]):
    """A plain line when a notebook starts and one when it ends, for logs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __exit__(self, *_: object) -> None:
        return None

    def started(self, job_id: str, cells: int) -> None:
        """Say that the notebook starts."""
        print(f"· {job_id} started ({cells} cells)", file=self._stream, flush=True)

    def cell(self, job_id: str, number: int) -> None:
        """Say nothing: a log needs no line per cell."""

    def ended(self, entry: NotebookEntry) -> None:
        """Say how the notebook ended."""
        print(ending_line(entry), file=self._stream, flush=True)


class Bars(contextlib.AbstractContextManager["Bars"]):
    """A bar for each running notebook, replaced by a line when it ends."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
        )

        self._bars: dict[str, TaskID] = {}
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("cells"),
            TimeElapsedColumn(),
            console=Console(file=stream),
            transient=True,
        )

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def started(self, job_id: str, cells: int) -> None:
        """Add a bar for the notebook."""
        self._bars[job_id] = self._progress.add_task(job_id, total=cells)

    def cell(self, job_id: str, number: int) -> None:
        """Move the notebook's bar; the cell that starts is not yet done."""
        self._progress.update(self._bars[job_id], completed=number - 1)

    def ended(self, entry: NotebookEntry) -> None:
        """Replace the notebook's bar by how it ended."""
        self._progress.remove_task(self._bars.pop(entry.id))
        self._progress.console.print(ending_line(entry), markup=False, highlight=False)
