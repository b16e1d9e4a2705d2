"""Compiled modules: what is kept of them can't be stale, and a read-only folder is no obstacle."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import alyslab
from alyslab.harnesses.compiled import discard_stale

PACKAGE = Path(alyslab.__file__).parent
COMPILED = sorted(PACKAGE.rglob("*_compiled.py"))


def imported_at_the_top(source: str) -> list[str]:
    """Return what a source imports outside functions."""
    names = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def test_only_compiled_modules_import_compiled_ones_at_the_top() -> None:
    """Importing one imports numba, which takes half a second that most of the laboratory need not wait."""
    found = {
        path.stem: [name for name in imported_at_the_top(path.read_text()) if "_compiled" in name]
        for path in PACKAGE.rglob("*.py")
        if path not in COMPILED
    }

    assert {stem: names for stem, names in found.items() if names} == {}
    assert imported_at_the_top("from a.b_compiled import c") == ["a.b_compiled.c"]
    assert len(COMPILED) >= 5


def test_machine_code_older_than_the_newest_source_is_thrown_away(tmp_path: Path) -> None:
    """numba looks at a function's own file only, and would run what another file has changed."""
    newest_ns = max(path.stat().st_mtime_ns for path in COMPILED)
    old, new, foreign = (
        tmp_path / name for name in ("a_compiled.f-1.nbi", "a_compiled.g-1.nbc", "other.h-1.nbi")
    )
    for path, time_ns in ((old, newest_ns - 1), (new, newest_ns + 1), (foreign, newest_ns - 1)):
        path.touch()
        os.utime(path, ns=(time_ns, time_ns))

    discard_stale(tmp_path)

    assert [path.exists() for path in (old, new, foreign)] == [False, True, True]


@pytest.mark.slow
def test_compiling_works_where_nothing_can_be_written(tmp_path: Path) -> None:
    """An installed package of another user and no home: slower, but no failure."""
    (tmp_path / "made.py").write_text(
        "from alyslab.harnesses.compiled import compiled\n@compiled\ndef twice(x):\n    return 2 * x\n"
    )
    script = (
        "from numba.core import caching, config; caching._CacheLocator.ensure_cache_path = denied\n"
        "import made; print(made.twice(21))"
    )
    denied = "def denied(self):\n    raise OSError('read only')\n"
    done = subprocess.run(
        [sys.executable, "-c", denied + script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{PACKAGE.parent}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout.strip()) == (0, "42"), done.stderr
