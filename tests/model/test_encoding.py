"""Encodings are exact and canonical, and no bytes raise anything but the typed errors."""

# ruff: noqa: PT017 - these tests allow an error of one kind, they do not demand it
from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgpack
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alyslab.model.block import SIGNED_BLOCK, SignedBlock, decode_block, decode_signed_block
from alyslab.model.encoding import Uint
from alyslab.model.errors import EncodingError, InvalidBlockError
from alyslab.model.files import (
    read_bytes,
    read_json,
    read_parquet,
    write_bytes,
    write_json,
    write_parquet,
)
from alyslab.model.generate import Builder
from tests.model.nodes import node_on


def _parquet(blocks: list[SignedBlock]) -> bytes:
    sink = io.BytesIO()
    write_parquet(blocks, sink)
    return sink.getvalue()


def test_blocks_survive_every_format_exactly(builder: Builder) -> None:
    """A saved chain that comes back different is evidence destroyed."""
    blocks = builder.blocks
    assert [decode_signed_block(signed.encode()) for signed in blocks] == blocks
    assert list(read_bytes(write_bytes(blocks))) == blocks
    assert list(read_json(write_json(blocks))) == blocks
    assert list(read_parquet(io.BytesIO(_parquet(blocks)))) == blocks
    assert [decode_block(signed.block.encoded).root for signed in blocks] == [
        signed.block.root for signed in blocks
    ]


def test_streams_are_read_in_pieces_of_any_size(builder: Builder) -> None:
    """Long chains are never in memory at once, and networks cut where they like."""
    data = b"".join(write_bytes(builder.blocks[:3]))
    pieces = [data[i : i + 7] for i in range(0, len(data), 7)]
    assert list(read_bytes(pieces)) == builder.blocks[:3]


def test_a_stream_is_read_block_by_block(builder: Builder) -> None:
    """The first block comes out before the last piece goes in."""
    pieces = iter(write_bytes(builder.blocks))
    first = next(iter(read_bytes(pieces)))
    assert first == builder.blocks[0]
    assert sum(1 for _ in pieces) > 20


@given(data=st.binary(max_size=400))
@example(data=b"")
@example(data=b"\x93\xc0\xc0\xc0")
@example(data=b"\xc7\x0c\xff" + bytes(12))
@example(data=b"\x91" * 5_000)
def test_random_bytes_raise_only_encoding_errors(data: bytes) -> None:
    """Remote abort: malformed gossip brought the real node down (§7)."""
    for reader in (decode_signed_block, decode_block, _drain(read_bytes), _drain_parquet):
        with pytest.raises(EncodingError):
            reader(data)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.binary(max_size=40) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=12),
    max_leaves=30,
)


@given(item=_json)
def test_well_formed_nonsense_raises_only_encoding_errors(item: Any) -> None:
    """Valid msgpack that is no block is what an attacker who reads the code sends."""
    try:
        data = msgpack.packb(item)
    except OverflowError:
        return
    for reader in (decode_signed_block, decode_block):
        with pytest.raises(EncodingError):
            reader(data)


@given(data=st.data())
def test_a_damaged_block_is_never_taken_for_another_encoding_of_itself(
    builder: Builder, data: st.DataObject
) -> None:
    """One value, one encoding: otherwise two roots name one block."""
    good = builder.blocks[data.draw(st.integers(0, 29))].encode()
    place = data.draw(st.integers(0, len(good) - 1))
    bad = data.draw(
        st.sampled_from(
            [good[:place], good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :], good + b"\0"]
        )
    )
    try:
        decoded = decode_signed_block(bad)
    except EncodingError as error:
        assert error.rule
    else:
        assert decoded.encode() == bad != good
        node = node_on(builder, builder.blocks[: max(0, decoded.block.height - 1)])
        with pytest.raises(InvalidBlockError):
            node.import_block(decoded, builder.now_ms)


@given(data=st.data())
def test_damaged_files_raise_only_encoding_errors(builder: Builder, data: st.DataObject) -> None:
    """A file cut short by a full disk is the ordinary case."""
    blocks = builder.blocks[:2]
    good = data.draw(st.sampled_from([b"".join(write_bytes(blocks)), _parquet(blocks)]))
    place = data.draw(st.integers(0, len(good) - 1))
    flipped = good[:place] + bytes([good[place] ^ data.draw(st.integers(1, 255))]) + good[place + 1 :]
    for bad in (good[:place], flipped):
        for reader in (_drain(read_bytes), _drain_parquet):
            try:
                reader(bad)
            except EncodingError as error:
                assert error.rule


@given(line=st.text(max_size=60))
def test_damaged_json_raises_only_encoding_errors(line: str) -> None:
    """Hand-edited fixtures are wrong in ways that nobody thinks of."""
    for lines in ([line], ['{"format": "alyslab-chain", "version": 1}', line]):
        with pytest.raises(EncodingError):
            list(read_json(lines))


