"""What holds for every notebook: it is thin, says first what it expects, and ends with its verdict."""

from __future__ import annotations

import ast

import pytest

from tests.notebooks.notebook import NOTEBOOKS, Notebook

LONGEST_CELL = 12
NAMES = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb") if path.stem != "summary")
every_notebook = pytest.mark.parametrize("name", NAMES)


@every_notebook
def test_parameters_are_annotated_literals_that_say_what_they_are(name: str) -> None:
    """papermill injects after this cell, and its help shows the trailing comments."""
    notebook = Notebook(name)
    assert {"seed", "profile"} <= set(notebook.declared())
    assert all("  # " in line for line in notebook.parameters.splitlines())


@every_notebook
def test_prose_comes_first_and_states_question_hypothesis_and_expectation(name: str) -> None:
    """A reader of the published report must know what was expected before seeing what came."""
    first = Notebook(name).cells[0]
    assert first["cell_type"] == "markdown"
    for word in ("# ", "**Question.**", "**Hypothesis.**", "**Expected.**", "**Sources.**", "https://"):
        assert word in "".join(first["source"])


@every_notebook
def test_code_cells_are_short_and_define_nothing(name: str) -> None:
    """What deserves a test belongs in the library."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    for number, code in enumerate(Notebook(name).code):
        tree = compile(code, "cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        assert not any(isinstance(node, kinds) for node in ast.walk(tree)), code
        # The parameters and the imports are lists.
        assert number < 2 or len(code.splitlines()) <= LONGEST_CELL, code


@every_notebook
def test_it_is_stripped_of_outputs(name: str) -> None:
    """Outputs belong to a run, not to the repository."""
    assert all(not cell.get("outputs") and not cell.get("execution_count") for cell in Notebook(name).cells)


@every_notebook
def test_the_verdict_is_glued_by_the_last_cell_alone(name: str) -> None:
    """The gate takes a notebook without a verdict for one that failed, so nothing may come after it."""
    *before, last = Notebook(name).code
    assert "experiment.finish(" in last
    assert not any("experiment.finish(" in code for code in before)
