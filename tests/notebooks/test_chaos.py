"""The chaos notebook is thin, says what it expects, and passes on a small scale."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "notebooks/chaos.ipynb"
CELLS: list[dict[str, Any]] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
CODE = ["".join(cell["source"]) for cell in CELLS if cell["cell_type"] == "code"]


def test_parameters_are_annotated_literals_that_say_what_they_are() -> None:
    """papermill injects after this cell, and its help shows the trailing comments."""
    (cell,) = [cell for cell in CELLS if "parameters" in cell["metadata"].get("tags", [])]
    body = ast.parse("".join(cell["source"])).body

    assert all(isinstance(line, ast.AnnAssign) for line in body)
    assert all("  # " in line for line in CODE[0].splitlines())


def test_prose_comes_first_and_states_question_hypothesis_and_expectation() -> None:
    """A reader of the published report must know what was expected before seeing what came."""
    title = "".join(CELLS[0]["source"])

    for word in ("# ", "**Question.**", "**Hypothesis.**", "**Expected.**", "**Sources.**", "https://"):
        assert word in title


def test_code_cells_are_short_and_define_nothing() -> None:
    """What deserves a test belongs in the library."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)

    for code in CODE[2:]:
        assert len(code.splitlines()) <= 12, code
    for code in CODE:
        assert not any(isinstance(node, kinds) for node in ast.walk(ast.parse(code))), code


def test_the_notebook_is_stripped_and_ends_with_its_verdict() -> None:
    """Outputs belong to a run; the gate takes a notebook without a verdict for one that failed."""
    assert all(not cell.get("outputs") for cell in CELLS)
    assert "experiment.finish(" in CODE[-1]


@pytest.mark.slow
def test_a_small_study_passes(tmp_path: Path) -> None:
    """The notebook as CI runs it, smaller."""
    from typer.testing import CliRunner

    from alyslab.cli import app

    sizes = ("-p", "family_seeds=1", "-p", "shrink_s=4.0")
    done = CliRunner().invoke(app, ["run", "--notebook", "chaos", "--out", str(tmp_path), *sizes])

    assert done.exit_code == 0, done.output