@pytest.mark.parametrize(
    ("path", "value", "rule"),
    [
        (("block", "slot"), -1, "integer_out_of_range"),
        (("block", "slot"), 1 << 64, "integer_out_of_range"),
        (("block", "slot"), True, "integer_out_of_range"),
        (("block", "slot"), 1.0, "integer_out_of_range"),
        (("block", "parent_root"), "0x00", "wrong_length"),
        (("block", "parent_root"), "0xzz", "not_hexadecimal"),
        (("block", "parent_root"), "00", "not_hexadecimal"),
        (("block", "payload", "transactions"), {}, "not_a_list"),
        (("block", "payload", "gas_used"), "7", "integer_out_of_range"),
        (("block", "payload"), None, "wrong_fields"),
        (("signature", "signers"), [1], "not_a_flag"),
    ],
)
def test_a_bad_value_is_named_with_its_field(
    builder: Builder, path: tuple[str, ...], value: Any, rule: str
) -> None:
    """Whoever corrects the file needs the place and the value."""
    document = SIGNED_BLOCK.to_json(builder.blocks[0])
    target = document
    for name in path[:-1]:
        target = target[name]
    target[path[-1]] = value
    with pytest.raises(EncodingError) as caught:
        SIGNED_BLOCK.from_json(json.loads(json.dumps(document)), "block")
    assert caught.value.rule == rule
    assert path[-1] in caught.value.field


def test_an_unknown_version_is_refused(builder: Builder) -> None:
    """A later format must not be misread as this one."""
    item = msgpack.unpackb(builder.blocks[0].block.encoded)
    with pytest.raises(EncodingError, match="unknown_version"):
        decode_block(msgpack.packb([2, *item[1:]]))


def test_a_longer_spelling_of_a_number_is_refused(builder: Builder) -> None:
    """msgpack can write 1 in nine bytes; only the shortest is canonical."""
    encoded = builder.blocks[0].block.encoded
    assert encoded[1:2] == b"\x01"
    with pytest.raises(EncodingError, match="not_canonical"):
        decode_block(encoded[:1] + b"\xcf" + (1).to_bytes(8, "big") + encoded[2:])


@given(value=st.integers(0, (1 << 256) - 1))
def test_amounts_above_64_bits_come_back(value: int) -> None:
    """Wei exceed what msgpack's integers hold."""
    kind = Uint(256)
    assert kind.unpack(kind.pack(value), "value_wei") == value


def test_amounts_with_leading_zeros_or_too_many_bytes_are_refused() -> None:
    """Two spellings of one amount would be two transactions."""
    for item in (b"\0\1", bytes(31) + b"\1", b"\1" * 33, 7):
        with pytest.raises(EncodingError, match="not_an_amount"):
            Uint(256).unpack(item, "value_wei")


@pytest.mark.parametrize("writer", ["bytes", "json", "parquet"])
def test_a_chain_with_a_hole_is_refused(builder: Builder, writer: str) -> None:
    """A missing block makes every conclusion about the rest worthless."""
    holed = [*builder.blocks[:2], builder.blocks[3]]
    readers: dict[str, Callable[[], object]] = {
        "bytes": lambda: list(read_bytes(write_bytes(holed))),
        "json": lambda: list(read_json(write_json(holed))),
        "parquet": lambda: _drain_parquet(_parquet(holed)),
    }
    with pytest.raises(EncodingError, match="hole_in_chain"):
        readers[writer]()


def _drain(reader: Callable[[list[bytes]], Any]) -> Callable[[bytes], list[SignedBlock]]:
    return lambda data: list(reader([data]))


def _drain_parquet(data: bytes) -> list[SignedBlock]:
    return list(read_parquet(io.BytesIO(data)))


def test_json_lines_that_lack_their_end_or_go_on_behind_it_are_refused(builder: Builder) -> None:
    """A file that was cut between two lines looks like a shorter chain."""
    lines = list(write_json(builder.blocks[:4]))

    for cut in (lines[:-1], lines[:3], lines[:1]):
        with pytest.raises(EncodingError) as refused:
            list(read_json(cut))
        assert refused.value.rule == "truncated"
    with pytest.raises(EncodingError) as refused:
        list(read_json([*lines, lines[1]]))
    assert refused.value.rule == "trailing_bytes"
    with pytest.raises(EncodingError):  # one block is missing, the end is not
        list(read_json([*lines[:-2], lines[-1]]))


def test_an_integer_beyond_64_bits_is_refused_where_it_is_written(builder: Builder) -> None:
    """The packer's own error would end a producer that follows a hostile timestamp."""
    payload = builder.blocks[3].block.payload

    with pytest.raises(EncodingError) as refused:
        replace(payload, timestamp_s=1 << 64).computed_hash()
    assert refused.value.rule == "integer_too_large"
    assert payload.computed_hash() == payload.block_hash  # the packer is used again
