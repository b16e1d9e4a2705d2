"""Parameters are read from the source, never by running it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alyslab.batch.notebook import SIZE_BYTES_MAX, find_notebooks, read_notebook, read_parameters
from alyslab.errors import NotebookError
from tests.batch.lab import code, document, write_notebook


def test_declared_parameters_have_name_type_and_default(tmp_path: Path) -> None:
    """What a parameter file is held against."""
    cell = "seed: int = 1\nratio = -0.5  # share\nnames: list[str] = []"
    path = write_notebook(tmp_path, "small", parameters=cell)

    declared = read_notebook(path).declared

    assert {name: (str(p.kind), p.default) for name, p in declared.items()} == {
        "seed": ("int", 1),
        "ratio": ("float", -0.5),
        "names": ("list[str]", []),
    }


def test_the_parameters_cell_is_not_executed(tmp_path: Path) -> None:
    """A notebook from elsewhere must not act before anybody asked it to run."""
    trap = tmp_path / "trap"
    path = write_notebook(tmp_path, "small", parameters=f"seed: int = open({str(trap)!r}, 'w').write('x')")

    with pytest.raises(NotebookError, match="derived"):
        read_notebook(path)
    assert not trap.exists()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("a = 1\nb = a + 1", "b is derived"),
        ("import os", "only 'name: type = literal'"),
        ("a: int", "only 'name: type = literal'"),
        ("a = b = 1", "only 'name: type = literal'"),
        ("a: int = 'x'", "its default must be int"),
        ("a = 1\na = 2", "declared twice"),
        ("a = ", "is not Python"),
        ("%matplotlib inline", "is not Python"),
        ("a: Path = 'x'", "can't come from a parameter file"),
    ],
)
def test_what_papermill_could_not_set_is_refused_with_its_line(source: str, said: str) -> None:
    """papermill sets values after this cell: a derived one would keep what the defaults gave it."""
    with pytest.raises(NotebookError, match=r"cell:[12]: ") as caught:
        read_parameters(source, "cell")
    assert said in str(caught.value)


@pytest.mark.parametrize("tagged", [0, 2])
def test_a_notebook_needs_exactly_one_parameters_cell(tmp_path: Path, tagged: int) -> None:
    """Without one nothing can be set; with two, nobody knows which one wins."""
    path = tmp_path / "small.ipynb"
    path.write_text(json.dumps(document(*[code(f"a{i} = 1", tags=("parameters",)) for i in range(tagged)])))

    with pytest.raises(NotebookError, match="exactly one"):
        read_notebook(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"nbformat": 3}', b'{"nbformat": 4, "cells": [1]}', b"[" * 200, b"\xff"],
)
def test_a_file_that_is_no_notebook_is_refused(tmp_path: Path, content: bytes) -> None:
    """A traceback of a JSON parser is no message."""
    path = tmp_path / "small.ipynb"
    path.write_bytes(content)

    with pytest.raises(NotebookError, match=r"small\.ipynb"):
        read_notebook(path)


def test_a_huge_file_is_refused_without_being_read(tmp_path: Path) -> None:
    """A source carries no outputs."""
    path = tmp_path / "small.ipynb"
    with path.open("wb") as file:
        file.truncate(SIZE_BYTES_MAX + 1)

    with pytest.raises(NotebookError, match="too large"):
        read_notebook(path)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    """The folder is what was reviewed; a link makes it mean any file of the disk."""
    write_notebook(tmp_path / "elsewhere", "small")
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "small.ipynb").symlink_to(tmp_path / "elsewhere" / "small.ipynb")

    with pytest.raises(NotebookError, match="leads out of its folder"):
        read_notebook(tmp_path / "notebooks" / "small.ipynb")


def test_a_name_that_would_be_ambiguous_is_refused(tmp_path: Path) -> None:
    """Executed notebooks are named name__scenario__seed."""
    write_notebook(tmp_path, "a__b")

    with pytest.raises(NotebookError, match="can't have this name"):
        find_notebooks(tmp_path)
