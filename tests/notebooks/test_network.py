from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "notebooks/network.ipynb"
CELLS: list[dict[str, Any]] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
CODE = ["".join(cell["source"]) for cell in CELLS if cell["cell_type"] == "code"]


def test_parameters_are_annotated_literals_that_say_what_they_are():
    """papermill injects after this cell, and its help shows the trailing comments."""
    (cell,) = [cell for cell in CELLS if "parameters" in cell["metadata"].get("tags", [])]
    body = ast.parse("".join(cell["source"])).body
    assert all(isinstance(line, ast.AnnAssign) for line in body)
    assert all("  # " in line for line in CODE[0].splitlines())


def test_prose_comes_first_and_states_question_hypothesis_and_expectation():
    """A reader of the published report must know what was expected before seeing what came."""
    title = "".join(CELLS[0]["source"])
    for word in ("# ", "**Question.**", "**Hypothesis.**", "**Expected.**", "**Sources.**", "https://"):
        assert word in title


def test_code_cells_are_short_and_define_nothing():
    """What deserves a test belongs in the library."""
    for code in CODE[2:]:
        assert len(code.splitlines()) <= 12, code
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    for code in CODE:
        assert not any(isinstance(node, kinds) for node in ast.walk(ast.parse(code))), code


def test_the_notebook_is_stripped_and_ends_with_its_verdict():
    """Outputs belong to a run; the gate takes a notebook without a verdict for one that failed."""
    assert all(not cell.get("outputs") for cell in CELLS)
    assert "experiment.finish(" in CODE[-1]


@pytest.mark.slow
def test_a_small_network_passes(tmp_path):
    """The whole path: parameters in, runs made, figures drawn, verdict out."""
    small = {"peers": 20, "blocks": 2, "degree": 4, "messages": 200, "hunt_seeds": 6, "clean_seeds": 1}
    options = [word for name, value in small.items() for word in ("-p", name, str(value))]
    to = tmp_path / "out.ipynb"
    done = subprocess.run(
        [sys.executable, "-m", "papermill", str(NOTEBOOK), str(to), *options],
        cwd=NOTEBOOK.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2_000:]
    glued = {
        value["name"]: value["data"]
        for cell in json.loads(to.read_text(encoding="utf-8"))["cells"]
        for output in cell.get("outputs", [])
        for kind, value in output.get("data", {}).items()
        if kind.startswith("application/scrapbook.scrap")
    }
    assert list(glued)[-1] == "verdict"
    assert glued["verdict"]["status"] == "pass", [
        check for check in glued["verdict"]["checks"] if check["passed"] is not True
    ]
