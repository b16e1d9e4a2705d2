from __future__ import annotations

from random import Random
from typing import Any

import pytest

from alyslab.harnesses.consensus.wire import KINDS, TOPICS, Codec, Kind, Malformed, PegoutSignatures, Proposal
from alyslab.model.candidates import Approval
from alyslab.model.encoding import pack
from alyslab.model.mining import template
from tests.harnesses.consensus.blocks import Chainlet


@pytest.fixture(scope="module")
def values() -> dict[Kind, Any]:
    chainlet = Chainlet(members=4)
    chainlet.builder.extend(2)
    user = chainlet.builder.users[0]
    return {
        "block": chainlet.proposal(1).signed,
        "approval": Approval(b"\7" * 32, 3, b"\1" * 96),
        "work": template(chainlet.builder.chain, bytes(20)),
        "pegouts": PegoutSignatures(b"\2" * 32, 1, (b"\3" * 64, b"\4" * 64)),
        "transaction": chainlet.builder.transfer(user, user, 5, 0),
    }


@pytest.mark.parametrize("version", sorted(TOPICS))
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_read(version: str, kind: Kind, values: dict[Kind, Any]) -> None:
    """A message that changes on its way makes honest nodes look like liars."""
    writer, reader = Codec(version), Codec(version)

    payload = writer.encode(kind, values[kind])
    found, body = reader.decode(writer.topics[kind], payload)

    assert found == kind
    assert (body.signed if isinstance(body, Proposal) else body) == values[kind]


def test_a_proposal_bears_its_blocks_root(values: dict[Kind, Any]) -> None:
    """Approvals name the root, so the two must agree."""
    codec = Codec()

    _, body = codec.decode("consensus_block", codec.encode("block", values["block"]))

    assert isinstance(body, Proposal)
    assert body.root == values["block"].block.root
    assert body.text == body.root.hex()


@pytest.mark.parametrize("version", sorted(TOPICS))
def test_no_bytes_make_the_codec_raise(version: str, values: dict[Kind, Any]) -> None:
    """V1 aborts at malformed gossip: one peer could stop the whole federation."""
    random, codec = Random(5), Codec(version)
    bodies = [random.randbytes(random.randrange(120)) for _ in range(200)]
    bodies += [pack(item) for item in ((), (1, 2), (7, b""), (1, b""), [[]], (True, b"x"), (2, b"\xc0"))]
    for kind in KINDS:
        good = codec.encode(kind, values[kind])
        bodies += [good[:-1], good + b"\0", bytes([good[0] ^ 1]) + good[1:]]
        bodies += [good[:at] + bytes([good[at] ^ 0x80]) + good[at + 1 :] for at in range(0, len(good), 7)]

    for topic in sorted(codec.known_topics):
        for body in bodies:
            kind, value = codec.decode(topic, body)
            assert kind in KINDS
            assert value is not None

    assert isinstance(codec.decode(codec.topics["block"], b"")[1], Malformed)


def test_v2_keeps_kinds_of_one_topic_apart(values: dict[Kind, Any]) -> None:
    """Three kinds share a topic there; an approval must not be read as work."""
    codec = Codec("v2")
    topic = codec.topics["approval"]

    assert codec.topics["work"] == topic
    for kind in ("approval", "work", "pegouts"):
        assert codec.decode(topic, codec.encode(kind, values[kind]))[0] == kind
    block = pack((KINDS.index("block"), values["block"].encode()))
    assert isinstance(codec.decode(topic, block)[1], Malformed)
