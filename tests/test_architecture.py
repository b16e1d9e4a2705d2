"""Who may import whom, and what every test must contain, read from the source.

The rules are those of docs/architecture.md; each names its reason.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "alyslab"
MODULES = sorted(PACKAGE.rglob("*.py"))
TEST_FILES = sorted((ROOT / "tests").rglob("test_*.py"))

SHELLS = {"batch", "reporting", "display", "cli", "cli_chaos", "cli_property"}
ORCHESTRATION = {"property", "phases", "framework", *SHELLS}
# folder or module of the package -> the parts of alyslab that it must not know
FORBIDDEN = {
    # What is judged and what judges it can't depend on who runs it.
    "runtime": {"model", "checkers", "harnesses", "chaos", *ORCHESTRATION},
    "model": {"harnesses", "chaos", *ORCHESTRATION},
    "checkers": {"harnesses", "chaos", *ORCHESTRATION},
    "metrics": {"harnesses", "chaos", *ORCHESTRATION},
    "config": {"runtime", "harnesses", "chaos", *ORCHESTRATION},
    "errors": {"runtime", "config", "harnesses", "chaos", *ORCHESTRATION},
    # A harness that knew its faults could be kind to them.
    "harnesses": {"chaos", *ORCHESTRATION},
    "phases": SHELLS,
    "framework": SHELLS,
    # Checkers return evidence, display draws it.
    "display": {"harnesses", "chaos", "phases", "framework", "batch", "cli"},
    # What breaks a system must not know how its results are shown.
    "chaos": {"property", "phases", "framework", *SHELLS},
    "property": {"phases", "framework", *SHELLS},
}
# library -> the parts of alyslab that may import it
ALLOWED_ONLY = {
    "papermill": {"batch"},
    "scrapbook": set(),  # slow to import and half broken: batch reads and writes its format
    "matplotlib": {"display", "reporting"},
    "seaborn": {"display", "reporting"},
    "plotly": {"display", "reporting"},
    "hypothesis": {"property"},
    "typer": {"cli", "cli_chaos", "cli_property"},
    "docker": {"services", "chaos", "doctor"},
    "aiomqtt": {"telemetry"},
}


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def part_of(name: str) -> str:
    """The folder or module directly below alyslab: ``alyslab.runtime.loop`` is in ``runtime``."""
    return name.split(".")[1] if "." in name else ""


def imported_names(tree: ast.Module, module: str, is_package: bool) -> Iterator[str]:
    """Every module or name that a source imports, at its top or inside a function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = module.split(".") if is_package else module.split(".")[:-1]
                package = package[: len(package) - node.level + 1]
                base = ".".join([*package, *([base] if base else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def imported_at_once(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """What a source imports as it is loaded, not in functions nor for type checkers alone: (from, name)."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.module, alias.name) for alias in node.names)


@cache
def parsed(path: Path) -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    """All that a module imports, and what of it at once; trees themselves would fill the memory."""
    tree = ast.parse(path.read_text())
    names = imported_names(tree, module_name(path), path.name == "__init__.py")
    return frozenset(names), frozenset(imported_at_once(tree))


def imports_of(path: Path) -> frozenset[str]:
    return parsed(path)[0]


@pytest.mark.parametrize("part", sorted(FORBIDDEN))
def test_arrows_run_one_way(part: str) -> None:
    """A lower part that knows an upper one can't be read, tested or replaced without it."""
    crossings = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in MODULES
        if part_of(module_name(path)) == part
        for name in sorted(imports_of(path))
        if name.startswith("alyslab.") and part_of(name) in FORBIDDEN[part]
    ]

    assert crossings == []


@pytest.mark.parametrize("library", sorted(ALLOWED_ONLY))
def test_a_library_stays_in_its_parts(library: str) -> None:
    """One place to change when a library goes, and no slow import where it is not expected."""
    crossings = [
        str(path.relative_to(ROOT))
        for path in MODULES
        if part_of(module_name(path)) not in ALLOWED_ONLY[library]
        and any(name.split(".")[0] == library for name in imports_of(path))
    ]

    assert crossings == []


def test_nothing_inside_imports_from_the_front_door() -> None:
    """`from alyslab import X` inside the package would hide an arrow and could run in a circle."""
    surface = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    crossings = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in MODULES
        for name in sorted(imports_of(path))
        if name.count(".") == 1
        and name.startswith("alyslab.")
        and part_of(name) not in surface | {"__version__"}
    ]

    assert crossings == []


def circle_of(graph: dict[str, set[str]]) -> list[str]:
    """Return modules of which each leads to another of them, or none."""
    left = dict(graph)
    while ends := [name for name, others in left.items() if not others & left.keys()]:
        for name in ends:
            del left[name]
    return sorted(left)


def test_no_module_imports_in_a_circle() -> None:
    """Which of two modules can be imported first would hang on who asks; none can be read alone."""
    names = {module_name(path) for path in MODULES}
    graph = {
        module_name(path): {
            f"{base}.{name}" if f"{base}.{name}" in names else base for base, name in parsed(path)[1]
        }
        & names - {module_name(path)}
        for path in MODULES
    }

    assert circle_of(graph) == []
    assert circle_of({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == ["a", "b", "c"]


def test_an_arrow_the_wrong_way_would_be_seen() -> None:
    """The walk above must see imports in functions, of names, and relative ones."""
    source = "import alyslab.batch.pool\ndef f():\n from alyslab import harnesses\n from ..chaos import plan"

    seen = set(imported_names(ast.parse(source), "alyslab.runtime.loop", is_package=False))

    assert {"alyslab.harnesses", "alyslab.chaos.plan", "alyslab.batch.pool"} <= seen
    assert "alyslab.runtime.near" in set(
        imported_names(ast.parse("from . import near"), "alyslab.runtime", is_package=True)
    )


def test_every_library_that_is_imported_is_declared() -> None:
    """What comes only by way of another package disappears when that package changes its mind."""
    import tomllib
    from importlib import metadata

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["bench"]]
    declared = {canonicalize_name(Requirement(line).name) for line in lines}
    distributions = metadata.packages_distributions()
    libraries = {name.split(".")[0] for path in MODULES for name in imports_of(path)}
    undeclared = {
        library: distributions.get(library, ["not installed"])
        for library in libraries - set(sys.stdlib_module_names) - {"alyslab"}
        if not {canonicalize_name(name) for name in distributions.get(library, [])} & declared
    }

    assert undeclared == {}


def can_fail(function: ast.AST, helpers: set[str]) -> bool:
    """Whether a function asserts, expects an exception, or calls a helper of its file that does."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            callee = node.func
            name = callee.attr if isinstance(callee, ast.Attribute) else getattr(callee, "id", "")
            if name in helpers | {"raises", "warns", "fail"}:
                return True
    return False


def functions_of(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def claimless_tests(source: str) -> list[str]:
    functions = functions_of(ast.parse(source))
    helpers: set[str] = set()
    while more := {f.name for f in functions if f.name not in helpers and can_fail(f, helpers)}:
        helpers |= more
    return [f.name for f in functions if f.name.startswith("test_") and f.name not in helpers]


@pytest.mark.parametrize("path", TEST_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_test_can_fail_and_says_why_it_matters(path: Path) -> None:
    """A test without a claim passes whatever the code does."""
    source = path.read_text()
    undocumented = [
        function.name
        for function in functions_of(ast.parse(source))
        if function.name.startswith("test_") and not ast.get_docstring(function)
    ]

    assert claimless_tests(source) == []
    assert undocumented == []


def test_a_test_without_a_claim_would_be_seen() -> None:
    """The check on tests is itself tested: a helper that asserts counts, one that only computes does not."""
    source = (
        "def check(x):\n    assert x\n"
        "def compute(x):\n    return x\n"
        "def test_direct():\n    assert True\n"
        "def test_by_helper():\n    check(1)\n"
        "def test_raising():\n    with pytest.raises(ValueError):\n        int('x')\n"
        "def test_empty():\n    compute(1)\n"
    )

    assert claimless_tests(source) == ["test_empty"]
