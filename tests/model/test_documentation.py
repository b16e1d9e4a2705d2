"""The model is read from top to bottom, so that what it holds must say what it is."""

from __future__ import annotations

import ast
from itertools import pairwise
from pathlib import Path

import pytest

import alyslab.model

MODULES = sorted(Path(alyslab.model.__file__).parent.glob("*.py"))


def undocumented(source: str) -> list[str]:
    """Return the public fields of dataclasses and named tuples that no string follows."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.ClassDef) or node.name.startswith("_"):
            continue
        decorators = {ast.unparse(d).partition("(")[0] for d in node.decorator_list}
        if "dataclass" not in decorators and "NamedTuple" not in {ast.unparse(b) for b in node.bases}:
            continue
        body = [*node.body, None]
        for item, after in pairwise(body):
            if not isinstance(item, ast.AnnAssign) or not isinstance(item.target, ast.Name):
                continue
            told = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            if not told and not item.target.id.startswith("_"):
                found.append(f"{node.name}.{item.target.id}")
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_field_is_documented(path: Path) -> None:
    """Meaning and unit of a field are part of the specification."""
    assert undocumented(path.read_text()) == []


def test_a_field_without_a_word_would_be_seen() -> None:
    """The check above must be able to fail."""
    source = 'class A(NamedTuple):\n    told: int\n    """What it is."""\n    untold: int\n'
    assert undocumented(source) == ["A.untold"]


def test_the_reading_order_names_every_module() -> None:
    """An engineer who follows it misses nothing, and knows what is rule and what is tool."""
    text = alyslab.model.__doc__ or ""
    missing = [path.stem for path in MODULES if path.stem != "__init__" and f"``{path.stem}``" not in text]
    assert missing == []
