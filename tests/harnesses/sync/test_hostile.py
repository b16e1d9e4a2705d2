"""What hostile peers send costs them their score, and never raises."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alyslab.harnesses.network.errors import NetworkError
from alyslab.harnesses.network.network import Network
from alyslab.harnesses.sync import protocol
from alyslab.harnesses.sync.history import View, history
from alyslab.harnesses.sync.hostile import HostileServer
from alyslab.harnesses.sync.protocol import BLOCKS, CHECKPOINT, STATUS, Range
from alyslab.harnesses.sync.server import SyncServer
from alyslab.harnesses.sync.workloads.trial import POLICY
from alyslab.harnesses.sync.workloads.world import World
from alyslab.runtime import Run, require_current, simulate
from tests.harnesses.sync.stage import CHAIN, booted


class Scripted(HostileServer):
    """A server that sends what a test wants, in place of the honest answer."""

    said: Mapping[str, bytes] = MappingProxyType({})

    def answer(self, topic: str, payload: bytes) -> bytes | None:
        """Return what was scripted for the topic, else the honest answer."""
        honest = super().answer(topic, payload)
        return self.said.get(topic, honest)


async def meeting(*, said: dict[str, str]) -> bool:
    """Let a node sync from one scripted peer and three honest ones."""
    world = World(CHAIN, peers=4, policy=POLICY, import_ms=1.0)
    await world.pause(0.1)  # until the peer has booted with its own server
    server = Scripted(
        world.network.endpoint(world.nodes["peer-0"]),
        world.views["peer-0"],
        node=world.nodes["peer-0"],
        behaviour="honest",
    )
    server.said = {topic: bytes.fromhex(text) for topic, text in said.items()}
    server.attach()
    world.add_node()
    return await world.finish(["node-0"], 120.0)


def met(**said: bytes) -> Run:
    topics = {"status": STATUS, "blocks": BLOCKS, "checkpoint": CHECKPOINT}
    scripted = {topics[name]: data.hex() for name, data in said.items()}
    return simulate(meeting, seed=3, strategy="random", parameters={"said": scripted})


def outcomes(run: Run, topic: str) -> list[str]:
    return [
        event.fields["outcome"]
        for event in run.journal.select(kind="sync.result")
        if event.fields["peer"] == "peer-0" and event.fields["topic"] == topic
    ]


@pytest.mark.parametrize(
    ("said", "topic", "cause"),
    [
        ({"status": b"\xff"}, "status", "unreadable"),
        ({"status": b""}, "status", "unreadable"),
        ({"checkpoint": b"\xc0" * 90}, "checkpoint", "unreadable"),
        ({"blocks": b"\0\xff\xff\xff\xff"}, "blocks_by_range", "chunk_cut_off"),
        ({"blocks": protocol.refusal(99)}, "blocks_by_range", "refused"),
        ({"blocks": protocol.write_blocks([b"no block"])}, "blocks_by_range", "not_a_block"),
        ({"blocks": protocol.write_blocks(CHAIN.frames[30:])}, "blocks_by_range", "not_the_height"),
        ({"blocks": b""}, "blocks_by_range", "empty"),
    ],
)
def test_each_bad_answer_is_counted_by_name(said: dict[str, bytes], topic: str, cause: str) -> None:
    """And the node arrives, whatever one of four says."""
    run = met(**said)

    assert cause in outcomes(run, topic)
    assert run.result is True


@settings(max_examples=30)
@given(st.dictionaries(st.sampled_from(["status", "blocks", "checkpoint"]), st.binary(max_size=200)))
def test_no_answer_at_all_raises(said: dict[str, bytes]) -> None:
    """Whatever bytes a peer sends for whatever is asked."""
    run = met(**said)

    assert run.result is True
    for name, topic in (("status", "status"), ("checkpoint", "checkpoint"), ("blocks", "blocks_by_range")):
        if name in said:
            assert "ok" not in outcomes(run, topic)


async def mutating(*, behaviour: str) -> bool:
    """Let a node sync from a peer that changes its answers a little, and three honest ones."""
    world = World(CHAIN, peers=4, policy=POLICY, import_ms=1.0, behaviours={0: behaviour})
    world.add_node()
    return await world.finish(["node-0"], 120.0)


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_no_answer_near_the_truth_raises(seed: int) -> None:
    """Bytes that nearly are a status, a block or a checkpoint reach furthest into a node."""
    run = simulate(mutating, seed=seed, strategy="random", parameters={"behaviour": "mutated"})
    causes = {each for topic in ("status", "blocks_by_range", "checkpoint") for each in outcomes(run, topic)}

    assert run.result is True
    assert causes - {"ok"}


async def asking(*, topic: str, payload: str) -> tuple[list[str], bool]:
    """Send a request to a server that blames; return whom it blamed, and whether it still serves."""
    network = Network(require_current())
    server, client = (require_current().node(name) for name in ("server", "client"))
    blamed: list[str] = []
    SyncServer(
        network.endpoint(server), View(CHAIN, 30), blame=lambda peer, cause: blamed.append(f"{peer} {cause}")
    ).attach()
    network.endpoint(client)
    network.join("server", "client")
    with contextlib.suppress(NetworkError):
        await network.endpoint(client).request("server", topic, bytes.fromhex(payload), timeout_s=1.0)
    wanted = Range(start=1, count=3)
    answer = await network.endpoint(client).request(
        "server", BLOCKS, protocol.write_range(wanted), timeout_s=1.0
    )
    return blamed, len(protocol.read_blocks(answer, wanted)) == 3


def asked(topic: str, payload: bytes) -> Any:
    return simulate(asking, seed=1, parameters={"topic": topic, "payload": payload.hex()}).result


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        protocol.write_range(Range(start=0, count=5)),
        protocol.write_range(Range(start=1, count=0)),
    ],
)
def test_a_range_that_is_none_is_blamed_on_who_asked(payload: bytes) -> None:
    """A request costs its sender as an answer does, and the server goes on."""
    assert asked(BLOCKS, payload) == (["client bad_request"], True)


def test_a_sensible_request_is_blamed_on_nobody() -> None:
    """Beyond the head is no offence: the asker may know of more."""
    assert asked(BLOCKS, protocol.write_range(Range(start=500, count=5))) == ([], True)


@settings(max_examples=40)
@given(st.sampled_from([STATUS, BLOCKS, CHECKPOINT, "/eth2/chain/req/other/1"]), st.binary(max_size=64))
def test_no_request_over_the_wire_ends_a_server(topic: str, payload: bytes) -> None:
    """Incident 4: one bad exchange ended V1's responder for good."""
    assert asked(topic, payload)[1] is True


async def pestering() -> bool:
    """Let a peer send bad requests to the node that syncs from it."""
    world = World(history(128), peers=4, policy=POLICY, import_ms=20.0)
    world.add_node()
    await booted(world, "node-0")
    endpoint = world.network.endpoint(world.nodes["peer-0"])
    for _ in range(3):
        endpoint.send("node-0", BLOCKS, b"\xff")
    return await world.finish(["node-0"], 120.0)


def test_bad_requests_put_their_sender_on_the_blacklist() -> None:
    """Three in a row, as with answers."""
    run = simulate(pestering, seed=2, strategy="random")

    assert [event.fields["peer"] for event in run.journal.select(kind="sync.blacklisted")] == ["peer-0"]
    assert run.result is True
