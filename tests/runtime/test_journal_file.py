"""Saved journals: exact round trips, and files that are not what they claim."""

# A table of makers.
# ruff: noqa: PLW0108

from __future__ import annotations

import json
import math
import os
import random
import stat

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given

from alyslab.errors import JournalError, JournalFileError, LabError
from alyslab.runtime import Journal, journal_file
from tests.runtime.rows import ROWS, Clock, blocks_of, journal_of, plain_events


def saved(path, rows=None):
    """Save a small journal and return it."""
    journal = journal_of(
        rows or [(number, "row", f"s{number % 3}", {"n": number, "x": number / 7}) for number in range(50)]
    )
    journal.save(path)
    return journal


@given(rows=ROWS)
def test_round_trip_is_exact(tmp_path_factory, rows):
    """Metrics and figures are computed again from the file; they must come out the same."""
    path = tmp_path_factory.mktemp("journal") / "run.parquet"
    with blocks_of(3):
        journal = journal_of(rows)
        journal.save(path)
        loaded = Journal.load(path)
        assert loaded.digest == journal.digest
        assert plain_events(loaded) == plain_events(journal)
        assert loaded.first_difference(journal) is None


def test_empty_journal_makes_a_round_trip(tmp_path):
    """A run that recorded nothing is a run."""
    path = tmp_path / "empty.parquet"
    Journal(Clock()).save(path)
    loaded = Journal.load(path)
    assert len(loaded) == 0
    assert loaded.digest == Journal(Clock()).digest


def test_several_row_groups_make_a_round_trip(tmp_path, monkeypatch):
    """Long runs are written piece by piece."""
    monkeypatch.setattr(journal_file, "ROWS_PER_GROUP", 7)
    journal = saved(tmp_path / "run.parquet")
    assert pq.ParquetFile(tmp_path / "run.parquet").num_row_groups == 8
    assert Journal.load(tmp_path / "run.parquet").digest == journal.digest


@pytest.mark.parametrize("nan", [math.nan, -math.nan, math.inf - math.inf], ids=["nan", "-nan", "inf-inf"])
def test_nan_of_any_sign_makes_a_round_trip(tmp_path, nan):
    """``inf - inf`` has its sign bit set on x86; such a journal must not be called tampered with."""
    saved(tmp_path / "run.parquet", [(0, "k", "s", {"x": nan, "y": (nan,)})])
    loaded = Journal.load(tmp_path / "run.parquet")
    assert math.isnan(loaded[0].fields["x"])


def test_loaded_journal_takes_no_more_rows(tmp_path):
    """It is the record of something that is over."""
    saved(tmp_path / "run.parquet")
    loaded = Journal.load(tmp_path / "run.parquet")
    loaded.record("late", "s")
    assert len(loaded) == 50


def test_saving_replaces_a_file_only_as_a_whole(tmp_path):
    """A failed save must leave what was there, and no litter."""
    path = tmp_path / "run.parquet"
    journal = saved(path)
    before = path.read_bytes()
    bad = Journal(Clock())
    bad.record("k", "s", n=1)
    bad.record("k", "s", n=b"bytes")
    with pytest.raises(JournalError):
        bad.save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    assert Journal.load(path).digest == journal.digest


def test_folders_are_made_and_the_file_can_be_read_by_others(tmp_path):
    """CI publishes the file from another account."""
    path = tmp_path / "a" / "b" / "run.parquet"
    saved(path)
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask


def test_file_that_cannot_be_written_is_an_error_with_its_reason(tmp_path):
    """A run directory that vanished must not look like a saved journal."""
    (tmp_path / "file").write_text("")
    with pytest.raises(LabError, match="can't be written"):
        Journal(Clock()).save(tmp_path / "file" / "run.parquet")


# --- files that are not what they claim ---------------------------------------------------------


def _write(path, *, columns=None, metadata=None, rows=1, about=None, drop=()):
    columns = columns or {
        "seq": pa.array(range(rows), pa.int64()),
        "time_ns": pa.array([0] * rows, pa.int64()),
        "kind": pa.array(["k"] * rows),
        "subject": pa.array(["s"] * rows),
        "fields": pa.array(["{}"] * rows),
    }
    columns = {name: column for name, column in columns.items() if name not in drop}
    if metadata is None:
        given_about = {"format": 1, "rows": rows, "digest": "0" * 32} if about is None else about
        metadata = {journal_file.METADATA_KEY: json.dumps(given_about).encode()}
    table = pa.table(columns).replace_schema_metadata(metadata)
    pq.write_table(table, path)
    return path


def _fields(*texts):
    count = len(texts)
    return {
        "seq": pa.array(range(count), pa.int64()),
        "time_ns": pa.array([0] * count, pa.int64()),
        "kind": pa.array(["k"] * count),
        "subject": pa.array(["s"] * count),
        "fields": pa.array(texts, pa.string()),
    }


