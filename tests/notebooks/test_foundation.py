from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from alyslab.phases.foundation import FOUNDATION

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "notebooks/foundation.ipynb"
CELLS: list[dict[str, Any]] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
CODE = ["".join(cell["source"]) for cell in CELLS if cell["cell_type"] == "code"]


def declared() -> dict[str, Any]:
    """Return the parameters cell's names and literals, as papermill reads them."""
    (cell,) = [cell for cell in CELLS if "parameters" in cell["metadata"].get("tags", [])]
    body = ast.parse("".join(cell["source"])).body
    assert all(isinstance(line, ast.AnnAssign) for line in body), "nothing but annotated literals"
    return {line.target.id: ast.literal_eval(line.value) for line in body}


def test_the_parameters_are_those_of_the_phase_with_its_defaults():
    """A default that differs here would make `alyslab run` and a call of the phase two experiments."""
    own = {"seed", "profile"}
    assert {name: value for name, value in declared().items() if name not in own} == FOUNDATION.parameters


def test_every_parameter_says_what_it_is():
    """papermill --help-notebook shows the trailing comment."""
    assert all("  # " in line for line in CODE[0].splitlines())


def test_prose_comes_first_and_states_question_hypothesis_and_expectation():
    """A reader of the published report must know what was expected before seeing what came."""
    assert CELLS[0]["cell_type"] == "markdown"
    title = "".join(CELLS[0]["source"])
    for word in ("# ", "**Question.**", "**Hypothesis.**", "**Expected.**", "**Sources.**", "https://"):
        assert word in title


def test_code_cells_are_short_and_define_nothing():
    """What deserves a test belongs in the library."""
    for code in CODE[2:]:
        assert len(code.splitlines()) <= 12, code
    for code in CODE:
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
        tree = compile(code, "cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        assert not any(isinstance(node, kinds) for node in ast.walk(tree)), code


def test_the_verdict_is_glued_by_the_last_cell():
    """The gate takes a notebook without a verdict for one that failed, so nothing may come after it."""
    assert "experiment.finish(" in CODE[-1]
    assert not any("experiment.finish(" in code for code in CODE[:-1])


def execute(to: Path, **parameters: Any) -> tuple[int, dict[str, Any]]:
    """Run the notebook as papermill does; return the exit code and what it glued, in order."""
    options = [word for name, value in parameters.items() for word in ("-p", name, str(value))]
    done = subprocess.run(
        [sys.executable, "-m", "papermill", str(NOTEBOOK), str(to), *options],
        cwd=NOTEBOOK.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    glued: dict[str, Any] = {}
    for cell in json.loads(to.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            for kind, value in output.get("data", {}).items():
                if kind.startswith("application/scrapbook.scrap"):
                    glued[value["name"]] = value["data"]
    return done.returncode, glued


SMALL = {"peers": 12, "blocks": 3, "degree": 4}


@pytest.mark.slow
def test_a_small_network_passes_and_says_how_to_replay_it(tmp_path):
    """The whole path: parameters in, phase run, figures drawn, verdict out."""
    code, glued = execute(tmp_path / "out.ipynb", seed=3, **SMALL)
    assert code == 0
    assert list(glued)[-1] == "verdict"
    assert glued["verdict"]["status"] == "pass", [
        check for check in glued["verdict"]["checks"] if check["passed"] is not True
    ]
    assert glued["provenance"]["parameters"]["peers"] == 12
    assert {run["token"][:6] for run in glued["provenance"]["runs"]} == {"alys1-"}


@pytest.mark.slow
def test_blocks_too_large_for_the_slot_fail_the_verdict(tmp_path):
    """The notebook must be able to say no: ten times the bytes don't fit a slot."""
    code, glued = execute(tmp_path / "out.ipynb", seed=3, **SMALL, block_bytes=5_350_000)
    assert code == 0
    failed = {check["name"] for check in glued["verdict"]["checks"] if check["passed"] is False}
    assert "the median block reaches nine tenths of the peers within its slot" in failed


@pytest.mark.slow
def test_an_impossible_network_ends_the_notebook_without_a_verdict(tmp_path):
    """A broken experiment is neither pass nor fail."""
    code, glued = execute(tmp_path / "out.ipynb", peers=4, degree=9)
    assert code != 0
    assert "verdict" not in glued
