"""The workloads ``flood`` and ``spread``: blocks at Alys's slot times, gossiped through a network.

What happened is in the journal; :mod:`alyslab.checkers.propagation` reads it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from alyslab.errors import ParameterError, Problem
from alyslab.harnesses.network.gossip.compact import Compact
from alyslab.harnesses.network.gossip.flood import Flooder
from alyslab.harnesses.network.gossip.gossiper import Gossiper
from alyslab.harnesses.network.gossip.inventory import Inventory
from alyslab.harnesses.network.gossip.mesh import Mesh
from alyslab.harnesses.network.gossip.schedule import Schedule
from alyslab.harnesses.network.link import LinkSpec, link_from
from alyslab.harnesses.network.network import Network
from alyslab.harnesses.network.presets import ALYS, SIMBLOCK_BLOCK_BYTES
from alyslab.harnesses.network.regions import (
    Region,
    RegionTable,
    read_regions,
    region_links,
    simblock_2019,
)
from alyslab.harnesses.network.shapes import build
from alyslab.harnesses.network.topology import Topology
from alyslab.runtime import Node, Runtime, require_current

NS_PER_MS = 1_000_000
LAZY_S: Final = 10.0
"""How long a mesh may still tell of blocks after the last slot, in s, with all that it causes."""

KINDS: Final[Mapping[str, Callable[..., Gossiper]]] = MappingProxyType(
    {"flood": Flooder, "inventory": Inventory, "compact": Compact, "mesh": Mesh}
)
"""The protocols by name."""


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

    As :func:`spread` with ``kind="flood"`` on a random regular graph of measured regions.
    """
    return await spread(
        kind="flood",
        peers=peers,
        blocks=blocks,
        degree=degree,
        slot_ms=slot_ms,
        block_bytes=block_bytes,
        authorities=authorities,
    )


