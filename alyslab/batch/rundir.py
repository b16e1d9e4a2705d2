"""The directory of one run: made fresh, held by one process, never overwritten."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from alyslab.atomic import point_link, write_text, writing
from alyslab.batch.manifest import CUT_SHORT, FILE_NAME, Manifest, read_manifest
from alyslab.errors import Problem, RunDirectoryError

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_LOCK = ".lock"
_WORK = ".work"


class RunDirectory:
    """``outputs/<run_id>/``; made by :func:`create` or :func:`reopen`, both of which hold its lock."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def run_id(self) -> str:
        """The directory's name, which is what ``--resume`` takes."""
        return self.path.name

    @property
    def work(self) -> Path:
        """Where notebooks are executed before they are published; gone when the run is finished."""
        return self.path / _WORK

    def save(self, manifest: Manifest) -> None:
        """Write ``run.json`` in one step.

        Raises
        ------
        LabError
            If the disk refuses; the manifest is then as it was before.
        """
        write_text(self.path / FILE_NAME, manifest.model_dump_json(indent=2) + "\n")

    def finish(self, manifest: Manifest) -> None:
        """Save the last manifest, clear the work away and point ``latest`` here.

        Raises
        ------
        LabError
            If the disk refuses, or ``latest`` is something other than a link.
        """
        self.save(manifest)
        shutil.rmtree(self.work, ignore_errors=True)
        (self.path / _LOCK).unlink(missing_ok=True)
        point_link(self.path.parent / "latest", self.run_id)


@contextlib.contextmanager
def create(outputs: Path, label: str) -> Iterator[RunDirectory]:
    """Make a new run directory below ``outputs`` and hold it.

    Its name is the time, ``label``, and a number where two runs start within
    one second.  Reads the wall clock.

    Raises
    ------
    RunDirectoryError
        If ``outputs`` can't be written to, or its ``latest`` is a folder of
        somebody else.
    """
    now = datetime.now(UTC)  # alyslab: real - people look for a run by when it was
    latest = outputs / "latest"
    if latest.exists() and not latest.is_symlink():
        problem = Problem(where=str(latest), what="is not the link that a run makes; move it away")
        raise RunDirectoryError(problem)
    directory = RunDirectory(_fresh(outputs, f"{now:%Y%m%d-%H%M%S}-{label}"))
    with _held(directory):
        with writing(directory.work):
            directory.work.mkdir()
        yield directory


@contextlib.contextmanager
def reopen(outputs: Path, run_id: str) -> Iterator[tuple[RunDirectory, Manifest]]:
    """Hold an unfinished run of ``outputs`` and return it with its manifest.

    Raises
    ------
    RunDirectoryError
        If ``run_id`` is no name of a directory there, was not written by
        alyslab, is finished with nothing cut short, or is held by a process
        that still runs.
    """
    if not _RUN_ID.fullmatch(run_id) or run_id == "latest":
        raise RunDirectoryError(
            Problem(where="--resume", what=f"{run_id[:120]!r} is no run id", value=run_id)
        )
    path = outputs / run_id
    if path.is_symlink():
        raise RunDirectoryError(Problem(where="--resume", what=f"{path} is a link, not a run directory"))
    read_manifest(path)
    directory = RunDirectory(path)
    with _held(directory):
        # Read again under the lock: the process that held it may just have finished.
        manifest = read_manifest(path)
        if manifest.run_id != run_id:
            what = f"holds run {manifest.run_id}; a renamed directory can't be resumed"
            raise RunDirectoryError(Problem(where=str(path), what=what))
        cut_short = any(entry.state in CUT_SHORT for entry in (*manifest.notebooks, manifest.summary))
        if manifest.status == "finished" and not cut_short:
            raise RunDirectoryError(Problem(where=str(path), what="is finished; start a new run instead"))
        shutil.rmtree(directory.work, ignore_errors=True)
        with writing(directory.work):
            directory.work.mkdir()
        yield directory, manifest


def _fresh(outputs: Path, name: str) -> Path:
    try:
        outputs.mkdir(parents=True, exist_ok=True)
        for attempt in range(1, 1000):
            path = outputs / (name if attempt == 1 else f"{name}-{attempt}")
            with contextlib.suppress(FileExistsError):
                path.mkdir()
                return path
    except OSError as error:
        what = f"can't hold runs: {error.strerror}"
        raise RunDirectoryError(
            Problem(where=str(outputs), what=what, allowed="name another with --out")
        ) from None
    raise RunDirectoryError(Problem(where=str(outputs), what=f"holds a thousand runs named {name}"))


@contextlib.contextmanager
def _held(directory: RunDirectory) -> Iterator[None]:
    # The system releases the lock when the process dies, however it dies.
    path = directory.path / _LOCK
    with writing(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            what = "is being run by another process"
            raise RunDirectoryError(Problem(where=str(directory.path), what=what)) from None
        yield
    finally:
        os.close(handle)
