"""Source notebooks: found by name, and their declared parameters read without running them."""

from __future__ import annotations

import ast
import difflib
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alyslab.batch.kinds import Kind, Value, kind_of_annotation, kind_of_value
from alyslab.errors import NotebookError, Problem

SIZE_BYTES_MAX = 16 * 1024 * 1024
"""A source notebook carries no outputs; one larger than this is no source."""

SUMMARY = "summary"
"""The name of the notebook that runs last and reads the others' scraps."""

_NAME = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One parameter that a notebook declares."""

    name: str
    """The variable's name."""
    kind: Kind
    """Its type, from the annotation or else from the default."""
    default: Value
    """The literal in the notebook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceNotebook:
    """A notebook as it stands in the notebooks folder."""

    name: str
    """The file's name without ``.ipynb``."""
    path: Path
    """Where it was read from."""
    raw: bytes
    """The file's content at the time of planning; this is what runs."""
    declared: Mapping[str, Declared]
    """Its parameters by name."""

    @property
    def sha256(self) -> str:
        """The digest of the content, in hexadecimal."""
        return hashlib.sha256(self.raw).hexdigest()


def find_notebooks(folder: Path) -> Mapping[str, Path]:
    """Return the runnable notebooks of a folder by name, in the order of their names.

    Raises
    ------
    NotebookError
        If the folder is missing or holds a notebook whose name can't be used.
    """
    if not folder.is_dir():
        raise NotebookError(Problem(where=str(folder), what="is no folder of notebooks"))
    paths = sorted(path for path in folder.glob("*.ipynb") if not path.name.startswith("."))
    # A double underscore would make the name of an executed notebook ambiguous.
    bad = [path for path in paths if not _NAME.fullmatch(path.stem)]
    if bad:
        allowed = "lower case words and digits joined by _ or -"
        raise NotebookError(
            Problem(where=str(path), what="a notebook can't have this name", allowed=allowed) for path in bad
        )
    return {path.stem: path for path in paths}


def unknown_notebook(name: str, known: Iterable[str], where: str) -> Problem:
    """Return the problem that ``name`` is none of the notebooks, with the nearest that is."""
    known = sorted(known)
    near = difflib.get_close_matches(Path(name).stem, known, n=1)
    allowed = f"did you mean {near[0]}?" if near else f"known: {', '.join(known) or 'none'}"
    return Problem(where=where, what=f"there is no notebook {name[:120]!r}", value=name, allowed=allowed)


def read_notebook(path: Path) -> SourceNotebook:
    """Read a source notebook and its parameters cell.

    Raises
    ------
    NotebookError
        If the file leads out of its folder, is too large, is no notebook of
        format 4, or its parameters cell is missing, doubled or more than
        literals.  Every problem of the cell is named.
    """
    raw = _read_raw(path)
    document = _parse(raw, path)
    return SourceNotebook(name=path.stem, path=path, raw=raw, declared=_declared(document, path))


def _read_raw(path: Path) -> bytes:
    try:
        resolved = path.resolve(strict=True)
        if resolved.parent != path.parent.resolve() or not resolved.is_file():
            raise NotebookError(Problem(where=str(path), what=f"leads out of its folder, to {resolved}"))
        with resolved.open("rb") as file:
            raw = file.read(SIZE_BYTES_MAX + 1)
    except OSError as error:
        raise NotebookError(Problem(where=str(path), what=f"can't be read: {error.strerror}")) from None
    if len(raw) > SIZE_BYTES_MAX:
        allowed = f"at most {SIZE_BYTES_MAX // 1024**2} MiB; strip its outputs"
        raise NotebookError(Problem(where=str(path), what="is too large for a source", allowed=allowed))
    return raw


def _parse(raw: bytes, path: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise NotebookError(Problem(where=str(path), what=f"is not a notebook: {error}")) from None
    if not isinstance(document, dict) or document.get("nbformat") != 4:
        raise NotebookError(Problem(where=str(path), what="is not a notebook of format 4"))
    cells = document.get("cells")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise NotebookError(Problem(where=str(path), what="has no list of cells"))
    return document


def _declared(document: Mapping[str, Any], path: Path) -> Mapping[str, Declared]:
    tagged = [
        cell
        for cell in document["cells"]
        if cell.get("cell_type") == "code" and "parameters" in (cell.get("metadata") or {}).get("tags", ())
    ]
    if len(tagged) != 1:
        what = f"has {len(tagged) or 'no'} code cells tagged 'parameters'"
        raise NotebookError(Problem(where=str(path), what=what, allowed="exactly one"))
    source = tagged[0].get("source", "")
    return read_parameters("".join(source), f"{path}, parameters cell")


def read_parameters(source: str, where: str) -> Mapping[str, Declared]:
    """Return what the source of a parameters cell declares, by name, without running it.

    Raises
    ------
    NotebookError
        With every line that is not ``name: type = literal``.  A derived value
        is refused because papermill sets parameters after this cell: it
        would keep what the defaults gave it.
    """
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        place = f"{where}:{line}" if line else where
        raise NotebookError(Problem(where=place, what=f"is not Python: {error}")) from None
    declared: dict[str, Declared] = {}
    problems: list[Problem] = []
    for statement in body:
        place = f"{where}:{statement.lineno}"
        try:
            entry = _statement(statement)
        except (TypeError, ValueError) as error:
            problems.append(Problem(where=place, what=str(error)))
            continue
        if entry.name in declared:
            problems.append(Problem(where=place, key=entry.name, what="is declared twice"))
        declared[entry.name] = entry
    if problems:
        raise NotebookError(problems)
    return declared


def _statement(statement: ast.stmt) -> Declared:
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=ast.expr() as value):
            kind = kind_of_annotation(annotation)
            default = _literal(name, value)
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            default = _literal(name, value)
            kind = kind_of_value(default)
        case _:
            raise ValueError("only 'name: type = literal' belongs in the parameters cell")
    try:
        return Declared(name=name, kind=kind, default=kind.accept(default))
    except TypeError as error:
        raise ValueError(f"{name}: its default {error}") from None


def _literal(name: str, value: ast.expr) -> object:
    try:
        return ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError):
        raise ValueError(
            f"{name} is derived; move it to a later cell, which sees the values set from outside"
        ) from None
