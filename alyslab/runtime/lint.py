"""Looks for what the isolation of a run can't intercept.

Isolation replaces functions where they live; a name imported before the run
still points to the original, and some sources of chance or real time can't be
replaced at all.  This lint reads source files and names each such place, with
what to use.  A line that ends in ``# alyslab: real`` with a reason is passed
over: the shell of the laboratory needs the real world.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from alyslab.errors import BadInputError, Problem

ALLOW = "# alyslab: real"

_TIME = "current().now_ns, or a node's clock"
_RANDOM = "current().random(label)"
_NUMPY = "numpy.random.default_rng(current().streams.numpy_seed(label))"
_SETS = "sorted(...), as sets of strings iterate differently in each process"

_KEPT_BY_IMPORT = {
    "time": (
        "time time_ns monotonic monotonic_ns perf_counter perf_counter_ns clock_gettime sleep localtime "
        "gmtime strftime ctime asctime",
        _TIME,
    ),
    "random": (
        "random randint randrange choice choices sample shuffle uniform gauss getrandbits betavariate "
        "expovariate normalvariate triangular randbytes",
        _RANDOM,
    ),
    "os": ("urandom getrandom", _RANDOM),
}
"""Functions that a run replaces in their module: a name imported from there keeps the real one."""
_CALLS = {
    "datetime.datetime.now": _TIME,
    "datetime.datetime.utcnow": _TIME,
    "datetime.datetime.today": _TIME,
    "datetime.date.today": _TIME,
    "time.process_time": _TIME,
    "time.thread_time": _TIME,
    "uuid.uuid1": _RANDOM,
    "os.getrandom": _RANDOM,
    "random.SystemRandom": _RANDOM,
    "id": "a counter of your own",
    "hash": "hashlib.blake2b",
}
_UNSEEDED = {
    "random.Random": _RANDOM,
    "numpy.random.default_rng": _NUMPY,
    "numpy.random.RandomState": _NUMPY,
    "numpy.random.SeedSequence": _NUMPY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One place where the real world or an unstable order could get into a run."""

    path: str
    line: int
    what: str
    use: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}; use {self.use}"


def lint_paths(paths: Iterable[Path | str]) -> list[Finding]:
    """Look through Python files, notebooks, and folders of them.

    Raises
    ------
    BadInputError
        For a path that does not exist, or a file that is not valid Python,
        all of them at once.
    """
    findings: list[Finding] = []
    problems: list[Problem] = []
    for path in map(Path, paths):
        if not path.exists():
            problems.append(Problem(where=str(path), what="no such file or folder"))
        for file in _files(path):
            try:
                findings.extend(lint_source(str(file), _source(file)))
            except (SyntaxError, ValueError, KeyError, TypeError) as error:
                problems.append(Problem(where=str(file), what=f"not readable as Python: {error}"))
    if problems:
        raise BadInputError(problems)
    return findings


def lint_source(path: str, source: str) -> list[Finding]:
    """Look through one source text; raises SyntaxError if it is not Python."""
    lines = source.splitlines()
    found = sorted(_findings(ast.parse(source, path)))
    return [
        Finding(path=path, line=line, what=what, use=use)
        for line, what, use in dict.fromkeys(found)
        if line > len(lines) or ALLOW not in lines[line - 1]
    ]


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return sorted(
        file
        for file in path.rglob("*")
        if file.suffix in (".py", ".ipynb")
        and not any(part.startswith(".") for part in file.relative_to(path).parts)
    )


def _source(file: Path) -> str:
    text = file.read_text(encoding="utf-8")
    if file.suffix != ".ipynb":
        return text
    cells = ["".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    return "\n".join(map(_without_magics, cells))


def _without_magics(cell: str) -> str:
    """Return the cell with its magics, which are no Python, replaced line by line, so that numbers stay."""
    lines = cell.splitlines()
    if cell.startswith("%%"):
        return "\n".join("pass" for _ in lines)
    return "\n".join("pass" if line.lstrip().startswith(("%", "!")) else line for line in lines)


def _findings(tree: ast.AST) -> Iterator[tuple[int, str, str]]:
    origins = _origins(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.level:
            yield from _of_import(node)
        elif isinstance(node, ast.Import) and any(alias.name == "secrets" for alias in node.names):
            yield node.lineno, "imports secrets, which no seed reaches", _RANDOM
        elif isinstance(node, ast.Call):
            yield from _of_call(node, _full_name(node.func, origins))
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension) and _is_set(node.iter):
            yield node.iter.lineno, "iterates over a set", _SETS


def _origins(tree: ast.AST) -> dict[str, str]:
    """Return what each imported name stands for: ``dt`` for ``datetime.datetime``."""
    origins = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                origins[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                origins[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return origins


def _full_name(function: ast.expr, origins: dict[str, str]) -> str:
    if not isinstance(function, ast.Name | ast.Attribute):
        return ""
    first, dot, rest = ast.unparse(function).partition(".")
    return origins.get(first, first) + dot + rest


def _of_import(node: ast.ImportFrom) -> Iterator[tuple[int, str, str]]:
    if node.module == "secrets":
        yield node.lineno, "imports secrets, which no seed reaches", _RANDOM
    names, use = _KEPT_BY_IMPORT.get(node.module or "", ("", ""))
    for alias in node.names:
        if alias.name in names.split() or (alias.name == "*" and names):
            yield node.lineno, f"from {node.module} import {alias.name} keeps the real one", use


def _of_call(node: ast.Call, name: str) -> Iterator[tuple[int, str, str]]:
    seeded = any(not (isinstance(value, ast.Constant) and value.value is None) for value in _values(node))
    if name in _CALLS:
        yield node.lineno, f"{name}() can't be intercepted or differs between processes", _CALLS[name]
    elif name in _UNSEEDED and not seeded:
        yield node.lineno, f"{name}() without a seed", _UNSEEDED[name]
    elif name in ("list", "tuple", "iter", "enumerate", "next") and any(map(_is_set, node.args)):
        yield node.lineno, f"{name}() of a set", _SETS


def _values(node: ast.Call) -> list[ast.expr]:
    return [*node.args, *(keyword.value for keyword in node.keywords)]


def _is_set(node: ast.expr) -> bool:
    if isinstance(node, ast.Set | ast.SetComp):
        return True
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr | ast.BitAnd | ast.Sub | ast.BitXor):
        return _is_set(node.left) or _is_set(node.right)
    return isinstance(node, ast.Call) and ast.unparse(node.func) in ("set", "frozenset")
