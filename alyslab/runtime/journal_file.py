"""Journals as Parquet files.

Columns ``seq`` and ``time_ns`` (int64), ``kind`` and ``subject`` (dictionary
of strings), ``fields`` (a JSON object in the order in which it was recorded).
The file's metadata carries the format's version, the number of rows and the
digest, which is recomputed from the rows when the file is read.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from alyslab.errors import JournalError, JournalFileError, LabError, Problem
from alyslab.runtime.journal import Journal

FORMAT_VERSION = 1
METADATA_KEY = b"alyslab.journal"
ROWS_PER_GROUP = 65_536
_UNREADABLE = (JournalError, OSError, LookupError, TypeError, ValueError, AttributeError, RecursionError)
"""What a file that is no journal can make its readers raise."""


class _SavedClock:
    """Tells the time that a saved row bears."""

    now_ns = 0


def save(journal: Journal, path: Path | str) -> None:
    """Write the journal to ``path``; a file that is there is replaced only when the new one is complete.

    Raises
    ------
    LabError
        If the file can't be written, with the operating system's reason.
    """
    import pyarrow.parquet as pq

    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            with pq.ParquetWriter(part, _schema(journal), compression="zstd") as writer:
                for table in _tables(journal):
                    writer.write_table(table)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise LabError(f"the journal can't be written to {target}: {error}") from error


def _schema(journal: Journal) -> Any:
    import pyarrow as pa

    names = pa.dictionary(pa.int32(), pa.string())
    columns = [
        ("seq", pa.int64()),
        ("time_ns", pa.int64()),
        ("kind", names),
        ("subject", names),
        ("fields", pa.string()),
    ]
    about = {"format": FORMAT_VERSION, "rows": len(journal), "digest": journal.digest}
    return pa.schema(columns, metadata={METADATA_KEY: json.dumps(about).encode()})


def _tables(journal: Journal) -> Any:
    from itertools import islice

    import pyarrow as pa

    schema = _schema(journal)
    events = iter(journal)
    while rows := list(islice(events, ROWS_PER_GROUP)):
        columns = {
            "seq": [event.seq for event in rows],
            "time_ns": [event.time_ns for event in rows],
            "kind": [event.kind for event in rows],
            "subject": [event.subject for event in rows],
            "fields": [json.dumps(event.fields, separators=(",", ":")) for event in rows],
        }
        arrays = [pa.array(columns[field.name], field.type) for field in schema]
        yield pa.Table.from_arrays(arrays, schema=schema)


def load(path: Path | str) -> Journal:
    """Read a journal back; its digest is recomputed from its rows and must be the one that it was saved with.

    Raises
    ------
    JournalFileError
        If the file is missing, is not a journal of this format's version, or
        its rows are not those that were saved.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    source = Path(path)
    if not source.is_file():
        raise _problem(source, "no such file")
    try:
        with pq.ParquetFile(source) as file:
            about = _about(source, file.schema_arrow.metadata or {})
            journal = _read_rows(file)
    except (pa.ArrowException, *_UNREADABLE) as error:
        raise _problem(source, f"not a readable journal ({type(error).__name__}: {error})") from error
    if (len(journal), journal.digest) != (about.get("rows"), about.get("digest")):
        raise _problem(
            source, "the rows are not those that were saved: their digest differs", value=journal.digest
        )
    return journal


def _about(source: Path, metadata: dict[bytes, bytes]) -> dict[str, Any]:
    if METADATA_KEY not in metadata:
        raise _problem(source, "a Parquet file, but not a journal")
    about = json.loads(metadata[METADATA_KEY])
    if not isinstance(about, dict) or about.get("format") != FORMAT_VERSION:
        raise _problem(source, "a journal of another format version", allowed=f"version {FORMAT_VERSION}")
    return about


def _read_rows(file: Any) -> Journal:
    clock = _SavedClock()
    journal = Journal(clock)
    for batch in file.iter_batches(columns=["time_ns", "kind", "subject", "fields"]):
        columns = (batch.column(name).to_pylist() for name in ("time_ns", "kind", "subject", "fields"))
        for time_ns, kind, subject, fields in zip(*columns, strict=True):
            clock.now_ns = time_ns
            values = {name: _as_tuple(value) for name, value in json.loads(fields).items()}
            journal.record(kind, subject, **values)
    journal.close()
    return journal


def _as_tuple(value: Any) -> Any:
    return tuple(_as_tuple(item) for item in value) if isinstance(value, list) else value


def _problem(
    source: Path, what: str, *, value: object = None, allowed: str | None = None
) -> JournalFileError:
    return JournalFileError(Problem(where=str(source), what=what, value=value, allowed=allowed))
