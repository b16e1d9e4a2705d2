"""Nothing already written may be lost, whatever is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from alyslab.batch.rundir import create, reopen
from alyslab.errors import RunDirectoryError
from tests.batch.lab import entry, manifest


def unfinished(outputs: Path, run_id: str, **update: str) -> Path:
    directory = outputs / run_id
    directory.mkdir(parents=True)
    record = manifest(update.pop("named", run_id), entry("one"), **{"status": "interrupted", **update})
    (directory / "run.json").write_text(record.model_dump_json())
    return directory


def test_two_runs_of_one_second_get_two_directories(tmp_path: Path) -> None:
    """CI starts jobs at the same moment."""
    with create(tmp_path, "quick-s7") as one, create(tmp_path, "quick-s7") as two:
        assert one.path != two.path


def test_outputs_that_cannot_be_made_are_bad_input(tmp_path: Path) -> None:
    """The user named the folder and can name another."""
    (tmp_path / "file").write_text("")

    with pytest.raises(RunDirectoryError, match="--out"), create(tmp_path / "file", "quick"):
        pass


def test_a_finished_run_is_what_latest_points_to(tmp_path: Path) -> None:
    """A run that is still going would show half a report there."""
    with create(tmp_path, "quick") as directory:
        assert not (tmp_path / "latest").exists()
        directory.finish(manifest(directory.run_id, entry("one")))

    assert (tmp_path / "latest").resolve() == directory.path.resolve()
    assert {path.name for path in directory.path.iterdir()} == {"run.json"}


def test_a_folder_named_latest_is_refused_before_anything_runs(tmp_path: Path) -> None:
    """It can't become the link, and whoever made it would lose it."""
    (tmp_path / "latest").mkdir()

    with pytest.raises(RunDirectoryError, match="move it away"), create(tmp_path, "quick"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["latest"]


@pytest.mark.parametrize("run_id", ["../x", "/etc", "latest", "", ".", "a/b", "x" * 200])
def test_only_the_name_of_a_run_is_a_run_id(tmp_path: Path, run_id: str) -> None:
    """A path would let a resume write anywhere."""
    with pytest.raises(RunDirectoryError, match="is no run id"), reopen(tmp_path, run_id):
        pass


def test_a_link_is_not_resumed(tmp_path: Path) -> None:
    """It may lead to a directory of somebody else."""
    (tmp_path / "link").symlink_to(unfinished(tmp_path / "elsewhere", "r1"))

    with pytest.raises(RunDirectoryError, match="is a link"), reopen(tmp_path, "link"):
        pass


def test_a_finished_run_is_not_resumed(tmp_path: Path) -> None:
    """Its results stand; running again is another run."""
    unfinished(tmp_path, "r1", status="finished")

    with pytest.raises(RunDirectoryError, match="is finished"), reopen(tmp_path, "r1"):
        pass


@pytest.mark.parametrize("state", ["died", "timed_out"])
def test_a_finished_run_with_a_notebook_cut_short_is_resumed(tmp_path: Path, state: str) -> None:
    """A kernel that the machine killed says nothing about the experiment."""
    directory = tmp_path / "r1"
    directory.mkdir()
    (directory / "run.json").write_text(manifest("r1", entry("one", state=state)).model_dump_json())

    with reopen(tmp_path, "r1") as (_, found):
        assert (found.status, found.notebooks[0].state) == ("finished", state)


def test_a_renamed_run_is_not_resumed(tmp_path: Path) -> None:
    """A copy under another name would go on with two histories."""
    unfinished(tmp_path, "copy", named="r1")

    with pytest.raises(RunDirectoryError, match="holds run r1"), reopen(tmp_path, "copy"):
        pass


def test_a_run_in_progress_is_not_resumed(tmp_path: Path) -> None:
    """Two processes in one directory would overwrite each other."""
    unfinished(tmp_path, "r1")

    with (
        reopen(tmp_path, "r1"),
        pytest.raises(RunDirectoryError, match="by another process"),
        reopen(tmp_path, "r1"),
    ):
        pass


def test_a_run_whose_process_was_killed_can_be_resumed(tmp_path: Path) -> None:
    """It still says that it runs, but nobody holds it."""
    unfinished(tmp_path, "r1", status="running")

    with reopen(tmp_path, "r1") as (directory, record):
        assert (directory.run_id, record.status) == ("r1", "running")
