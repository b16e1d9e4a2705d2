"""No name is both a configuration key and an experiment's parameter."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from alyslab.config.keys import known_keys, known_sections

ROOT = Path(__file__).parents[2]


def _parameter_names(root: Path) -> Iterator[tuple[str, str]]:
    """Yield (name, file) of each parameter in the layers and in the notebooks' parameters cells."""
    for file in sorted((root / "parameters").rglob("*.yaml")):
        for name in yaml.safe_load(file.read_text(encoding="utf-8")) or {}:
            yield name, str(file.relative_to(root))
    for file in sorted((root / "notebooks").rglob("*.ipynb")):
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
            if "parameters" in cell["metadata"].get("tags", []):
                for name in _assigned("".join(cell["source"])):
                    yield name, str(file.relative_to(root))


def _assigned(source: str) -> Iterator[str]:
    for node in ast.parse(source).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def _shared(root: Path) -> list[tuple[str, str]]:
    taken = {key.name for key in known_keys().values()} | set(known_sections())
    return [(name, file) for name, file in _parameter_names(root) if name in taken]


def test_no_parameter_of_the_project_has_a_name_of_the_configuration() -> None:
    """Configuration says how the lab runs, parameters what an experiment is; a shared name would be both."""
    if not list(_parameter_names(ROOT)):
        pytest.skip("the project has no parameters yet")
    assert _shared(ROOT) == []


def test_a_shared_name_is_found_in_layers_and_in_notebooks(tmp_path: Path) -> None:
    """The test above must be able to fail."""
    (tmp_path / "parameters" / "profiles").mkdir(parents=True)
    (tmp_path / "parameters" / "profiles" / "quick.yaml").write_text("peers: 8\njobs: 2 # workers\n")
    (tmp_path / "parameters" / "empty.yaml").touch()
    (tmp_path / "notebooks").mkdir()
    cells = [
        {"metadata": {"tags": ["parameters"]}, "source": ["seed: int = 7  # x\n", "outputs = 'x'\n"]},
        {"metadata": {}, "source": ["level = 'info'\n"]},
    ]
    (tmp_path / "notebooks" / "a.ipynb").write_text(json.dumps({"cells": cells}))
    assert _shared(tmp_path) == [("jobs", "parameters/profiles/quick.yaml"), ("outputs", "notebooks/a.ipynb")]
