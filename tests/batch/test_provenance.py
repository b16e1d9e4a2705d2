"""A result is worth as much as the knowledge of what made it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from alyslab.batch import provenance


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of one file in a repository of its own."""
    folder = tmp_path / "repo" / "package"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("x = 1\n")
    git(folder.parent, "init", "--quiet")
    monkeypatch.setattr(provenance, "_PACKAGE_DIR", folder)
    forget()
    yield folder
    forget()


def forget() -> None:
    provenance.git_commit.cache_clear()
    provenance.code_digest.cache_clear()


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_a_commit_is_told_from_an_edited_one(package: Path) -> None:
    """Edited code is not the code of the commit."""
    git(package, "add", ".")
    git(package, "commit", "--quiet", "-m", "x")
    commit = git(package, "rev-parse", "HEAD")
    assert provenance.git_commit() == commit

    (package / "__init__.py").write_text("x = 2\n")
    forget()

    assert provenance.git_commit() == f"{commit}-dirty"


def test_a_repository_around_an_installed_package_says_nothing(package: Path) -> None:
    """A virtual environment often lies in somebody's repository; its commit is not ours."""
    (package.parent / "other").write_text("x")
    git(package.parent, "add", "other")
    git(package.parent, "commit", "--quiet", "-m", "x")

    assert provenance.git_commit() is None


def test_the_code_s_digest_changes_with_the_code_and_only_with_it(package: Path) -> None:
    """It is what a resume compares where the commit is dirty."""
    before = provenance.code_digest()
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "x.pyc").write_text("x")
    forget()
    assert provenance.code_digest() == before

    (package / "__init__.py").write_text("x = 2\n")
    forget()

    assert provenance.code_digest() != before


def test_versions_name_python_and_what_computes() -> None:
    """Another numpy may give other numbers."""
    assert {"python", "numpy", "papermill"} <= set(provenance.versions())
