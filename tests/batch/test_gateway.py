"""The only way from executed notebooks to data; what is not there must not be made up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alyslab.batch.gateway import read_run
from alyslab.checkers import Verdict
from alyslab.errors import RunDirectoryError
from tests.batch.lab import FAIL, METRIC, PASS, UNSEEN, glued, scrap, write_run

MIXED = Verdict((PASS, FAIL, UNSEEN))


def test_frames_are_tidy_and_keep_notebooks_apart(tmp_path: Path) -> None:
    """scrapbook's own merge lets later notebooks overwrite earlier ones of the same scrap name."""
    run = read_run(write_run(tmp_path / "r1", {"one": glued(MIXED), "two": glued(Verdict((PASS,)))}))

    assert list(run.checks["status"]) == ["pass", "fail", "inconclusive", "pass"]
    assert list(run.checks["notebook"]) == ["one", "one", "one", "two"]
    assert list(run.metrics["value"]) == [1.5, 1.5]
    assert list(run.metrics["labels"]) == ["quantile=0.5"] * 2
    assert list(run.provenance["token"]) == ["alys1-abc"] * 2
    assert set(run.parameters["parameter"]) == {"seed", "peers"}


def test_frames_of_a_run_without_scraps_have_their_columns(tmp_path: Path) -> None:
    """The summary notebook must be able to show that there is nothing."""
    run = read_run(write_run(tmp_path / "r1", {"one": None}))

    assert (len(run.checks), len(run.metrics), len(run.provenance)) == (0, 0, 0)
    assert "status" in run.checks.columns
    assert run.endings.loc[0, "problem"] == "the kernel died; no verdict was glued"


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        ([], "no verdict was glued"),
        (glued(MIXED)[:2], "no verdict was glued"),
        ([*glued(MIXED), scrap("verdict", MIXED.as_dict())], "more than once"),
        ([*glued(MIXED), scrap("late", {})], "'late' was glued after the verdict"),
        ([scrap("verdict", MIXED.as_dict() | {"status": "pass"})], "claims 'pass'"),
        ([scrap("metrics", [METRIC | {"value": "nan"}]), *glued(MIXED)[2:]], "no number"),
        ([scrap("verdict", MIXED.as_dict(), version=2)], "version 1"),
    ],
)
def test_scraps_that_are_not_sound_are_no_verdict(tmp_path: Path, outputs: list[Any], said: str) -> None:
    """A notebook without a sound verdict counts as failed."""
    (notebook,) = read_run(write_run(tmp_path / "r1", {"one": outputs})).notebooks

    assert notebook.verdict is None
    assert said in "; ".join(notebook.problems)


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"cells": 1}', "[" * 100_000])
def test_a_damaged_or_missing_notebook_has_no_verdict_and_costs_no_other(
    tmp_path: Path, content: str | None
) -> None:
    """One broken file must not hide the results of the rest."""
    directory = write_run(tmp_path / "r1", {"one": glued(MIXED), "two": glued(MIXED)})
    path = directory / "one__default__s7.ipynb"
    path.unlink() if content is None else path.write_text(content)

    one, two = read_run(directory).notebooks

    assert (one.verdict, two.verdict) == (None, MIXED)
    assert one.problems


def test_a_notebook_that_never_ran_is_not_read(tmp_path: Path) -> None:
    """A file of an earlier attempt under its name says nothing about this run."""
    directory = write_run(tmp_path / "r1", {"one": glued(MIXED)})
    path = directory / "run.json"
    path.write_text(path.read_text().replace('"state":"finished"', '"state":"pending"', 1))

    assert read_run(directory).notebooks[0].problems == ("was not executed",)


def test_a_foreign_directory_is_bad_input(tmp_path: Path) -> None:
    """It was not a run that failed; it was no run."""
    with pytest.raises(RunDirectoryError):
        read_run(tmp_path)


def test_the_run_s_decision_includes_its_summary(tmp_path: Path) -> None:
    """A summary that died has gated nothing."""
    directory = write_run(tmp_path / "r1", {"one": glued(Verdict((PASS,)))})
    assert read_run(directory).decide().exit_code == 0

    (directory / "summary.ipynb").write_text("{}")

    assert [reason.id for reason in read_run(directory).decide().reasons] == ["summary"]
