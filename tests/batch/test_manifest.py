"""A run directory is trusted by its manifest, so a damaged one must be told from a sound one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alyslab.batch.manifest import SIZE_BYTES_MAX, read_manifest
from alyslab.errors import RunDirectoryError
from tests.batch.lab import entry, manifest


def test_a_manifest_reads_back_as_it_was_written(tmp_path: Path) -> None:
    """Resume and report know a run by nothing else."""
    written = manifest("r1", entry("one"), entry("two", state="pending", duration_s=None))
    (tmp_path / "run.json").write_text(written.model_dump_json())

    assert read_manifest(tmp_path) == written


def test_a_foreign_directory_is_refused(tmp_path: Path) -> None:
    """A mistyped path must not be taken for a run."""
    with pytest.raises(RunDirectoryError, match="alyslab did not write it"):
        read_manifest(tmp_path)
    with pytest.raises(RunDirectoryError, match="is no run directory"):
        read_manifest(tmp_path / "absent")


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"format": "alyslab.run/1"}', "[" * 100_000])
def test_a_damaged_manifest_is_refused(tmp_path: Path, content: str) -> None:
    """A half-written file has no half of the truth."""
    (tmp_path / "run.json").write_text(content)

    with pytest.raises(RunDirectoryError, match=r"run\.json"):
        read_manifest(tmp_path)


def test_a_manifest_of_another_version_is_refused_by_name(tmp_path: Path) -> None:
    """The reader learns that the file is sound, but not for this version."""
    content = json.loads(manifest("r1", entry("one")).model_dump_json())
    (tmp_path / "run.json").write_text(json.dumps(content | {"format": "alyslab.run/9"}))

    with pytest.raises(RunDirectoryError, match=r"this version reads alyslab\.run/1"):
        read_manifest(tmp_path)


def test_every_wrong_field_is_named(tmp_path: Path) -> None:
    """One attempt must be enough to see the damage."""
    content = json.loads(manifest("r1", entry("one")).model_dump_json())
    content |= {"status": "good", "extra": 1}
    content["notebooks"][0]["state"] = "passed"
    (tmp_path / "run.json").write_text(json.dumps(content))

    with pytest.raises(RunDirectoryError) as caught:
        read_manifest(tmp_path)
    assert {problem.key for problem in caught.value.problems} >= {"status", "extra", "notebooks.0.state"}


def test_a_huge_manifest_is_refused_without_being_read(tmp_path: Path) -> None:
    """No run has so many notebooks."""
    with (tmp_path / "run.json").open("wb") as file:
        file.truncate(SIZE_BYTES_MAX + 1)

    with pytest.raises(RunDirectoryError, match="too large"):
        read_manifest(tmp_path)
