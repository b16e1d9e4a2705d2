"""The workload ``flood``: blocks of Alys's slot times, flooded through a network of measured regions.

Flooding is the plainest gossip there is: a peer passes a block on when it
receives it first, to every neighbour but the one that it came from.  On a
connected graph of n peers and E links that costs 2E - (n - 1) messages for each
block, whatever the delays.  What happened is in the journal;
:mod:`alyslab.checkers.propagation` reads it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from alyslab.errors import ParameterError, Problem
from alyslab.harnesses.network.link import Network
from alyslab.harnesses.network.peer import Peer, Schedule
from alyslab.harnesses.network.presets import ALYS, SIMBLOCK_BLOCK_BYTES
from alyslab.harnesses.network.regions import simblock_2019
from alyslab.harnesses.network.topology import Topology, random_regular
from alyslab.runtime import Node, Runtime, require_current

NS_PER_MS = 1_000_000


async def flood(
    *,
    peers: int = 60,
    blocks: int = 12,
    degree: int = 8,
    slot_ms: int = ALYS.slot_ms,
    block_bytes: int = SIMBLOCK_BLOCK_BYTES,
    authorities: int = ALYS.authorities,
) -> dict[str, Any]:
    """Produce a block in each slot and flood it until every message has been handled.

    Parameters
    ----------
    peers
        How many peers there are, spread over the regions by their measured shares.
    blocks
        How many consecutive slots get a block.
    degree
        Links of each peer, in a random regular graph.
    slot_ms
        Length of a slot, in ms.
    block_bytes
        Size of a block, in bytes.
    authorities
        How many peers (the first ones) take turns as author.

    Returns
    -------
    dict
        ``peers``, ``links`` and ``blocks`` as set up; what was observed is in the journal.

    Raises
    ------
    ParameterError
        With every parameter that is out of range, or for a network that is not connected.

    Takes about ``blocks`` slots of virtual time; all randomness is the run's.
    """
    _require(
        peers=peers,
        blocks=blocks,
        slot_ms=slot_ms,
        block_bytes=block_bytes,
        authorities=authorities,
        degree=degree,
    )
    runtime = require_current()
    topology = random_regular(peers=peers, degree=degree, random=runtime.random("gossip.topology"))
    topology.require_connected()
    slot_ns = slot_ms * NS_PER_MS
    schedule = Schedule(
        slot_ns=slot_ns,
        authorities=authorities,
        first_slot=runtime.now_ns // slot_ns + 1,
        blocks=blocks,
        block_bytes=block_bytes,
    )
    network = _bring_up(runtime, topology, schedule)
    # Every slot has ended, then every message has been handled: nobody has anything left to do.
    await asyncio.sleep((schedule.end_ns - runtime.now_ns) / 1e9)
    await network.quiet()
    return {"peers": peers, "links": len(topology.links), "blocks": blocks}


def name(index: int) -> str:
    """Return the name of a peer's node."""
    return f"peer-{index}"


def _require(*, peers: int, authorities: int, **positive: int) -> None:
    """Refuse what no network can have, all at once; what a graph can't have is the topology's to refuse."""
    problems = [
        Problem(where="flood", key=key, what=f"is {value!r}", value=value, allowed="a whole number from 1")
        for key, value in {"peers": peers, "authorities": authorities, **positive}.items()
        if isinstance(value, bool) or not isinstance(value, int) or value < 1
    ]
    if not problems and authorities > peers:
        what = f"{authorities} authorities among {peers} peers"
        allowed = f"1 to {peers}: an authority is a peer"
        problems.append(
            Problem(where="flood", key="authorities", what=what, value=authorities, allowed=allowed)
        )
    if problems:
        raise ParameterError(problems)


def _bring_up(runtime: Runtime, topology: Topology, schedule: Schedule) -> Network:
    """Make a node for each peer, say in the journal who is linked to whom, and start them all."""
    table = simblock_2019()
    homes = {
        name(index): region
        for index, region in enumerate(table.settle(topology.peers, runtime.random("gossip.homes")))
    }
    network = Network(runtime, homes, table)
    record = runtime.journal.record
    record(
        "gossip.started", "network", peers=topology.peers, links=len(topology.links), blocks=schedule.blocks
    )
    nodes = []
    for index, others in enumerate(topology.neighbours()):
        peer, links = name(index), tuple(name(other) for other in others)
        region = homes[peer]
        record("gossip.peer", peer, region=region.code, links=links, upload_bps=region.upload_mbps * 1e6)

        async def boot(node: Node, index: int = index, links: tuple[str, ...] = links) -> None:
            await Peer(
                node, index=index, neighbours=links, network=network, schedule=schedule, runtime=runtime
            ).run()

        nodes.append(runtime.node(peer, boot))
    for node in nodes:
        node.start()
    return network
