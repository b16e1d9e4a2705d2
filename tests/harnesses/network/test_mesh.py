"""The mesh does what gossipsub's specification says of grafts, prunes, heartbeats and lazy gossip."""

from __future__ import annotations

import asyncio
from collections import Counter

from alyslab.harnesses.network.gossip.mesh import BACKOFF_S, D_HIGH, D_LOW, WINDOWS, D, Mesh
from alyslab.harnesses.network.gossip.schedule import Schedule
from alyslab.harnesses.network.gossip.wire import BLOCK, GET, GRAFT, HAVE, PRUNE
from alyslab.harnesses.network.link import LinkSpec
from alyslab.harnesses.network.network import Network
from alyslab.harnesses.network.rules import Drop, Rule
from alyslab.runtime import Run, require_current
from tests.harnesses.network.bench import run


class Meshes:
    """So many peers of a mesh, everybody connected to everybody; peer-0 may produce blocks."""

    def __init__(self, peers: int, *, blocks: int = 0, slot_s: float = 1.0, hearts: bool = True) -> None:
        runtime = require_current()
        self.network = Network(runtime, link=LinkSpec(delay_ms=10))
        schedule = Schedule(
            slot_ns=round(slot_s * 1e9),
            authorities=1,
            first_slot=round(20 / slot_s),
            blocks=blocks,
            block_bytes=1_000,
        )
        nodes = [runtime.node(f"peer-{index}") for index in range(peers)]
        self.peers = [
            Mesh(node, index=i, links=(), network=self.network, schedule=schedule, runtime=runtime)
            for i, node in enumerate(nodes)
        ]
        for i, peer in enumerate(self.peers):
            for other in self.peers[:i]:
                self.network.join(peer.name, other.name)
        for peer, node in zip(self.peers, nodes, strict=True):
            if hearts:
                node.spawn(peer.run())
            else:
                for topic, handler in peer.handlers().items():
                    peer.endpoint.on_message(handler, topic=topic)


def topics(found: Run, sender: str | None = None) -> Counter[str]:
    return Counter(
        event.fields["topic"]
        for event in found.journal.select(kind="net.message")
        if sender is None or event.fields["sender"] == sender
    )


def test_a_heartbeat_grafts_up_to_d_and_both_sides_agree():
    """A mesh is a graph: whoever is in mine has me in his."""

    async def main() -> list[list[str]]:
        meshes = Meshes(20)
        await asyncio.sleep(10)
        return [sorted(peer.mesh) for peer in meshes.peers]

    found = run(main)
    for i, mesh in enumerate(found.result):
        assert D_LOW <= len(mesh) <= D_HIGH
        assert all(f"peer-{i}" in found.result[int(other[5:])] for other in mesh)
    assert topics(found)[GRAFT] > 0


def test_a_mesh_that_is_too_large_is_pruned_to_d_and_those_pruned_know_it():
    """Nineteen peers graft one: it may keep twelve."""

    async def main() -> tuple[int, list[str]]:
        meshes = Meshes(20, hearts=False)
        popular, *others = meshes.peers
        for other in others:
            other.mesh[popular.name] = None
            other.endpoint.send(popular.name, GRAFT, b"")
        await meshes.network.quiet()
        return len(popular.mesh), [peer.name for peer in others if popular.name not in peer.mesh]

    found = run(main)
    size, pruned = found.result
    assert size == D_HIGH
    assert len(pruned) == 19 - D_HIGH
    assert topics(found, "peer-0") == {PRUNE: 19 - D_HIGH}


def test_a_heartbeat_prunes_what_was_let_in_beyond_d_high():
    """The heartbeat mends what grafts have done since the last one."""

    async def main() -> int:
        meshes = Meshes(20)
        first = meshes.peers[0]
        first.mesh.update(dict.fromkeys(peer.name for peer in meshes.peers[1:]))
        await asyncio.sleep(1.5)
        return len(first.mesh)

    found = run(main)
    assert D_LOW <= found.result <= D_HIGH
    assert topics(found, "peer-0")[PRUNE] >= 19 - D_HIGH


def test_whoever_was_pruned_is_refused_until_the_backoff_is_over():
    """Without it two peers would graft and prune each other for ever."""

    async def main() -> list[bool]:
        meshes = Meshes(2, hearts=False)
        one, other = meshes.peers
        one.mesh[other.name] = None
        other.endpoint.send(one.name, PRUNE, b"")
        taken = []
        for wait_s in (1.0, BACKOFF_S - 2, 2.0):
            await asyncio.sleep(wait_s)
            other.endpoint.send(one.name, GRAFT, b"")
            await meshes.network.quiet()
            taken.append(other.name in one.mesh)
        return taken

    # Each refusal begins the backoff anew, at the one that is asked.
    assert run(main).result == [False, False, False]


def test_a_graft_after_the_backoff_is_taken():
    """A backoff is no ban."""

    async def main() -> bool:
        meshes = Meshes(2, hearts=False)
        one, other = meshes.peers
        other.endpoint.send(one.name, PRUNE, b"")
        await asyncio.sleep(BACKOFF_S + 1)
        other.endpoint.send(one.name, GRAFT, b"")
        await meshes.network.quiet()
        return other.name in one.mesh

    assert run(main).result


def test_what_the_mesh_lost_is_told_of_asked_for_and_sent():
    """IHAVE, IWANT and the block: lazy gossip mends what eager gossip could not deliver."""

    async def main() -> list[int]:
        meshes = Meshes(20, blocks=1)
        deaf = meshes.peers[-1]
        lose = Rule(name="eager", verdict=Drop(), receivers=[deaf.name], topics=[BLOCK])
        await asyncio.sleep(19.9)
        with meshes.network.rules.installed(lose):
            await asyncio.sleep(0.3)
            before = len(deaf.seen)
        await asyncio.sleep(6)
        return [before, len(deaf.seen)]

    found = run(main)
    assert found.result == [0, 1]
    assert topics(found, "peer-19")[GET] >= 1


def test_a_block_is_told_of_for_so_many_heartbeats_and_then_no_more():
    """Gossip about old blocks would grow without bound."""

    async def main() -> None:
        Meshes(20, blocks=20)
        await asyncio.sleep(50)

    found = run(main)
    produced = {
        event.fields["block"]: event.time_ns for event in found.journal.select(kind="gossip.produced")
    }
    told_ns = [e.time_ns for e in found.journal.select(kind="net.message") if e.fields["topic"] == HAVE]
    assert produced
    assert told_ns
    assert max(told_ns) <= max(produced.values()) + (WINDOWS + 1) * 1_000_000_000


def test_whoever_is_gone_is_in_no_mesh():
    """Blocks sent to a dead peer are lost ones."""

    async def main() -> int:
        meshes = Meshes(20)
        await asyncio.sleep(5)
        gone = meshes.peers[3]
        gone.node.crash()
        await asyncio.sleep(2)
        return sum(gone.name in peer.mesh for peer in meshes.peers if peer is not gone)

    assert run(main).result == 0
    assert D_LOW < D < D_HIGH
