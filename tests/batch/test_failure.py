"""papermill's record is no verdict; what a notebook left behind is judged here."""

from __future__ import annotations

from typing import Any

import pytest

from alyslab.batch.failure import Ending, judge, output_text, stamped
from tests.batch.lab import code, document

RETURNED = Ending(how="returned")
ERROR = {
    "output_type": "error",
    "ename": "ZeroDivisionError",
    "evalue": "by zero",
    "traceback": ["\x1b[31mboom\x1b[0m"],
}
EXIT = {"output_type": "error", "ename": "SystemExit", "evalue": "0", "traceback": []}


def started(source: str, *outputs: Any, **more: Any) -> Any:
    """A cell as papermill leaves it when the kernel dies under it: complete, it says."""
    cell = code(source, outputs=outputs, **more)
    cell["metadata"]["papermill"] = {"start_time": "2026-01-01", "status": "completed", "exception": False}
    return cell


def test_a_notebook_that_ran_to_its_end_did_not_fail() -> None:
    """The judge must be able to acquit."""
    assert judge(document(code("x = 1", count=1), code("  \n")), RETURNED) is None


@pytest.mark.parametrize("how", ["returned", "raised"])
def test_a_raising_cell_is_named_with_source_and_output(how: Any) -> None:
    """Who reads the report must not have to open the notebook."""
    ending = Ending(how=how, name="" if how == "returned" else "PapermillExecutionError")
    failure = judge(document(code("1", count=1), code("1/0", outputs=[ERROR], count=2), code("2")), ending)

    assert failure is not None
    assert (failure.kind, failure.cell, failure.source, failure.output) == ("failed", 2, "1/0", "boom")
    assert failure.message == "ZeroDivisionError: by zero"


def test_system_exit_is_a_failure_although_papermill_returns() -> None:
    """`SystemExit(0)` in a cell would otherwise end a notebook as a success without its checks."""
    failure = judge(document(code("raise SystemExit(0)", outputs=[EXIT], count=1)), RETURNED)

    assert failure is not None
    assert "SystemExit(0)" in failure.message


def test_a_cell_that_was_never_executed_is_a_failure() -> None:
    """Whatever ended the notebook early, the rest was not seen."""
    failure = judge(document(code("1", count=1), code("2")), RETURNED)

    assert failure is not None
    assert (failure.cell, failure.message) == (2, "the cell was never executed")


def test_an_error_that_the_author_expects_is_no_failure() -> None:
    """A notebook may show an error on purpose, with the tag that Jupyter has for it."""
    cell = code("1/0", outputs=[ERROR], count=1, tags=("raises-exception",))

    assert judge(document(cell), RETURNED) is None


@pytest.mark.parametrize(
    ("ending", "kind", "said"),
    [
        (Ending(how="raised", name="DeadKernelError"), "died", "the kernel died"),
        (Ending(how="raised", name="CellTimeoutError"), "timed_out", "longer than its time limit"),
        (Ending(how="out of time", message="ran longer than 5 s"), "timed_out", "5 s"),
        (Ending(how="worker died", message="killed by signal 9"), "died", "killed by signal 9"),
        (Ending(how="raised", name="RuntimeError", message="odd"), "failed", "RuntimeError: odd"),
    ],
)
def test_a_sudden_end_is_pinned_to_the_last_started_cell(ending: Ending, kind: str, said: str) -> None:
    """papermill marks every cell completed then; only its start times tell."""
    stream = {"output_type": "stream", "name": "stdout", "text": ["before\n"]}
    cells = [started("a", count=1), started("b", stream), code("c")]

    failure = judge(document(*cells), ending)

    assert failure is not None
    assert (failure.kind, failure.cell, failure.source, failure.output) == (kind, 2, "b", "before")
    assert said in failure.message


def test_cells_that_papermill_inserts_are_not_counted() -> None:
    """The number must be the one that the author sees in the source."""
    cells = [code("p", tags=("parameters",), count=1), code("p", tags=("injected-parameters",), count=2)]

    failure = judge(document(*cells, code("1/0", outputs=[ERROR], count=3)), RETURNED)

    assert failure is not None
    assert failure.cell == 2


@pytest.mark.parametrize("ending", [RETURNED, Ending(how="worker died", message="exit code 1")])
def test_a_notebook_that_cannot_be_read_is_a_failure(ending: Ending) -> None:
    """A worker killed while it saved leaves half a file."""
    failure = judge(None, ending)

    assert failure is not None
    assert (failure.cell, failure.source) == (None, "")


def test_a_stamped_notebook_no_longer_claims_that_all_completed() -> None:
    """Who opens the notebook itself must see what the report says."""
    cells = [started("a", count=1), started("b"), started("c")]
    cells[2]["metadata"]["papermill"].pop("start_time")
    executed = document(*cells)
    failure = judge(executed, Ending(how="raised", name="DeadKernelError"))

    after = stamped(executed, failure)

    assert [cell["metadata"]["papermill"]["status"] for cell in after["cells"]] == [
        "completed",
        "failed",
        "pending",
    ]
    assert output_text(after["cells"][1]) == "alyslab: the kernel died"
    assert after["metadata"]["papermill"]["exception"] is True


def test_a_flood_of_output_is_kept_by_its_end() -> None:
    """The manifest must stay small, and the last words matter most."""
    stream = {"output_type": "stream", "name": "stdout", "text": "x" * 100_000 + "last"}

    failure = judge(document(started("a", stream)), Ending(how="raised", name="DeadKernelError"))

    assert failure is not None
    assert (len(failure.output), failure.output[-4:]) == (4000, "last")