@pytest.mark.parametrize(
    "make",
    [
        lambda path: None,
        lambda path: path.mkdir(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"PAR1"),
        lambda path: path.write_bytes(b"PAR1" * 1_000),
        lambda path: path.write_text("not a journal"),
        lambda path: _write(path, metadata={}),
        lambda path: _write(path, metadata={journal_file.METADATA_KEY: b"not json"}),
        lambda path: _write(path, metadata={journal_file.METADATA_KEY: b"\xff\xfe"}),
        lambda path: _write(path, metadata={journal_file.METADATA_KEY: b"[" * 100_000}),
        lambda path: _write(path, metadata={journal_file.METADATA_KEY: b'"' + b"x" * 3_000_000 + b'"'}),
        lambda path: _write(path, about=[]),
        lambda path: _write(path, about={"format": 2, "rows": 1, "digest": ""}),
        lambda path: _write(path, about={"format": 1}),
        lambda path: _write(path),
        lambda path: _write(path, drop=("fields",)),
        lambda path: _write(path, drop=("kind",)),
        lambda path: _write(path, columns=_fields("[1]")),
        lambda path: _write(path, columns=_fields('{"a": {"b": 1}}')),
        lambda path: _write(path, columns=_fields("{")),
        lambda path: _write(path, columns=_fields(None)),
        lambda path: _write(path, columns=_fields("[" * 100_000)),
        lambda path: _write(path, columns=_fields('{"a": 1e999, "b": ' + "9" * 5_000 + "}")),
        lambda path: _write(path, columns=_fields('{"a": 99999999999999999999}')),
        lambda path: _write(path, columns=_fields('{"a": "\\ud800"}')),
        lambda path: _write(path, columns={**_fields("{}"), "time_ns": pa.array([None], pa.int64())}),
        lambda path: _write(path, columns={**_fields("{}"), "time_ns": pa.array(["x"])}),
        lambda path: _write(path, columns={**_fields("{}"), "kind": pa.array([7])}),
        lambda path: _write(path, columns={**_fields("{}"), "kind": pa.array([None], pa.string())}),
        lambda path: _write(path, columns={**_fields("{}"), "subject": pa.array([None], pa.string())}),
        lambda path: _write(path, columns={**_fields("{}"), "fields": pa.array([b"{}"])}),
    ],
)
def test_file_that_is_no_journal_is_bad_input(tmp_path, make):
    """One clear message and exit code 2, whatever somebody points the lab at."""
    path = tmp_path / "run.parquet"
    make(path)
    with pytest.raises(JournalFileError, match=r"run\.parquet"):
        Journal.load(path)


def _edited(source, target, edit):
    table = pq.read_table(source)
    pq.write_table(edit(table).replace_schema_metadata(table.schema.metadata), target)


@pytest.mark.parametrize(
    "edit",
    [
        lambda table: table.slice(0, 49),
        lambda table: pa.concat_tables([table.slice(1, 49), table.slice(0, 1)]),
        lambda table: table.set_column(1, "time_ns", pa.array([7] * 50, pa.int64())),
        lambda table: table.set_column(3, "subject", pa.array(["s"] * 50)),
        lambda table: table.set_column(4, "fields", pa.array(['{"n":0,"x":0.0}'] * 50)),
    ],
    ids=["cut", "reordered", "time", "subject", "fields"],
)
def test_rows_that_were_changed_are_found_by_the_digest(tmp_path, edit):
    """A saved journal is evidence."""
    saved(tmp_path / "good.parquet")
    _edited(tmp_path / "good.parquet", tmp_path / "run.parquet", edit)
    with pytest.raises(JournalFileError, match="differs"):
        Journal.load(tmp_path / "run.parquet")


def test_truncated_file_is_bad_input(tmp_path):
    """A full disk or an aborted copy cuts files."""
    journal = saved(tmp_path / "good.parquet")
    content = (tmp_path / "good.parquet").read_bytes()
    path = tmp_path / "run.parquet"
    for length in range(0, len(content), 37):
        path.write_bytes(content[:length])
        with pytest.raises(JournalFileError):
            Journal.load(path)
    path.write_bytes(content)
    assert Journal.load(path).digest == journal.digest


def _flipped(content, count):
    """Yield so many copies of the bytes with one bit or a few of them turned over."""
    rng = random.Random(1)
    for _ in range(count):
        damaged = bytearray(content)
        for _ in range(rng.choice([1, 1, 1, 4])):
            damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
        yield bytes(damaged)


def test_flipped_bits_are_refused_or_harmless(tmp_path):
    """Bit rot must never become another journal, nor a crash of the reader."""
    journal = saved(tmp_path / "good.parquet")
    path = tmp_path / "run.parquet"
    refused = []
    for damaged in _flipped((tmp_path / "good.parquet").read_bytes(), 300):
        path.write_bytes(damaged)
        try:
            loaded = Journal.load(path)
        except JournalFileError as error:
            refused.append(error)
            continue
        # The bit was where nothing is kept: a statistic, an index, what the file says of its writer.
        assert loaded.digest == journal.digest
        assert plain_events(loaded) == plain_events(journal)
    assert 100 < len(refused) < 300, "a reader that refuses all, or nothing, is none"
    assert {error.exit_code for error in refused} == {2}
    # Parquet read these without a complaint: only the digest stands between them and the reader.
    assert sum("their digest differs" in str(error) for error in refused) > 5
