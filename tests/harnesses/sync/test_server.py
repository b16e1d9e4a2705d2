"""What a server answers, and that nothing it is asked ends it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alyslab.errors import ParameterError
from alyslab.harnesses.network.network import Network
from alyslab.harnesses.sync import codec, protocol
from alyslab.harnesses.sync.errors import ProtocolError
from alyslab.harnesses.sync.history import View, history
from alyslab.harnesses.sync.hostile import HostileServer
from alyslab.harnesses.sync.protocol import Range
from alyslab.harnesses.sync.server import SyncServer
from alyslab.runtime import Node, require_current
from tests.harnesses.sync.stage import CHAIN, on_node


def answered(topic: str, payload: bytes, **options: int) -> bytes:
    async def work(node: Node) -> bytes | None:
        endpoint = Network(require_current()).endpoint(node)
        return SyncServer(endpoint, View(CHAIN, 30), **options).answer(topic, payload)

    answer = on_node(work).result
    assert isinstance(answer, bytes)
    return answer


def test_a_range_is_served_as_far_as_it_reaches() -> None:
    """The rest of the range is not there; a short answer is no error."""
    wanted = Range(start=28, count=10)
    blocks = protocol.read_blocks(answered(protocol.BLOCKS, protocol.write_range(wanted)), wanted)

    assert [signed.block.height for signed in blocks] == [28, 29, 30]


def test_an_answer_is_cut_to_the_servers_most() -> None:
    """A requester must cope with fewer blocks than it asked for."""
    wanted = Range(start=1, count=20)
    answer = answered(protocol.BLOCKS, protocol.write_range(wanted), blocks_most=4)

    assert len(protocol.read_blocks(answer, wanted)) == 4


@pytest.mark.parametrize(("start", "count"), [(0, 5), (1, 0), (1, 1_025)])
def test_a_range_that_makes_no_sense_is_refused(start: int, count: int) -> None:
    """With an error code, as the protocol has it."""
    answer = answered(protocol.BLOCKS, protocol.write_range(Range(start=start, count=count)))

    with pytest.raises(ProtocolError, match="refused"):
        protocol.read_blocks(answer, Range(start=1, count=5))


@given(st.sampled_from(sorted(protocol.TOPICS)), st.binary(max_size=64))
def test_no_request_ends_a_server(topic: str, payload: bytes) -> None:
    """Incident 4: one bad exchange ended V1's responder for good."""
    assert answered(topic, payload) is not None


def test_status_and_checkpoint_are_those_of_the_source() -> None:
    """What others rely on when they decide whom to ask."""
    status = protocol.read_status(answered(protocol.STATUS, b""))
    anchor = protocol.read_anchor(answered(protocol.CHECKPOINT, b"", checkpoint_interval=20))

    assert (status.height, status.root) == (30, CHAIN.roots[30])
    assert (anchor.height, anchor.state_root) == (20, CHAIN.state_root(20))
    assert protocol.read_anchor(answered(protocol.CHECKPOINT, b"")).height == 0


def test_an_unknown_behaviour_is_refused() -> None:
    """A misspelt liar would be honest."""

    async def work(node: Node) -> None:
        endpoint = Network(require_current()).endpoint(node)
        with pytest.raises(ParameterError, match="no behaviour is named"):
            HostileServer(endpoint, View(CHAIN), node=node, behaviour="poilte")

    assert on_node(work).result is None


def test_a_block_is_decoded_once_and_always_the_same() -> None:
    """What is kept must be what would have been decoded."""
    codec.forget()
    first = codec.decode(CHAIN.frames[7])

    assert first == CHAIN.blocks[7]
    assert codec.decode(bytes(bytearray(CHAIN.frames[7]))) is first
    codec.forget()
    assert codec.decode(CHAIN.frames[7]) == first


def test_a_history_is_the_same_for_the_same_arguments() -> None:
    """Sharing one between runs is only invisible if nothing else can come out."""
    again = history.__wrapped__(40)

    assert again is not CHAIN
    assert again.frames == CHAIN.frames
    assert history(40) is CHAIN
