"""Whatever bytes a peer sends, they are read or refused."""

from __future__ import annotations

import contextlib
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alyslab.harnesses.sync import protocol
from alyslab.harnesses.sync.errors import ProtocolError
from alyslab.harnesses.sync.protocol import Anchor, Range, Status
from tests.harnesses.sync.stage import CHAIN

ANSWER = protocol.write_blocks(CHAIN.frames[4:9])
WANTED = Range(start=5, count=5)


def test_what_is_written_is_read() -> None:
    """Both ends of the wire mean the same."""
    status = Status(version=1, genesis=CHAIN.roots[0], height=7, root=CHAIN.roots[7], finalised_height=5)
    anchor = Anchor(height=7, root=CHAIN.roots[7], state_root=CHAIN.state_root(7))

    assert protocol.read_status(protocol.write_status(status)) == status
    assert protocol.read_anchor(protocol.write_anchor(anchor)) == anchor
    assert protocol.read_range(protocol.write_range(WANTED)) == WANTED
    assert protocol.read_blocks(ANSWER, WANTED) == list(CHAIN.blocks[4:9])
    assert protocol.read_blocks(b"", WANTED) == []


@pytest.mark.parametrize(
    ("answer", "wanted", "rule"),
    [
        (ANSWER, Range(start=4, count=5), "not_the_height"),
        (ANSWER, Range(start=5, count=4), "more_than_asked"),
        (ANSWER[:-1], WANTED, "chunk_cut_off"),
        (protocol.refusal(1), WANTED, "refused"),
        (protocol.write_blocks([b"\x93\x01\x02\x03"]), WANTED, "not_a_block"),
        (protocol.write_blocks([CHAIN.frames[4], CHAIN.frames[6]]), WANTED, "not_the_height"),
    ],
)
def test_an_answer_that_is_none_is_refused_by_name(answer: bytes, wanted: Range, rule: str) -> None:
    """The name is what the peer's failure is counted under."""
    with pytest.raises(ProtocolError) as caught:
        protocol.read_blocks(answer, wanted)

    assert caught.value.rule == rule


@given(st.binary(max_size=400))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    """An exception from a reader would let one peer kill another's sync."""
    for read in (
        protocol.read_status,
        protocol.read_anchor,
        protocol.read_range,
        lambda d: protocol.read_blocks(d, WANTED),
    ):
        with contextlib.suppress(ProtocolError):
            assert read(data) is not None  # type: ignore[operator]


@given(st.integers(0, 2**32))
def test_no_spoilt_answer_raises_anything_else(seed: int) -> None:
    """Bytes near the truth reach further into the readers than noise does."""
    rng = Random(seed)
    spoilt = bytearray(ANSWER)
    for _ in range(rng.randrange(1, 4)):
        spoilt[rng.randrange(len(spoilt))] = rng.randrange(256)
    cut = bytes(spoilt[: rng.randrange(len(spoilt) + 1)])

    with contextlib.suppress(ProtocolError):
        assert len(protocol.read_blocks(cut, WANTED)) <= WANTED.count


def test_a_length_beyond_a_chunk_is_refused() -> None:
    """1 MiB is the most that V1 lets a chunk be."""
    with pytest.raises(ProtocolError, match="chunk_cut_off"):
        protocol.read_blocks(b"\0" + (1 << 21).to_bytes(4, "big") + bytes(1 << 21), WANTED)
