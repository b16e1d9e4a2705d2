from __future__ import annotations

import math
from random import Random
from typing import Any

import networkx
import pytest

from alyslab.errors import ParameterError
from alyslab.harnesses.network.errors import TopologyError
from alyslab.harnesses.network.shapes import (
    DRAWN,
    SHAPES,
    build,
    full_mesh,
    grid,
    line,
    regional,
    ring,
    star,
    tree,
)
from alyslab.harnesses.network.topology import Topology
from alyslab.harnesses.network.workloads.studies import GALLERY
from alyslab.runtime import require_current, simulate


def graph(topology: Topology) -> networkx.Graph:
    made = networkx.Graph(topology.links)
    made.add_nodes_from(range(topology.peers))
    return made


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (full_mesh(peers=9), networkx.complete_graph(9)),
        (ring(peers=9), networkx.cycle_graph(9)),
        (line(peers=9), networkx.path_graph(9)),
        (grid(peers=25), networkx.grid_2d_graph(5, 5)),
        (grid(peers=12, columns=4), networkx.grid_2d_graph(3, 4)),
        (tree(peers=21, children=4), networkx.balanced_tree(4, 2)),
        (star(peers=9), networkx.star_graph(8)),
    ],
)
def test_regular_shapes_are_what_their_names_say(made, expected):
    """networkx has them too, and is asked for a second opinion."""
    assert networkx.is_isomorphic(graph(made), expected)


def test_a_star_of_hubs_shares_its_leaves_fairly():
    """Hubs know each other; each leaf knows one of them."""
    degrees = star(peers=23, hubs=3).degrees
    assert sorted(degrees[:3]) == [8, 9, 9]
    assert set(degrees[3:]) == {1}


def test_the_gallery_shows_every_shape_but_those_of_ones_own():
    """A shape that the notebook leaves out is one that nobody looks at."""
    assert set(GALLERY) == set(SHAPES) - {"saved"}


@pytest.mark.parametrize("shape", GALLERY)
def test_every_shape_is_a_graph_of_its_peers_and_the_gallerys_are_connected(shape):
    """No link to oneself, none twice, each in ascending order; nobody out of reach."""
    made = build(shape, peers=25, random=Random(3), **GALLERY[shape])
    assert made.peers == 25
    assert list(made.links) == sorted(set(made.links))
    assert all(0 <= low < high < 25 for low, high in made.links)
    assert made.unreachable() == ()


@pytest.mark.parametrize("shape", DRAWN)
def test_one_stream_gives_one_graph_and_another_another(shape):
    """Also inside a run, where libraries could reach for a generator of their own."""

    async def main() -> list[list[int]]:
        random = require_current().random("shape")
        return [list(link) for link in build(shape, peers=25, random=random, **GALLERY[shape]).links]

    first, again, other = (simulate(main, seed=seed).result for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_regional_topology_says_who_lives_where():
    """Conditions of links follow from homes, so a saved graph must keep them."""
    made = regional(peers=60, outbound=8, random=Random(1))
    assert len(made.regions) == 60
    assert made.regions.count("EU") == 30
    assert min(made.degrees) >= 8


@pytest.mark.parametrize(
    ("shape", "parameters", "keys"),
    [
        ("donut", {"peers": 5}, {"shape"}),
        ("ring", {"peers": 2}, {"peers"}),
        ("ring", {"peers": 5, "degree": 2}, {"degree"}),
        ("line", {"peers": 2.5}, {"peers"}),
        ("star", {"peers": 0, "hubs": True}, {"peers", "hubs"}),
        ("star", {"peers": 4, "hubs": 4}, {"hubs"}),
        ("tree", {"peers": 4, "children": 0}, {"children"}),
        ("grid", {"peers": 4, "columns": -1}, {"columns"}),
        ("erdos_renyi", {"peers": 1, "link_ratio": math.nan}, {"peers", "link_ratio"}),
        ("erdos_renyi", {"peers": 5, "link_ratio": 1.5}, {"link_ratio"}),
        ("small_world", {"peers": 6, "degree": 3, "rewire_ratio": 0.1}, {"degree"}),
        ("small_world", {"peers": 6, "degree": 2, "rewire_ratio": -1}, {"rewire_ratio"}),
        ("scale_free", {"peers": 5, "links_each": 5}, {"links_each"}),
        ("regional", {"peers": 5, "outbound": 5}, {"outbound"}),
        ("random_regular", {"peers": "many", "degree": 3}, {"peers"}),
        ("random_regular", {"peers": 6, "degree": 2.0}, {"degree"}),
        ("scale_free", {"peers": 6}, {"links_each"}),
        ("erdos_renyi", {"ratio": 0.5}, {"peers", "link_ratio", "ratio"}),
        ("saved", {"peers": 6}, {"path"}),
        ("saved", {"peers": 6, "path": 3}, {"path"}),
    ],
)
def test_a_graph_that_can_not_be_is_refused_by_the_names_of_its_parameters(shape, parameters, keys):
    """All of them at once, and as an error that the command line ends with 2 for."""
    arguments: dict[str, Any] = parameters
    with pytest.raises(TopologyError) as caught:
        build(shape, random=Random(1), **arguments)
    assert {problem.key for problem in caught.value.problems} == keys
    assert isinstance(caught.value, ParameterError)
