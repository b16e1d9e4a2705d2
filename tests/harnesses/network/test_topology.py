from __future__ import annotations

from random import Random

import pytest

from alyslab.errors import ParameterError
from alyslab.harnesses.network.errors import TopologyError
from alyslab.harnesses.network.topology import Topology, random_regular


@pytest.mark.parametrize(
    ("peers", "degree"), [(2, 1), (5, 4), (8, 5), (10, 8), (10, 9), (60, 8), (61, 8), (200, 3)]
)
def test_every_peer_has_the_same_number_of_links(peers, degree):
    """Sparse graphs are paired, dense ones are complements: both must be regular and simple."""
    topology = random_regular(peers=peers, degree=degree, random=Random(1))
    assert {len(others) for others in topology.neighbours()} == {degree}
    assert all(0 <= low < high < peers for low, high in topology.links)
    assert list(topology.links) == sorted(set(topology.links))
    assert len(topology.links) == peers * degree // 2


def test_the_same_stream_gives_the_same_graph_and_another_one_another():
    """A token names a graph by its seed alone."""
    first = random_regular(peers=30, degree=4, random=Random(7))
    assert first == random_regular(peers=30, degree=4, random=Random(7))
    assert first != random_regular(peers=30, degree=4, random=Random(8))


def test_all_pairs_are_equally_likely_to_be_linked():
    """A pairing that favours neighbours by number would make short-cuts rare."""
    counts: dict[tuple[int, int], int] = {}
    random = Random(9)
    for _ in range(3_000):
        for link in random_regular(peers=8, degree=3, random=random).links:
            counts[link] = counts.get(link, 0) + 1
    # Each of 28 links is drawn with 3/7: 1286 times, standard deviation 27.
    assert len(counts) == 28
    assert all(abs(count - 1286) < 5 * 27 for count in counts.values())


@pytest.mark.parametrize(
    ("peers", "degree", "says"),
    [
        (1, 1, "2 or more"),
        (0, 1, "2 or more"),
        (5, 5, "1 to 4"),
        (5, 0, "1 to 4"),
        (5, -2, "1 to 4"),
        (5, 3, "odd number of link ends"),
    ],
)
def test_a_graph_that_does_not_exist_is_refused(peers, degree, says):
    """The message names what would work, before anything runs."""
    with pytest.raises(ParameterError, match=says):
        random_regular(peers=peers, degree=degree, random=Random(1))


def test_a_network_in_two_halves_is_refused_naming_who_is_cut_off():
    """A flood over it would be reported as lost blocks although no block was lost."""
    halves = Topology(peers=4, links=((0, 1), (2, 3)))
    assert halves.unreachable() == (2, 3)
    with pytest.raises(ParameterError, match=r"not connected: peer 0 never reaches 2 peers \(2, 3\)"):
        halves.require_connected()


def test_a_connected_network_passes_through_the_check():
    """The check must not refuse a line, which is as thin as a network gets."""
    line = Topology(peers=3, links=((0, 1), (1, 2)))
    assert line.require_connected() is line


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"peers": 0, "links": ()}, "peers"),
        ({"peers": True, "links": ()}, "peers"),
        ({"peers": 3, "links": ((1, 1),)}, "links"),
        ({"peers": 3, "links": ((0, 3),)}, "links"),
        ({"peers": 3, "links": ((2, 0),)}, "links"),
        ({"peers": 3, "links": ((0, 1), (0, 1))}, "links"),
        ({"peers": 3, "links": ((0, 1.0),)}, "links"),
        ({"peers": 3, "links": (5,)}, "links"),
        ({"peers": 3, "links": (), "regions": ("EU",)}, "regions"),
    ],
)
def test_a_graph_that_is_none_is_refused_by_its_field(given, key):
    """Built by hand, with a self-link, a duplicate or a peer that does not exist."""
    with pytest.raises(TopologyError) as caught:
        Topology(**given)
    assert [problem.key for problem in caught.value.problems] == [key]
