"""The chaos notebook passes on a small scale."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.mark.slow
def test_a_small_study_passes(tmp_path: Path) -> None:
    """The notebook as CI runs it, smaller."""
    from typer.testing import CliRunner

    from alyslab.cli import app

    sizes = ("-p", "family_seeds=1", "-p", "shrink_s=12.0")
    done = CliRunner().invoke(app, ["run", "--notebook", "chaos", "--out", str(tmp_path), *sizes])

    assert done.exit_code == 0, done.output
