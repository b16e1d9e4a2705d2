"""Files that commands write: looked at before anything starts, as what takes an hour must not end in vain."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from alyslab.errors import BadInputError, Problem


def check_writable(**files: Path | None) -> None:
    """Make the folders of files that options name, and see whether a file can be written there.

    Parameters
    ----------
    files
        By the names of their options; None for an option that was not given.

    Raises
    ------
    BadInputError
        With every file that can't be written.
    """
    problems = list(_problems(files))
    if problems:
        raise BadInputError(problems)


def _problems(files: dict[str, Path | None]) -> Iterator[Problem]:
    for name, path in files.items():
        if path is None:
            continue
        try:
            if path.is_dir():
                raise IsADirectoryError(f"{path} is a folder")
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=path.parent) as file:
                file.write(b"\n")
                file.flush()
        except OSError as error:
            what = f"can't be written: {error.strerror or error}"
            allowed = "a file in a folder that can be written"
            yield Problem(where=f"--{name}", what=what, key=str(path), value=str(path), allowed=allowed)
