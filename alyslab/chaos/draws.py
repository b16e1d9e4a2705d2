"""What a seed draws for workloads whose defaults are one of many: small, and each seed another.

Without a draw every seed would run the same gossip over the same number of
peers, and a bug of another protocol could never be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType
from typing import Any, Final

from alyslab.runtime.randomness import Streams

LINKS_AT_ONCE: Final = 3
"""Links that one self-test compares: many messages over few links show what few over many do not."""
PEERS: Final = (16, 40)
DEGREES: Final = (4, 10, 30)
MESH_DEGREES: Final = (10, 30)
"""A mesh has rules for peers that know many more than they keep."""


def drawn_parameters(case: str, seed: int) -> Mapping[str, Any]:
    """Return the parameters of a workload for a seed; none where its defaults are all there is."""
    draw = _DRAWS.get(case)
    return {} if draw is None else draw(Streams(seed).stream(f"chaos.draw:{case}"))


def _flood(random: Random) -> Mapping[str, Any]:
    return {"peers": random.choice(PEERS), "blocks": 4, "degree": 4}


def _spread(random: Random) -> Mapping[str, Any]:
    from alyslab.harnesses.network.gossip import KINDS

    kind = random.choice([kind for kind in KINDS if kind != "flood"])  # which has a workload of its own
    peers = PEERS[-1] if kind == "mesh" else random.choice(PEERS)
    degrees = MESH_DEGREES if kind == "mesh" else DEGREES
    degree = random.choice([degree for degree in degrees if degree < peers])
    return {"kind": kind, "peers": peers, "blocks": 6, "degree": degree}


def _links(random: Random) -> Mapping[str, Any]:
    from alyslab.harnesses.network.workloads.links import LINKS

    return {"messages": 3_000, "only": sorted(random.sample(list(LINKS), LINKS_AT_ONCE))}


def _mine(random: Random) -> Mapping[str, Any]:
    miners = random.randint(2, 6)
    selfish = random.random() < 0.5
    # The first may have more than others: a selfish miner with a small share is hardly ever ahead.
    first = random.uniform(0.25, 0.45) if selfish else 1 / miners
    return {
        "shares": [first, *[(1 - first) / (miners - 1)] * (miners - 1)],
        "latency_ms": random.choice((0.0, 100.0, 10_000.0)),
        "blocks": 60,
        "selfish": selfish,
    }


def _broadcast(random: Random) -> Mapping[str, Any]:
    topology = random.choice(("grid", "line", "total", "tree2", "tree4"))
    return {"topology": topology, "nodes": random.randint(5, 16), "broadcasts": 20}


_DRAWS: Final[Mapping[str, Callable[[Random], Mapping[str, Any]]]] = MappingProxyType(
    {
        "network:flood": _flood,
        "network:spread": _spread,
        "network:links": _links,
        "network:broadcast": _broadcast,
        "mining:mine": _mine,
    }
)