async def spread(
    *,
    kind: str = "flood",
    peers: int = 60,
    blocks: int = 12,
    degree: int = 8,
    slot_ms: int = ALYS.slot_ms,
    block_bytes: int = SIMBLOCK_BLOCK_BYTES,
    authorities: int = ALYS.authorities,
    topology: Mapping[str, Any] | None = None,
    link: Mapping[str, Any] | None = None,
    tables: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Produce a block in each slot and gossip it until every message has been handled.

    Parameters
    ----------
    kind
        One of :data:`KINDS`.
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
    topology
        Another graph: ``shape`` and its parameters, as :func:`~alyslab.harnesses.network.shapes.build`
        takes them; ``degree`` has no effect then.
    link
        Conditions of every link, as :func:`link_from` takes them; None: those
        of the regions at its ends.
    tables
        One's own regions: paths of the two CSV files of
        :func:`~alyslab.harnesses.network.regions.read_regions`; None: SimBlock's of 2019.

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
    whole = {"blocks": blocks, "slot_ms": slot_ms, "block_bytes": block_bytes, "degree": degree}
    conditions = _checked(kind, {"peers": peers, "authorities": authorities, **whole}, link, tables)
    runtime = require_current()
    shape = {"shape": "random_regular", "degree": degree} if topology is None else dict(topology)
    graph = build(**shape, peers=peers, random=runtime.random("gossip.topology")).require_connected()
    slot_ns = slot_ms * NS_PER_MS
    schedule = Schedule(
        slot_ns=slot_ns,
        authorities=authorities,
        first_slot=runtime.now_ns // slot_ns + 1,
        blocks=blocks,
        block_bytes=block_bytes,
    )
    network = bring_up(runtime, graph, schedule, kind=kind, link=conditions)
    # Every slot has ended, then every message has been handled: nobody has anything left to do
    # but a mesh's lazy heartbeats, which end a few seconds later.
    await asyncio.sleep((schedule.end_ns - runtime.now_ns) / 1e9)
    await network.quiet()
    if kind == "mesh":
        await asyncio.sleep(LAZY_S)
        await network.quiet()
    return {"peers": peers, "links": len(graph.links), "blocks": blocks}


def name(index: int) -> str:
    """Return the name of a peer's node."""
    return f"peer-{index}"


def bring_up(
    runtime: Runtime, topology: Topology, schedule: Schedule, *, kind: str, link: LinkSpec | RegionTable
) -> Network:
    """Make a node for each peer, connect them, say in the journal who is linked to whom, start them all."""
    table = link if isinstance(link, RegionTable) else simblock_2019()
    homes = {name(index): region for index, region in enumerate(_homes(runtime, topology, table))}
    network = Network(runtime, link=link if isinstance(link, LinkSpec) else region_links(table, homes))
    record = runtime.journal.record
    record(
        "gossip.started",
        "network",
        peers=topology.peers,
        links=len(topology.links),
        blocks=schedule.blocks,
        protocol=kind,
    )
    nodes = []
    for index, others in enumerate(topology.neighbours()):
        peer, links = name(index), tuple(name(other) for other in others)
        region = homes[peer]
        rate_bps = link.rate_bps if isinstance(link, LinkSpec) else region.upload_mbps * 1e6
        record("gossip.peer", peer, region=region.code, links=links, upload_bps=rate_bps)

        async def boot(node: Node, index: int = index, links: tuple[str, ...] = links) -> None:
            await KINDS[kind](
                node, index=index, links=links, network=network, schedule=schedule, runtime=runtime
            ).run()

        nodes.append(runtime.node(peer, boot))
    for node in nodes:
        network.endpoint(node)
    network.connect_all(topology, [node.name for node in nodes])
    for node in nodes:
        node.start()
    return network


def _homes(runtime: Runtime, topology: Topology, table: RegionTable) -> list[Region]:
    if topology.regions:
        by_code = {region.code: region for region in table.regions}
        unknown = sorted(set(topology.regions) - set(by_code))
        if unknown:
            what = f"the topology has peers in {', '.join(unknown)}, of which the table knows nothing"
            allowed = ", ".join(by_code)
            raise ParameterError(
                Problem(where="gossip", key="topology", what=what, value=unknown[0], allowed=allowed)
            )
        return [by_code[code] for code in topology.regions]
    return table.settle(topology.peers, runtime.random("gossip.homes"))


def _checked(
    kind: object,
    whole: Mapping[str, Any],
    link: Mapping[str, Any] | None,
    tables: Sequence[str] | None,
) -> LinkSpec | RegionTable:
    """Return the conditions of every link, or the regions; raises ParameterError with all that is wrong."""
    problems = [problem for key, value in whole.items() for problem in _not_whole(key, value)]
    if not problems and whole["authorities"] > whole["peers"]:
        peers, authorities = whole["peers"], whole["authorities"]
        what = f"{authorities} authorities among {peers} peers"
        allowed = f"1 to {peers}: an authority is a peer"
        problems.append(
            Problem(where="gossip", key="authorities", what=what, value=authorities, allowed=allowed)
        )
    if kind not in KINDS:
        what = f"no protocol is named {kind!r}"
        problems.append(Problem(where="gossip", key="kind", what=what, value=kind, allowed=", ".join(KINDS)))
    if link is not None and tables is not None:
        what = "every link has the same conditions already"
        problems.append(Problem(where="gossip", key="tables", what=what, value=tables, allowed="None"))
    conditions: LinkSpec | RegionTable = simblock_2019()
    try:
        conditions = link_from(link) if link is not None else _table(tables)
    except ParameterError as error:
        problems += error.problems
    if problems:
        raise ParameterError(problems)
    return conditions


def _table(tables: Sequence[str] | None) -> RegionTable:
    if tables is None:
        return simblock_2019()
    try:
        regions, latency_ms = map(Path, tables)
    except (TypeError, ValueError):
        what, allowed = f"is {tables!r}", "two paths: regions and latencies"
        problem = Problem(where="gossip", key="tables", what=what, value=tables, allowed=allowed)
        raise ParameterError(problem) from None
    return read_regions(regions, latency_ms)


def _not_whole(key: str, value: object) -> list[Problem]:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        allowed = "a whole number from 1"
        return [Problem(where="gossip", key=key, what=f"is {value!r}", value=value, allowed=allowed)]
    return []
