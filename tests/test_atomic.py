"""Half a file is worse than none: it looks like a result."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import pytest

from alyslab.atomic import alone, point_link, write_json, write_text
from alyslab.errors import LabError


def test_a_full_disk_is_one_sentence_and_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written before must survive the attempt to replace it."""
    path = tmp_path / "run.json"
    write_text(path, "old")

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LabError, match=r"could not write .*run\.json: No space left on device; free"):
        write_text(path, "new")
    assert (path.read_text(), sorted(tmp_path.iterdir())) == ("old", [path])


def test_a_folder_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    """A traceback of the disk's errors tells a newcomer nothing."""
    (tmp_path / "file").write_text("")

    with pytest.raises(LabError, match="could not write"):
        write_text(tmp_path / "file" / "x", "new")


def test_what_json_has_no_word_for_is_refused(tmp_path: Path) -> None:
    """NaN in a file makes it unreadable for every strict reader."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "x.json", {"a": float("nan")})
    assert list(tmp_path.iterdir()) == []


def test_a_link_moves_in_one_step(tmp_path: Path) -> None:
    """`outputs/latest` is read by people while runs finish."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        point_link(tmp_path / "latest", name)

    assert (os.readlink(tmp_path / "latest"), len(list(tmp_path.iterdir()))) == ("two", 3)  # noqa: PTH115


def test_a_real_folder_in_the_place_of_the_link_is_left_alone(tmp_path: Path) -> None:
    """Somebody's results may be in it."""
    (tmp_path / "latest").mkdir()
    (tmp_path / "latest" / "mine").write_text("x")

    with pytest.raises(LabError, match="not a symbolic link"):
        point_link(tmp_path / "latest", "one")
    assert (tmp_path / "latest" / "mine").read_text() == "x"


def test_who_changes_a_file_alone_keeps_others_out_and_leaves_nothing_lying(tmp_path: Path) -> None:
    """Two searches that add to one file must not throw each other's findings away."""
    path = tmp_path / "deep" / "kept.json"
    with alone(path):
        other = os.open(path.parent, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(other)

    assert list(path.parent.iterdir()) == []


def test_a_folder_that_can_t_be_made_is_one_sentence(tmp_path: Path) -> None:
    """Before anything is read or changed."""
    (tmp_path / "file").write_text("")

    with pytest.raises(LabError, match="could not write"), alone(tmp_path / "file" / "x"):
        pytest.fail("it can't be had")
