"""Chains as streams: canonical bytes, JSON lines and Parquet, written and read block by block.

The model opens no files: writers yield pieces or are handed a sink, readers
take pieces or a source.  All readers check that heights follow one another and
that each block names its predecessor's root; a hole is an error.  They raise
:class:`EncodingError` and nothing else, whatever they read.

Byte stream: the magic ``ALYSCHN1``, then each block behind its length (four
bytes, big-endian), then a length of zero.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from alyslab.model.block import SIGNED_BLOCK, SignedBlock, decode_signed_block
from alyslab.model.encoding import BYTES_MAX
from alyslab.model.errors import EncodingError

MAGIC = b"ALYSCHN1"
JSON_FORMAT = {"format": "alyslab-chain", "version": 1}
PARQUET_COLUMNS = ("height", "slot", "root", "transactions", "size_bytes", "signatures", "encoded")
ROW_GROUP_BLOCKS = 1_024


def linked(blocks: Iterable[SignedBlock]) -> Iterator[SignedBlock]:
    """Yield blocks as long as each stands on the one before; raises :class:`EncodingError` at a hole."""
    root: bytes | None = None
    height = 0
    for signed in blocks:
        if root is not None and (signed.block.height != height + 1 or signed.block.parent_root != root):
            raise EncodingError(
                "hole_in_chain", field=f"block[{signed.block.height}]", value=signed.block.parent_root
            )
        root, height = signed.block.root, signed.block.height
        yield signed


def write_bytes(blocks: Iterable[SignedBlock]) -> Iterator[bytes]:
    """Yield the byte stream of a chain, one piece per block."""
    yield MAGIC
    for signed in blocks:
        encoded = signed.encode()
        yield len(encoded).to_bytes(4, "big") + encoded
    yield bytes(4)


def read_bytes(pieces: Iterable[bytes]) -> Iterator[SignedBlock]:
    """Yield the blocks of a byte stream that arrives in pieces of any size."""
    return linked(_read_bytes(_Reader(pieces)))


class _Reader:
    """Takes exact numbers of bytes from pieces."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._left = bytearray()
        self._taken = 0

    def take(self, count: int, field: str) -> bytes:
        while len(self._left) < count:
            piece = next(self._pieces, None)
            if piece is None:
                raise EncodingError(
                    "truncated", field=field, value=self._taken, missing=count - len(self._left)
                )
            self._left += piece
        data = bytes(self._left[:count])
        del self._left[:count]
        self._taken += count
        return data

    def end(self) -> None:
        if self._left or any(self._pieces):
            raise EncodingError("trailing_bytes", field="end", value=self._taken)


def _read_bytes(reader: _Reader) -> Iterator[SignedBlock]:
    magic = reader.take(len(MAGIC), "magic")
    if magic != MAGIC:
        raise EncodingError("unknown_version", field="magic", value=magic, known=MAGIC)
    count = 0
    while length := int.from_bytes(reader.take(4, f"length[{count}]"), "big"):
        if length > BYTES_MAX:
            raise EncodingError("too_long", field=f"length[{count}]", value=length, most=BYTES_MAX)
        yield decode_signed_block(reader.take(length, f"block[{count}]"))
        count += 1
    reader.end()


def write_json(blocks: Iterable[SignedBlock]) -> Iterator[str]:
    """Yield a chain as JSON lines: a header, a block per line, and how many there were."""
    yield json.dumps(JSON_FORMAT) + "\n"
    count = 0
    for signed in blocks:
        count += 1
        yield json.dumps(SIGNED_BLOCK.to_json(signed)) + "\n"
    yield json.dumps({"blocks": count}) + "\n"


def read_json(lines: Iterable[str]) -> Iterator[SignedBlock]:
    """Yield the blocks of JSON lines."""
    return linked(_read_json(iter(lines)))


def _read_json(lines: Iterator[str]) -> Iterator[SignedBlock]:
    if _parse(next(lines, ""), "line[0]") != JSON_FORMAT:
        raise EncodingError("unknown_version", field="line[0]", known=JSON_FORMAT)
    for count, line in enumerate(lines):
        field = f"line[{count + 1}]"
        document = _parse(line, field)
        if document == {"blocks": count}:
            if any(lines):
                raise EncodingError("trailing_bytes", field=field, value=count)
            return
        signed: SignedBlock = SIGNED_BLOCK.from_json(document, field)
        yield signed
    raise EncodingError("truncated", field="end", missing='{"blocks": …}')


def _parse(line: str, field: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, TypeError, RecursionError):
        raise EncodingError("malformed", field=field, value=str(line)[:64]) from None


def write_parquet(blocks: Iterable[SignedBlock], sink: BinaryIO) -> None:
    """Write a chain to ``sink`` as Parquet: a row per block, columns for tables, the bytes for truth."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = (pa.uint64(), pa.uint64(), pa.binary(32), pa.uint32(), pa.uint32(), pa.uint8(), pa.binary())
    schema = pa.schema(list(zip(PARQUET_COLUMNS, kinds, strict=True)), metadata={"alyslab-chain": "1"})
    with pq.ParquetWriter(sink, schema) as writer:
        rows: list[tuple[Any, ...]] = []
        for signed in blocks:
            rows.append(_row(signed))
            if len(rows) == ROW_GROUP_BLOCKS:
                writer.write_batch(_record_batch(rows, schema))
                rows = []
        if rows:
            writer.write_batch(_record_batch(rows, schema))


def _row(signed: SignedBlock) -> tuple[Any, ...]:
    block = signed.block
    size, count = len(block.encoded), len(block.payload.transactions)
    return (block.height, block.slot, block.root, count, size, signed.signature.count, signed.encode())


def _record_batch(rows: list[tuple[Any, ...]], schema: Any) -> Any:
    import pyarrow as pa

    arrays = [
        pa.array(column, type=kind.type) for column, kind in zip(zip(*rows, strict=True), schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def read_parquet(source: BinaryIO) -> Iterator[SignedBlock]:
    """Yield the blocks of a Parquet file, a row group at a time; the columns must agree with the bytes."""
    return linked(_read_parquet(source))


def _read_parquet(source: BinaryIO) -> Iterator[SignedBlock]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(source)
        if tuple(file.schema_arrow.names) != PARQUET_COLUMNS:
            raise EncodingError("wrong_fields", field="schema", value=tuple(file.schema_arrow.names))
        for batch in file.iter_batches(batch_size=ROW_GROUP_BLOCKS):
            for row in batch.to_pylist():
                signed = decode_signed_block(row["encoded"])
                if tuple(row.values()) != _row(signed):
                    raise EncodingError(
                        "columns_disagree", field=f"block[{signed.block.height}]", value=row["height"]
                    )
                yield signed
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, MemoryError) as error:
        raise EncodingError("malformed", field="parquet", value=str(error)[:120]) from None
