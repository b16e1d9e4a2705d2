"""Who is linked to whom: an undirected graph of peers, checked before anything is sent over it."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from random import Random
from typing import Final

from alyslab.errors import Problem
from alyslab.harnesses.network.errors import TopologyError

ATTEMPTS: Final = 1_000
"""How often a pairing is begun anew; a sparse one succeeds within a few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """Peers ``0 … peers - 1`` and the links between them, each usable in both directions.

    Raises
    ------
    TopologyError
        For a link to a peer that does not exist or to itself, one that stands
        there twice or the wrong way round, naming the first such link; and for
        as many regions as there are not peers.
    """

    peers: int
    """How many peers there are."""
    links: tuple[tuple[int, int], ...]
    """Each link once, as (lower, higher), in ascending order."""
    regions: tuple[str, ...] = ()
    """Code of each peer's region; empty where peers live nowhere in particular."""

    def __post_init__(self) -> None:
        problems = []
        if type(self.peers) is not int or self.peers < 1:
            problems.append(_problem("peers", f"{self.peers!r} peers", self.peers, "1 or more"))
        elif (bad := next((link for link in self.links if not _is_link(link, self.peers)), None)) is not None:
            allowed = f"(lower, higher), two of 0 to {self.peers - 1}"
            problems.append(_problem("links", f"there can't be a link {bad!r}", bad, allowed))
        elif len(set(self.links)) != len(self.links):
            twice = next(link for link, times in Counter(self.links).items() if times > 1)
            problems.append(_problem("links", f"{twice!r} stands there twice", twice, "each link once"))
        if self.regions and len(self.regions) != self.peers:
            what = f"{len(self.regions)} regions for {self.peers!r} peers"
            problems.append(_problem("regions", what, len(self.regions), "one for each peer, or none"))
        if problems:
            raise TopologyError(problems)

    def neighbours(self) -> tuple[tuple[int, ...], ...]:
        """Return the peers that each peer is linked to, in ascending order."""
        found: list[list[int]] = [[] for _ in range(self.peers)]
        for low, high in self.links:
            found[low].append(high)
            found[high].append(low)
        return tuple(tuple(sorted(others)) for others in found)

    @property
    def degrees(self) -> tuple[int, ...]:
        """How many links each peer has."""
        return tuple(len(others) for others in self.neighbours())

    def unreachable(self) -> tuple[int, ...]:
        """Return the peers that nothing sent by peer 0 can ever reach."""
        neighbours = self.neighbours()
        reached, waiting = {0}, deque([0])
        while waiting:
            for other in neighbours[waiting.popleft()]:
                if other not in reached:
                    reached.add(other)
                    waiting.append(other)
        return tuple(peer for peer in range(self.peers) if peer not in reached)

    def require_connected(self) -> Topology:
        """Return this topology.

        Raises
        ------
        TopologyError
            If some peers can't be reached from the others, naming the first few.
        """
        cut_off = self.unreachable()
        if cut_off:
            names = ", ".join(str(peer) for peer in cut_off[:5]) + (", …" if len(cut_off) > 5 else "")
            raise TopologyError(
                Problem(
                    where="topology",
                    key="links",
                    what=f"the network is not connected: peer 0 never reaches {len(cut_off)} peers ({names})",
                    value=len(self.links),
                    allowed="a degree of 3 or more, or another seed",
                )
            )
        return self


def random_regular(*, peers: int, degree: int, random: Random) -> Topology:
    """Draw a graph in which every peer has exactly ``degree`` links, each to another peer.

    Stubs are paired at random, and pairs that would link a peer to itself or
    twice are drawn again (Steger and Wormald 1999).  A dense graph is the
    complement of a sparse one.  Written here, not taken from networkx, so that
    a token names the same graph under every version of that library.
    Consumes ``random`` only.

    Raises
    ------
    TopologyError
        If no such graph exists: fewer than 2 peers, a degree outside
        1 … peers - 1, or an odd number of link ends.
    """
    problems = _shape_problems(peers, degree)
    if problems:
        raise TopologyError(problems)
    if degree > (peers - 1) // 2:
        absent = _pair_stubs(peers, peers - 1 - degree, random)
        every = ((low, high) for low in range(peers) for high in range(low + 1, peers))
        links = [link for link in every if link not in absent]
    else:
        links = sorted(_pair_stubs(peers, degree, random))
    return Topology(peers=peers, links=tuple(links))


def _is_link(link: object, peers: int) -> bool:
    if not (isinstance(link, tuple) and len(link) == 2 and type(link[0]) is int and type(link[1]) is int):
        return False
    return bool(0 <= link[0] < link[1] < peers)


def _problem(key: str, what: str, value: object, allowed: str) -> Problem:
    return Problem(where="topology", key=key, what=what, value=value, allowed=allowed)


def _shape_problems(peers: int, degree: int) -> list[Problem]:
    problems = []
    if type(peers) is not int or peers < 2:
        problems.append(
            Problem(where="topology", key="peers", what=f"{peers!r} peers", value=peers, allowed="2 or more")
        )
    elif type(degree) is not int or not 1 <= degree < peers:
        allowed = f"1 to {peers - 1}, one link to each other peer at most"
        problems.append(
            Problem(
                where="topology", key="degree", what=f"no degree {degree!r}", value=degree, allowed=allowed
            )
        )
    elif peers * degree % 2:
        what = f"{peers} peers of degree {degree} have an odd number of link ends"
        problems.append(
            Problem(where="topology", key="degree", what=what, value=degree, allowed="peers · degree even")
        )
    return problems


def _pair_stubs(peers: int, degree: int, random: Random) -> set[tuple[int, int]]:
    for _ in range(ATTEMPTS):
        links: set[tuple[int, int]] = set()
        stubs = [peer for peer in range(peers) for _ in range(degree)]
        while stubs:
            random.shuffle(stubs)
            left: list[int] = []
            for one, other in zip(stubs[::2], stubs[1::2], strict=True):
                link = (min(one, other), max(one, other))
                if one == other or link in links:
                    left += link
                else:
                    links.add(link)
            if len(left) == len(stubs):
                break  # these stubs may have no partner left: begin anew
            stubs = left
        else:
            return links
    what = f"no graph of {peers} peers with degree {degree} was found in {ATTEMPTS} attempts"
    raise TopologyError(
        Problem(where="topology", key="degree", what=what, value=degree, allowed="a lower degree")
    )
