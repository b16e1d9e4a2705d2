"""Which code produced a result: package, commit, digest of the sources, versions."""

from __future__ import annotations

import functools
import hashlib
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

PACKAGES = ("numpy", "pandas", "pyarrow", "scipy", "networkx", "hypothesis", "papermill", "ipykernel")
"""Packages whose version can change a result or how it was obtained."""

_PACKAGE_DIR = Path(__file__).resolve().parent.parent


@functools.cache
def versions() -> Mapping[str, str]:
    """Return the versions of alyslab, Python and :data:`PACKAGES`; what is absent is left out."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for name in ("alyslab", *PACKAGES):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return MappingProxyType(found)


@functools.cache
def git_commit() -> str | None:
    """Return the commit that alyslab's sources stand at, ``-dirty`` added if they were edited.

    ``None`` if the package is not tracked by a repository, as when it was
    installed from a wheel: the repository around a virtual environment says
    nothing about the packages in it.
    """
    if _git("ls-files", "--error-unmatch", "__init__.py") is None:
        return None
    commit = _git("rev-parse", "HEAD")
    if commit is None:
        return None
    return f"{commit}-dirty" if _git("status", "--porcelain", "--", ".") else commit


@functools.cache
def code_digest() -> str:
    """Return a digest of the package's Python files and data, which a commit can't give when it is dirty."""
    digest = hashlib.sha256()
    files = (path for path in _PACKAGE_DIR.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    for path in sorted(files):
        digest.update(f"{path.relative_to(_PACKAGE_DIR).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(_PACKAGE_DIR), *arguments],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
