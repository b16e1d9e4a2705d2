"""Full sync: a node with nothing fetches a whole chain; and a node that was away, the rest."""

from __future__ import annotations

from typing import Final

from alyslab.harnesses.sync.history import SHAPES, history
from alyslab.harnesses.sync.policy import policy_named
from alyslab.harnesses.sync.workloads.bounds import one_of, require
from alyslab.harnesses.sync.workloads.world import World
from alyslab.model.workload import SCHEMES

BLOCKS_MOST: Final = 20_000
RATE_LEAST: Final = 100
"""Blocks a second, in virtual time, that a sync must come to.  Source: Rust framework D2:745."""
START_S: Final = 30.0
"""What finding peers and asking again may take beside that."""


async def full_sync(
    *,
    blocks: int = 1_000,
    peers: int = 8,
    shape: str = "light",
    scheme: str = "ideal",
    policy: str = "actor",
    import_ms: float = 1.0,
) -> bool:
    """Sync a chain from its genesis on, nothing being broken.

    Parameters
    ----------
    blocks, shape, scheme
        The chain: its length, a key of ``history.SHAPES``, ``ideal`` or ``real`` signatures.
    peers
        Who serve it.
    policy
        A key of ``policy.POLICIES``.
    import_ms
        Virtual time that a block takes.

    Raises
    ------
    ParameterError
        For a number out of range or a name that does not exist.
    """
    require("full_sync", blocks=(blocks, 1, BLOCKS_MOST), peers=(peers, 1, 64), import_ms=(import_ms, 0, 1e3))
    one_of("full_sync", "shape", shape, SHAPES)
    one_of("full_sync", "scheme", scheme, SCHEMES)
    chain = history(blocks, shape=shape, scheme=scheme)
    world = World(
        chain, peers=peers, policy=policy_named(policy), import_ms=import_ms, telling=blocks <= 2_000
    )
    world.add_node()
    return await world.finish(["node-0"], START_S + blocks / RATE_LEAST)


async def sequential(*, blocks: int = 2_500, peers: int = 3, dies_after: int = 0) -> bool:
    """Sync in V1's way.

    With ``dies_after``, peers answer with at most so many blocks, as a dying
    responder does; V1 then declares itself synced after the first answer,
    which is its rule, and was its incident.
    """
    require(
        "sequential",
        blocks=(blocks, 1, BLOCKS_MOST),
        peers=(peers, 1, 64),
        dies_after=(dies_after, 0, 1_023),
    )
    short = dict.fromkeys(range(peers), dies_after) if dies_after else {}
    world = World(history(blocks), peers=peers, v1=True, blocks_most=short, telling=False)
    world.add_node()
    return await world.finish(["node-0"], 120.0)


async def startup(*, blocks: int = 600, had: int = 400, growth: int = 20) -> bool:
    """Start a node that was away: it has the first ``had`` blocks, and must not take itself for synced.

    The source gains ``growth`` blocks, one a second, meanwhile.
    """
    require(
        "startup", blocks=(blocks, 2, BLOCKS_MOST), had=(had, 0, blocks), growth=(growth, 0, blocks - had)
    )
    world = World(history(blocks), height=blocks - growth, peers=4, import_ms=20.0, produce_s=0.5)
    await world.add_node_with(had)
    for _ in range(growth):
        await world.pause(1.0)
        world.grow(world.height + 1)
    return await world.finish(["node-0"], 60.0)


async def federation_change(*, blocks: int = 400, change_height: int = 200, aware: bool = True) -> bool:
    """Sync across a change of the federation's members, knowing of it or not.

    A node that does not know refuses the first block signed by the new
    members, from every peer, and must never say that it is synced.
    Source: alys-system.md §7, incident 2.
    """
    require("federation_change", blocks=(blocks, 2, BLOCKS_MOST), change_height=(change_height, 1, blocks))
    world = World(history(blocks, change_height=change_height), peers=4, aware=aware, blocks_most={0: 10})
    world.add_node()
    return await world.finish(["node-0"], 60.0)
