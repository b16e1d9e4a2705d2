"""Writing files so that a reader sees the old content or the new, never half of it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from alyslab.errors import LabError

_REMEDIES = {
    errno.ENOSPC: "free some space and resume",
    errno.EDQUOT: "the quota is used up; free some space and resume",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "check the folder's permissions",
    errno.EPERM: "check the folder's permissions",
}


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn a failure of the disk into one sentence that says what could not be written.

    Raises
    ------
    LabError
        In place of any :class:`OSError` of the body.
    """
    try:
        yield
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0)
        hint = f"; {remedy}" if remedy else ""
        raise LabError(f"could not write {path}: {error.strerror or error}{hint}") from error


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep other processes that do the same out, while a file is read, changed and written.

    The folder is what is locked, so that no lock file is left lying; it is made
    if it is not there.  Waits for as long as another process holds it, and ends
    with the process whatever becomes of it.

    Raises
    ------
    LabError
        If the folder can't be made or opened.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def write_bytes(path: Path, content: bytes) -> None:
    """Replace ``path`` by ``content`` in one step, surviving a crash of the machine.

    Raises
    ------
    LabError
        If the disk is full or the folder can't be written; ``path`` is then
        as it was before.
    """
    with writing(path):
        # Beside the target, because os.replace is atomic only within one file system.
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            # mkstemp makes files that only the owner reads; reports are for sharing.
            Path(name).chmod(0o666 & ~_umask())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def write_text(path: Path, text: str) -> None:
    """Replace ``path`` by ``text`` (UTF-8) in one step; see :func:`write_bytes`."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Replace ``path`` by ``value`` as indented JSON in one step; NaN is refused.

    Raises
    ------
    ValueError
        If ``value`` holds NaN or an infinity, which JSON has no word for.
    LabError
        As :func:`write_bytes`.
    """
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def point_link(link: Path, target: str) -> None:
    """Make the symbolic link ``link`` lead to ``target`` (relative to it) in one step.

    Raises
    ------
    LabError
        If ``link`` is a real file or folder, which is never overwritten.
    """
    if link.exists() and not link.is_symlink():
        raise LabError(f"{link} is not a symbolic link and was left alone; move it away")
    fresh = link.with_name(f".{link.name}.{os.getpid()}.tmp")
    with writing(link):
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(target)
        fresh.replace(link)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
