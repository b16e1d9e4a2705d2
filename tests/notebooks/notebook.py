"""A notebook of ours: its cells, and what it leaves behind when it is executed."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"


class Notebook:
    """One notebook, by its name without the suffix."""

    def __init__(self, name: str) -> None:
        self.path = NOTEBOOKS / f"{name}.ipynb"
        self.cells: list[dict[str, Any]] = json.loads(self.path.read_text(encoding="utf-8"))["cells"]
        self.code = ["".join(cell["source"]) for cell in self.cells if cell["cell_type"] == "code"]

    @property
    def headings(self) -> list[str]:
        """The headings of its sections."""
        lines = (line for cell in self.cells for line in "".join(cell["source"]).splitlines())
        return [line for line in lines if line.startswith("## ")]

    @property
    def parameters(self) -> str:
        """The source of the cell that papermill injects behind."""
        (cell,) = [cell for cell in self.cells if "parameters" in cell["metadata"].get("tags", [])]
        return "".join(cell["source"])

    def declared(self) -> dict[str, Any]:
        """Return the parameters' names and literals, as papermill reads them."""
        body = ast.parse(self.parameters).body
        assert all(isinstance(line, ast.AnnAssign) for line in body), "nothing but annotated literals"
        return {line.target.id: ast.literal_eval(line.value) for line in body}

    def execute(self, to: Path, **parameters: Any) -> tuple[int, dict[str, Any]]:
        """Run the notebook as papermill does; return the exit code and what it glued, in order."""
        options = [word for name, value in parameters.items() for word in ("-p", name, str(value))]
        done = subprocess.run(
            [sys.executable, "-m", "papermill", str(self.path), str(to), *options],
            cwd=NOTEBOOKS,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=False,
        )
        glued = {
            value["name"]: value["data"]
            for cell in json.loads(to.read_text(encoding="utf-8"))["cells"]
            for output in cell.get("outputs", [])
            for kind, value in output.get("data", {}).items()
            if kind.startswith("application/scrapbook.scrap")
        }
        return done.returncode, glued

    def execute_here(self, **parameters: Any) -> dict[str, Any]:
        """Run its code in this process with other parameters; return the names that it leaves behind."""
        left: dict[str, Any] = {}
        for number, code in enumerate(self.code):
            exec(compile(code, f"{self.path.stem}, cell {number}", "exec"), left)
            if number == 0:
                left.update(parameters)
        return left


def not_passed(verdict: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the checks of a glued verdict that failed or saw nothing."""
    return [check for check in verdict["checks"] if check["passed"] is not True]
