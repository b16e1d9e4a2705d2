"""Shapes of networks: regular ones, and random ones drawn from the run's own stream.

Small world and scale free come from networkx, which draws from the stream that
it is given: one version of networkx gives one graph for one seed.  Another
version may draw otherwise and give another graph, so that a token names the
same graph only where networkx is the same; a topology that has to outlast a
version is saved (:mod:`alyslab.harnesses.network.topology_file`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from random import Random
from types import MappingProxyType
from typing import Any, Final

from alyslab.errors import Problem
from alyslab.harnesses.network.errors import TopologyError
from alyslab.harnesses.network.regions import RegionTable, simblock_2019
from alyslab.harnesses.network.topology import Topology, random_regular


def full_mesh(*, peers: int) -> Topology:
    """Link everybody to everybody."""
    _require(peers=peers)
    return _of(peers, ((low, high) for low in range(peers) for high in range(low + 1, peers)))


def line(*, peers: int) -> Topology:
    """Link each peer to the next one."""
    _require(peers=peers)
    return _of(peers, ((peer, peer + 1) for peer in range(peers - 1)))


def ring(*, peers: int) -> Topology:
    """Link each peer to the next one, and the last to the first."""
    _require(peers=peers, peers_least=3)
    return _of(peers, ((peer, (peer + 1) % peers) for peer in range(peers)))


def star(*, peers: int, hubs: int = 1) -> Topology:
    """Link the first peers, the hubs, to each other, and each other peer, a leaf, to one hub in turn."""
    _require(peers=peers, hubs=hubs)
    if hubs >= peers:
        raise _error("hubs", f"{hubs} hubs of {peers} peers leave no leaf", hubs, f"1 to {peers - 1}")
    between = ((low, high) for low in range(hubs) for high in range(low + 1, hubs))
    return _of(peers, [*between, *((leaf % hubs, leaf) for leaf in range(hubs, peers))])


def grid(*, peers: int, columns: int | None = None) -> Topology:
    """Put peers in rows and link each to its neighbours in row and column.

    ``columns`` is the largest divisor up to the square root by default.
    """
    _require(peers=peers)
    if columns is None:
        columns = max(divisor for divisor in range(1, math.isqrt(peers) + 1) if peers % divisor == 0)
    _require(columns=columns)
    across = ((peer, peer + 1) for peer in range(peers - 1) if (peer + 1) % columns)
    down = ((peer, peer + columns) for peer in range(peers - columns))
    return _of(peers, [*across, *down])


def tree(*, peers: int, children: int = 2) -> Topology:
    """Link each peer to its parent: peer 0 is the root, and each level is full before the next begins."""
    _require(peers=peers, children=children)
    return _of(peers, (((peer - 1) // children, peer) for peer in range(1, peers)))


def erdos_renyi(*, peers: int, link_ratio: float, random: Random) -> Topology:
    """Link each pair with the same chance.  Consumes a draw of ``random`` for each pair.

    Above ``ln(peers) / peers`` such a graph is mostly connected; ask
    :meth:`Topology.require_connected`.  Source: Gilbert 1959, G(n, p).
    """
    _require(peers=peers, ratios={"link_ratio": link_ratio})
    pairs = ((low, high) for low in range(peers) for high in range(low + 1, peers))
    return _of(peers, (pair for pair in pairs if random.random() < link_ratio))


def small_world(*, peers: int, degree: int, rewire_ratio: float, random: Random) -> Topology:
    """Link each peer to its nearest ones on a ring, then move some links elsewhere.

    Source: Watts and Strogatz 1998; networkx ``watts_strogatz_graph``.
    """
    _require(peers=peers, degree=degree, ratios={"rewire_ratio": rewire_ratio})
    if degree >= peers or degree % 2:
        raise _error("degree", f"no ring of degree {degree}", degree, f"an even number below {peers}")
    return _from_networkx("watts_strogatz_graph", random, peers, degree, rewire_ratio)


def scale_free(*, peers: int, links_each: int, random: Random) -> Topology:
    """Let peers join one by one, each linked to some that others prefer too.

    Source: Barabási and Albert 1999; networkx ``barabasi_albert_graph``.
    """
    _require(peers=peers, links_each=links_each)
    if links_each >= peers:
        raise _error("links_each", f"{links_each} of {peers} peers", links_each, f"1 to {peers - 1}")
    return _from_networkx("barabasi_albert_graph", random, peers, links_each)


def regional(*, peers: int, outbound: int = 8, random: Random, table: RegionTable | None = None) -> Topology:
    """Settle peers in measured regions and let each open links to others at random, wherever they live.

    Conditions of the links follow from ``regions`` by
    :func:`~alyslab.harnesses.network.regions.region_links`.  Source: SimBlock's
    routing table, with Bitcoin's 8 outbound connections.
    """
    _require(peers=peers, outbound=outbound)
    if outbound >= peers:
        raise _error("outbound", f"{outbound} of {peers} peers", outbound, f"1 to {peers - 1}")
    homes = (simblock_2019() if table is None else table).settle(peers, random)
    links: list[tuple[int, int]] = []
    for peer in range(peers):
        others = random.sample(range(peers - 1), outbound)
        links += [(peer, other + (other >= peer)) for other in others]
    return Topology(peers=peers, links=_sorted(links), regions=tuple(home.code for home in homes))


def saved(peers: int, path: str) -> Topology:
    """Return a graph of one's own from a file; see :mod:`~alyslab.harnesses.network.topology_file`.

    Raises
    ------
    TopologyError
        If it can't be read, or has another number of peers.
    """
    from alyslab.harnesses.network.topology_file import load

    if not isinstance(path, str):
        raise _error("path", f"is {path!r}", path, "the path of a saved topology")
    topology = load(path)
    if topology.peers != peers:
        raise _error("peers", f"is {peers!r}, and {path} has {topology.peers}", peers, str(topology.peers))
    return topology


SHAPES: Final[Mapping[str, Callable[..., Topology]]] = MappingProxyType(
    {
        "full_mesh": full_mesh,
        "ring": ring,
        "star": star,
        "line": line,
        "grid": grid,
        "tree": tree,
        "random_regular": random_regular,
        "erdos_renyi": erdos_renyi,
        "small_world": small_world,
        "scale_free": scale_free,
        "regional": regional,
        "saved": saved,
    }
)
"""Every shape by its name."""
DRAWN: Final = ("random_regular", "erdos_renyi", "small_world", "scale_free", "regional")
"""Those that consume a random stream."""


def build(shape: str, *, random: Random, **parameters: Any) -> Topology:
    """Build a topology by the name of its shape.

    Raises
    ------
    TopologyError
        For a name or a parameter that does not exist or is missing, and whatever the shape refuses.
    """
    import inspect

    if not isinstance(shape, str) or shape not in SHAPES:
        raise _error("shape", f"no shape is named {shape!r}", shape, ", ".join(SHAPES))
    known = {
        name: parameter.default
        for name, parameter in inspect.signature(SHAPES[shape]).parameters.items()
        if name != "random"
    }
    problems = [
        Problem(
            where="topology",
            key=name,
            what=f"{shape} has no such parameter",
            value=value,
            allowed=", ".join(known),
        )
        for name, value in parameters.items()
        if name not in known
    ]
    problems += [
        Problem(where="topology", key=name, what=f"{shape} needs it")
        for name, default in known.items()
        if default is inspect.Parameter.empty and name not in parameters
    ]
    if problems:
        raise TopologyError(problems)
    return SHAPES[shape](**parameters, **({"random": random} if shape in DRAWN else {}))


def _from_networkx(generator: str, random: Random, *arguments: Any) -> Topology:
    import networkx

    graph = getattr(networkx, generator)(*arguments, seed=random)
    return _of(graph.number_of_nodes(), graph.edges())


def _of(peers: int, links: Iterable[tuple[int, int]]) -> Topology:
    return Topology(peers=peers, links=_sorted(links))


def _sorted(links: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    return tuple(sorted({(min(link), max(link)) for link in links if link[0] != link[1]}))


def _require(
    *, peers_least: int = 2, ratios: Mapping[str, float] = MappingProxyType({}), **whole: int
) -> None:
    """Refuse what no graph can have, all at once."""
    problems = []
    for key, value in whole.items():
        least = peers_least if key == "peers" else 1
        if type(value) is not int or value < least:
            what, allowed = f"is {value!r}", f"a whole number from {least}"
            problems.append(Problem(where="topology", key=key, what=what, value=value, allowed=allowed))
    for key, ratio in ratios.items():
        if isinstance(ratio, bool) or not isinstance(ratio, int | float) or not 0 <= ratio <= 1:
            what = f"is {ratio!r}"
            problems.append(Problem(where="topology", key=key, what=what, value=ratio, allowed="0 to 1"))
    if problems:
        raise TopologyError(problems)


def _error(key: str, what: str, value: object, allowed: str) -> TopologyError:
    return TopologyError(Problem(where="topology", key=key, what=what, value=value, allowed=allowed))
