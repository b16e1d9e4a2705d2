"""Topologies in files: JSON with a version, so that a graph outlasts the library that drew it.

::

    {"format": "alyslab-topology", "version": 1, "peers": 3, "links": [[0, 1], [1, 2]], "regions": []}
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from alyslab.errors import Problem
from alyslab.harnesses.network.errors import TopologyError
from alyslab.harnesses.network.topology import Topology

FORMAT: Final = "alyslab-topology"
VERSION: Final = 1
SHOWN: Final = 20
"""Problems that are listed; a file with more is broken in one way rather than in so many."""


def save(topology: Topology, path: Path | str) -> None:
    """Write a topology; an older file of that name is replaced in one step."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "peers": topology.peers,
        "links": topology.links,
        "regions": topology.regions,
    }
    target = Path(path)
    draft = target.with_name(f".{target.name}.draft")
    draft.write_text(json.dumps(document) + "\n", encoding="utf-8")
    draft.replace(target)


def load(path: Path | str) -> Topology:
    """Read a topology.

    Raises
    ------
    TopologyError
        If the file is missing or no topology, with everything that is wrong
        with it, up to :data:`SHOWN` problems.
    """
    where = str(path)
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise TopologyError(Problem(where=where, what=f"can't be read: {error}")) from error
    problems = list(_problems(where, document))
    if problems:
        raise TopologyError(problems[:SHOWN])
    links = sorted((min(link), max(link)) for link in document["links"])
    return Topology(peers=document["peers"], links=tuple(links), regions=tuple(document.get("regions", ())))


def _problems(where: str, document: Any) -> Iterator[Problem]:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        yield Problem(where=where, key="format", what="not a topology", allowed=FORMAT)
        return
    if document.get("version") != VERSION:
        version = document.get("version")
        what = f"version {version!r} can't be read here"
        yield Problem(where=where, key="version", what=what, value=version, allowed=str(VERSION))
        return
    for key in document:
        if key not in ("format", "version", "peers", "links", "regions"):
            yield Problem(where=where, key=key, what="unknown", value=document[key])
    peers = document.get("peers")
    if type(peers) is not int or peers < 1:
        yield Problem(where=where, key="peers", what=f"is {peers!r}", value=peers, allowed="1 or more")
        return
    yield from _link_problems(where, document.get("links"), peers)
    regions = document.get("regions", [])
    if not isinstance(regions, list) or not all(isinstance(code, str) for code in regions):
        yield Problem(where=where, key="regions", what="not a list of names", value=regions)
    elif regions and len(regions) != peers:
        what = f"{len(regions)} regions for {peers} peers"
        yield Problem(where=where, key="regions", what=what, value=len(regions), allowed=f"{peers}, or none")


def _link_problems(where: str, links: Any, peers: int) -> Iterator[Problem]:
    if not isinstance(links, list):
        yield Problem(where=where, key="links", what="not a list", value=links, allowed="pairs of peers")
        return
    seen: set[tuple[int, int]] = set()
    for place, link in enumerate(links):
        what = ""
        if not (isinstance(link, list) and len(link) == 2 and all(type(end) is int for end in link)):
            what = "not a pair of peers"
        elif not all(0 <= end < peers for end in link):
            what = f"peer {max(link, key=abs)} does not exist"
        elif link[0] == link[1]:
            what = "a peer linked to itself"
        elif (min(link), max(link)) in seen:
            what = "the link stands there twice"
        else:
            seen.add((min(link), max(link)))
        if what:
            allowed = f"two of 0 to {peers - 1}, each pair once"
            yield Problem(where=where, key=f"links[{place}]", what=what, value=link, allowed=allowed)
