"""``run.json``: what a run directory is, what it holds and how far it got."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from alyslab.errors import Problem, RunDirectoryError

FORMAT: Literal["alyslab.run/1"] = "alyslab.run/1"
FILE_NAME = "run.json"
SIZE_BYTES_MAX = 32 * 1024 * 1024

State = Literal["pending", "running", "finished", "failed", "timed_out", "died"]
"""``finished`` is the only good end; ``failed``, ``timed_out`` and ``died`` are recorded bad ones."""

ENDED: tuple[State, ...] = ("finished", "failed", "timed_out", "died")
"""The states in which nothing more happens in this run."""

CUT_SHORT: tuple[State, ...] = ("timed_out", "died")
"""The ends that came from outside the notebook; a resume runs these again.

A cell that raised would raise again, and its failure is a result: it is left alone.
"""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Failure(_Record):
    """How a notebook ended that did not finish."""

    kind: Literal["failed", "timed_out", "died"]
    """The state that it puts the notebook in."""
    message: str
    """One sentence."""
    cell: int | None = None
    """The last cell that was started, as counted from 1 in the source notebook; ``None`` if none was."""
    source: str = ""
    """That cell's source."""
    output: str = ""
    """The end of what it printed or raised, as text."""


class NotebookEntry(_Record):
    """One notebook of a run."""

    id: str
    """The stem of the executed notebook."""
    notebook: str
    scenario: str
    seed: int | None
    """``None`` for the summary, which draws nothing."""
    source_sha256: str
    """Digest of the source notebook."""
    parameters: dict[str, Any]
    """Every parameter as it was resolved."""
    state: State = "pending"
    duration_s: float | None = None
    """Wall-clock seconds from the start of the kernel to its end."""
    error: Failure | None = None
    executed_sha256: str | None = None
    """Digest of the executed notebook, once it stands in the directory."""

    @property
    def file(self) -> str:
        """Name of the executed notebook in the run directory."""
        return f"{self.id}.ipynb"


class Asked(_Record):
    """The request, kept so that a resume asks the same."""

    profile: str
    notebooks: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    seed: int | None = None


class Manifest(_Record):
    """The content of ``run.json``."""

    format: Literal["alyslab.run/1"] = FORMAT
    run_id: str
    status: Literal["running", "interrupted", "finished"]
    """``finished`` once every notebook and the summary ended, whatever the gate said."""
    asked: Asked
    seed: int | None
    """The seed that all notebooks share; ``None`` if they differ."""
    required_checks: tuple[str, ...] = ()
    """Globs ``notebook:check``; what they match may not stay inconclusive."""
    started_at: str
    """UTC, ISO 8601."""
    ended_at: str | None = None
    versions: dict[str, str]
    git_commit: str | None
    code_digest: str
    """Digest of the package's sources; a run is finished by the code that began it."""
    notebooks: tuple[NotebookEntry, ...] = Field(min_length=1)
    summary: NotebookEntry

    def entry(self, job_id: str) -> NotebookEntry:
        """Return the entry of one notebook, the summary included."""
        return next(entry for entry in (*self.notebooks, self.summary) if entry.id == job_id)

    def changed(self, job_id: str, **update: Any) -> Manifest:
        """Return a copy in which one notebook's entry has other values."""

        def replaced(entry: NotebookEntry) -> NotebookEntry:
            return entry.model_copy(update=update) if entry.id == job_id else entry

        entries = tuple(replaced(entry) for entry in self.notebooks)
        return self.model_copy(update={"notebooks": entries, "summary": replaced(self.summary)})


def read_manifest(directory: Path) -> Manifest:
    """Read the manifest of a run directory.

    Raises
    ------
    RunDirectoryError
        If the directory is missing, holds no manifest of ours, or one that
        is damaged or of another format.  Every wrong field is named.
    """
    path = directory / FILE_NAME
    if not directory.is_dir():
        raise RunDirectoryError(Problem(where=str(directory), what="is no run directory"))
    try:
        with path.open("rb") as file:
            raw = file.read(SIZE_BYTES_MAX + 1)
    except FileNotFoundError:
        what = f"has no {FILE_NAME}, so alyslab did not write it"
        raise RunDirectoryError(Problem(where=str(directory), what=what)) from None
    except OSError as error:
        raise RunDirectoryError(Problem(where=str(path), what=f"can't be read: {error.strerror}")) from None
    if len(raw) > SIZE_BYTES_MAX:
        raise RunDirectoryError(Problem(where=str(path), what="is too large to be a manifest"))
    try:
        return Manifest.model_validate_json(raw)
    except ValidationError as error:
        raise RunDirectoryError(_problems(path, error)) from None


def _problems(path: Path, error: ValidationError) -> list[Problem]:
    return [
        Problem(
            where=str(path),
            key=".".join(str(part) for part in detail["loc"]) or None,
            what=detail["msg"],
            value=detail["input"],
            allowed=f"this version reads {FORMAT}" if detail["loc"] == ("format",) else None,
        )
        for detail in error.errors()
    ]
