"""A scrap must come back as the value that was glued, or not be glued at all."""

from __future__ import annotations

import enum
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from alyslab.batch.glue import MIME, ScrapError, exact, glue
from tests.batch.lab import code, document


class Word(enum.StrEnum):
    YES = "yes"


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.int64(2**62), 2**62),
        (np.float32(0.1), float(np.float32(0.1))),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (Word.YES, "yes"),
        ((1, (2.5, None)), [1, [2.5, None]]),
        ({"a": [True]}, {"a": [True]}),
    ],
)
def test_what_has_an_equal_in_json_becomes_it(value: object, plain: object) -> None:
    """numpy's scalars make json.dumps raise, and enumerations would come back as another type."""
    kept = exact(value, "x")

    assert kept == plain
    assert type(kept) is type(plain)


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("-inf"),
        np.float64("nan"),
        np.array([1]),
        np.datetime64("2020-01-01"),
        np.complex128(1),
        {1: 2},
        {1},
        b"x",
        object(),
        1j,
    ],
)
def test_what_would_come_back_as_another_value_is_refused_with_its_place(value: object) -> None:
    """scrapbook returns NaN as the text 'nan', which then fails far away."""
    with pytest.raises(ScrapError, match=r"metrics\[1\]\.value"):
        exact([0, {"value": value}], "metrics")


@pytest.mark.slow
def test_scrapbook_itself_reads_what_is_glued() -> None:
    """The format is scrapbook's own; this is the only place where scrapbook is imported (seconds)."""
    script = """
import json, sys, nbformat, scrapbook.models
node = nbformat.from_dict(json.load(sys.stdin))
print(json.dumps({k: v.data for k, v in scrapbook.models.Notebook(node).scraps.items()}))
"""
    data: Mapping[str, Any] = {"verdict": {"status": "pass", "checks": []}, "metrics": [{"value": 0.1}]}
    outputs = [
        {"output_type": "display_data", "data": {MIME: glue(name, value)}, "metadata": {}}
        for name, value in data.items()
    ]
    import json

    done = subprocess.run(
        [sys.executable, "-c", script],
        input=json.dumps(document(code("x", outputs=outputs, count=1))),
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(done.stdout) == data


def test_the_kernel_s_side_stays_light() -> None:
    """Importing scrapbook, papermill or nbformat in a kernel costs seconds in every notebook."""
    script = "import sys, alyslab.batch.experiment; print(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    heavy = {"scrapbook", "papermill", "nbformat", "jsonschema", "IPython", "pandas", "numpy", "pydantic"}
    assert not heavy & set(done.stdout.split())
