"""A resumed run must still be one experiment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alyslab.batch.resume import differences, sha256, with_undone_reset
from tests.batch.lab import entry, manifest

ONE = entry("one")


@pytest.mark.parametrize(
    ("update", "said"),
    [
        ({"code_digest": "d" * 64}, "alyslab's code changed"),
        (
            {"versions": {"python": "3.12.0"}},
            "the version of python changed since this run began: 3.11.0, now 3.12.0",
        ),
        ({"required_checks": ("one:*",)}, "the required checks changed"),
        ({"notebooks": (entry("one", source_sha256="1" * 64),)}, "notebook one changed"),
        (
            {"notebooks": (entry("one", parameters={"seed": 7, "peers": 5}),)},
            "parameter peers of one",
        ),
        ({"notebooks": (ONE, entry("two"))}, "two__default__s7 is newly part"),
        ({"notebooks": (entry("two"),)}, "one__default__s7 is no longer part"),
    ],
)
def test_whatever_changed_is_named(tmp_path: Path, update: dict[str, Any], said: str) -> None:
    """Results of two states of the code under one name would be made up."""
    old = manifest("r1", ONE)

    found = differences(old, old.model_copy(update=update), tmp_path)

    assert any(said in problem.what for problem in found)


def test_nothing_changed_is_no_problem(tmp_path: Path) -> None:
    """Otherwise nothing could ever be resumed."""
    assert differences(manifest("r1", ONE), manifest("r1", ONE), tmp_path) == []


def test_an_executed_notebook_that_was_edited_is_named(tmp_path: Path) -> None:
    """Its numbers are no longer those of the run."""
    file = tmp_path / "one__default__s7.ipynb"
    file.write_text("executed")
    old = manifest("r1", entry("one", executed_sha256=sha256(file)))
    assert differences(old, manifest("r1", ONE), tmp_path) == []

    file.write_text("edited")

    assert (
        "not the notebook that this run executed" in differences(old, manifest("r1", ONE), tmp_path)[0].what
    )


def test_only_what_did_not_finish_runs_again(tmp_path: Path) -> None:
    """A cell that raised is a result too; a kernel that died or ran out of time is bad luck."""
    states = {"one": "finished", "two": "failed", "three": "running", "four": "pending", "five": "finished"}
    states |= {"six": "died", "seven": "timed_out"}
    for name in ("one", "two", "six", "seven"):
        (tmp_path / f"{name}__default__s7.ipynb").write_text("")
    record = manifest("r1", *(entry(name, state=state) for name, state in states.items()))

    again = with_undone_reset(record, tmp_path)

    assert [e.notebook for e in again.notebooks if e.state == "pending"] == [
        "three",
        "four",
        "five",
        "six",
        "seven",
    ]
    assert (again.status, again.summary.state, again.ended_at) == ("running", "pending", None)
