"""The lint for what isolation can't intercept: each rule finds, and each lets the right way pass."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alyslab.errors import BadInputError
from alyslab.runtime.lint import lint_paths, lint_source

PACKAGE = Path(__file__).parents[2] / "alyslab"

FOUND = [
    "from time import time",
    "from time import monotonic as now",
    "from time import sleep",
    "from random import choice",
    "from os import urandom",
    "from time import *",
    "import secrets",
    "from secrets import token_hex",
    "import datetime\ndatetime.datetime.now()",
    "from datetime import datetime\ndatetime.utcnow()",
    "from datetime import date\ndate.today()",
    "from datetime import datetime as dt\ndt.now()",
    "import time\ntime.process_time()",
    "import uuid\nuuid.uuid1()",
    "from uuid import uuid1\nuuid1()",
    "import random\nrandom.SystemRandom()",
    "import random\nrandom.Random()",
    "from random import Random\nRandom()",
    "import numpy as np\nnp.random.default_rng()",
    "import numpy as np\nnp.random.default_rng(None)",
    "from numpy.random import default_rng\ndefault_rng()",
    "import numpy as np\nnp.random.RandomState()",
    "hash('x')",
    "id(object())",
    "for x in {1, 2}:\n    pass",
    "for x in set(names):\n    pass",
    "[x for x in frozenset(names)]",
    "{x: 1 for x in {y for y in names}}",
    "async def f():\n    async for x in set(names):\n        pass",
]
CLEAN = [
    "import time\ntime.time()",
    "import random\nrandom.random()",
    "import random\nrandom.Random(7)",
    "import numpy as np\nnp.random.default_rng(7)",
    "from datetime import datetime\ndatetime.fromtimestamp(0)",
    "from time import struct_time",
    "from random import Random\nRandom(1)",
    "import uuid\nuuid.uuid4()",
    "for x in sorted({1, 2}):\n    pass",
    "x in {1, 2}",
    "len(set(names))",
    "self.id()\nself.hash()",
    "from .time import time",
    "hash('x')  # alyslab: real, as this never leaves the process",
    "",
]


@pytest.mark.parametrize("source", FOUND)
def test_escape_is_found_with_what_to_use(source):
    """Each of these makes two runs of one seed differ."""
    findings = lint_source("x.py", source)
    assert len(findings) >= 1
    assert all(finding.use for finding in findings)
    assert str(findings[0]).startswith(f"x.py:{findings[0].line}: ")
    assert findings[0].line <= source.count("\n") + 1


@pytest.mark.parametrize("source", CLEAN)
def test_right_way_is_not_found_fault_with(source):
    """A lint that cries wolf is switched off."""
    assert lint_source("x.py", source) == []


def test_each_place_is_reported_once_in_order():
    """A report is read from top to bottom."""
    findings = lint_source("x.py", "hash(1)\nimport secrets\nhash(2)\n")
    assert [finding.line for finding in findings] == [1, 2, 3]


@pytest.mark.parametrize("room", ["runtime", "model", "harnesses", "checkers", "chaos"])
def test_deciding_code_of_the_package_is_clean(room):
    """What the lab asks of others it keeps itself."""
    if not (PACKAGE / room).is_dir():
        pytest.skip(f"there is no {room} yet")
    assert [str(finding) for finding in lint_paths([PACKAGE / room])] == []


def test_folders_and_files_are_looked_through(tmp_path):
    """Sub-folders too, and hidden ones below the given path not."""
    (tmp_path / "sub").mkdir()
    (tmp_path / ".venv").mkdir()
    for name in ("a.py", "sub/b.py", ".venv/c.py"):
        (tmp_path / name).write_text("import secrets\n")
    assert [Path(finding.path).name for finding in lint_paths([tmp_path])] == ["a.py", "b.py"]
    assert [Path(finding.path).name for finding in lint_paths([str(tmp_path / "a.py")])] == ["a.py"]


def test_folder_below_a_hidden_one_is_looked_through(tmp_path, monkeypatch):
    """A checkout may lie anywhere; silence would mean that all is well."""
    folder = tmp_path / ".cache" / "checkout"
    folder.mkdir(parents=True)
    (folder / "a.py").write_text("import secrets\n")
    (folder / "sub").mkdir()
    monkeypatch.chdir(folder / "sub")
    assert len(lint_paths([folder])) == 1
    assert len(lint_paths([".."])) == 1


def _notebook(path: Path, *sources: object) -> Path:
    cells = [{"cell_type": "code", "source": source} for source in sources]
    path.write_text(json.dumps({"cells": [{"cell_type": "markdown", "source": "hash(1)"}, *cells]}))
    return path


def test_code_cells_of_notebooks_are_looked_through(tmp_path):
    """Most workloads are written there; magics are no Python."""
    notebook = _notebook(
        tmp_path / "n.ipynb",
        ["%matplotlib inline\n", "!ls\n", "x = 1"],
        "await main()\nimport secrets",
        ["%%bash\n", "for f in *; do echo $f; done\n"],
    )
    findings = lint_paths([notebook])
    assert [finding.what for finding in findings] == ["imports secrets, which no seed reaches"]
    assert findings[0].line == 5


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.py", b"def ("),
        ("a.py", b"\xff\xfe"),
        ("a.py", b"x = '\x00'"),
        ("a.ipynb", b"{}"),
        ("a.ipynb", b"[]"),
        ("a.ipynb", b"not json"),
        ("a.ipynb", b'{"cells": [{"cell_type": "code"}]}'),
        ("a.ipynb", b'{"cells": 5}'),
    ],
)
def test_file_that_is_not_readable_is_bad_input(tmp_path, name, content):
    """A file that was passed over would count as clean."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInputError, match=name):
        lint_paths([tmp_path / name])


def test_every_problem_is_reported_at_once(tmp_path):
    """One message with all of them."""
    (tmp_path / "bad.py").write_text("def (")
    with pytest.raises(BadInputError) as caught:
        lint_paths([tmp_path, tmp_path / "missing"])
    assert len(caught.value.problems) == 2
