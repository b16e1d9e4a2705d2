"""May an interrupted run go on, and with what: pure comparisons of manifests and files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alyslab.atomic import writing
from alyslab.batch.manifest import CUT_SHORT, ENDED, Manifest, NotebookEntry
from alyslab.errors import Problem


def differences(old: Manifest, new: Manifest, directory: Path) -> list[Problem]:
    """Return what changed since the run began; its parts would no longer be one experiment.

    ``new`` is the manifest that a run started now would begin with.
    """
    return [Problem(where=str(directory), what=what) for what in _differences(old, new, directory)]


def _differences(old: Manifest, new: Manifest, directory: Path) -> Iterator[str]:
    since = "changed since this run began"
    if old.code_digest != new.code_digest:
        yield f"alyslab's code {since}"
    for name in sorted(old.versions.keys() | new.versions):
        if old.versions.get(name) != new.versions.get(name):
            yield f"the version of {name} {since}: {old.versions.get(name)}, now {new.versions.get(name)}"
    if old.required_checks != new.required_checks:
        yield f"the required checks {since}"
    before = {entry.id: entry for entry in (*old.notebooks, old.summary)}
    now = {entry.id: entry for entry in (*new.notebooks, new.summary)}
    for job_id in sorted(before.keys() | now):
        if job_id not in before or job_id not in now:
            yield f"{job_id} is {'no longer' if job_id in before else 'newly'} part of what was asked for"
        else:
            yield from _entry_differences(before[job_id], now[job_id], directory)


def _entry_differences(before: NotebookEntry, now: NotebookEntry, directory: Path) -> Iterator[str]:
    if before.source_sha256 != now.source_sha256:
        yield f"notebook {before.notebook} changed since this run began"
    for name in sorted(before.parameters.keys() | now.parameters):
        old, new = before.parameters.get(name), now.parameters.get(name)
        if old != new:
            yield f"parameter {name} of {before.id} changed since this run began: {old!r}, now {new!r}"
    file = directory / before.file
    if before.executed_sha256 and file.exists() and sha256(file) != before.executed_sha256:
        yield f"{before.file} is not the notebook that this run executed"


def with_undone_reset(manifest: Manifest, directory: Path) -> Manifest:
    """Return the manifest to go on with: what did not finish, or is gone, is pending again."""
    fresh: dict[str, Any] = {"state": "pending", "error": None, "duration_s": None, "executed_sha256": None}

    def undone(entry: NotebookEntry) -> bool:
        cut_short = entry.state not in ENDED or entry.state in CUT_SHORT
        return cut_short or not (directory / entry.file).exists()

    again = [entry.id for entry in manifest.notebooks if undone(entry)]
    # A summary of notebooks that run again would speak of the old ones.
    if again or undone(manifest.summary):
        again.append(manifest.summary.id)
    for job_id in again:
        manifest = manifest.changed(job_id, **fresh)
    return manifest.model_copy(update={"status": "running", "ended_at": None})


def sha256(path: Path) -> str:
    """Return the digest of a file's content, in hexadecimal.

    Raises
    ------
    LabError
        If the file can't be read.
    """
    with writing(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
