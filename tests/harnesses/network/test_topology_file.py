from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from alyslab.errors import ParameterError
from alyslab.harnesses.network.errors import TopologyError
from alyslab.harnesses.network.shapes import regional
from alyslab.harnesses.network.topology import Topology
from alyslab.harnesses.network.topology_file import SHOWN, load, save
from alyslab.harnesses.network.workloads import WORKLOADS

LINE = tuple((peer, peer + 1) for peer in range(5))
GOOD = {"format": "alyslab-topology", "version": 1, "peers": 3, "links": [[0, 1], [1, 2]]}


def test_what_is_saved_is_loaded_again(tmp_path: Path):
    """A graph has to outlast the library that drew it, homes included."""
    topology = regional(peers=30, outbound=3, random=Random(1))
    save(topology, tmp_path / "graph.json")
    assert load(tmp_path / "graph.json") == topology
    assert [path.name for path in tmp_path.iterdir()] == ["graph.json"], "no draft is left"


def test_links_may_stand_in_any_order_and_direction(tmp_path: Path):
    """People write such files by hand."""
    (tmp_path / "t.json").write_text(json.dumps(GOOD | {"links": [[2, 1], [1, 0]]}))
    assert load(tmp_path / "t.json") == Topology(peers=3, links=((0, 1), (1, 2)))


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ([], "format"),
        ({"format": "gml"}, "format"),
        (GOOD | {"version": 2}, "version"),
        (GOOD | {"colour": "red"}, "colour"),
        (GOOD | {"peers": 0}, "peers"),
        (GOOD | {"peers": "3"}, "peers"),
        (GOOD | {"links": "all"}, "links"),
        (GOOD | {"links": [[0, 3]]}, "links[0]"),
        (GOOD | {"links": [[0, -1]]}, "links[0]"),
        (GOOD | {"links": [[0, 1], [1, 0]]}, "links[1]"),
        (GOOD | {"links": [[1, 1]]}, "links[0]"),
        (GOOD | {"links": [[0, 1.0]]}, "links[0]"),
        (GOOD | {"links": [[0, 1, 2]]}, "links[0]"),
        (GOOD | {"regions": ["EU"]}, "regions"),
        (GOOD | {"regions": "EU"}, "regions"),
    ],
)
def test_a_file_that_is_no_topology_is_refused_by_its_key(tmp_path: Path, document: object, key: str):
    """The message must lead to the place in the file."""
    path = tmp_path / "t.json"
    path.write_text(json.dumps(document))
    with pytest.raises(TopologyError) as caught:
        load(path)
    assert key in {problem.key for problem in caught.value.problems}
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "\x00", "[" * 100_000])
def test_a_file_that_is_no_json_is_refused(tmp_path: Path, text: str):
    """Half a download must not end in a stack trace."""
    path = tmp_path / "t.json"
    path.write_text(text)
    with pytest.raises(TopologyError, match="can't be read"):
        load(path)


def test_a_missing_file_is_refused(tmp_path: Path):
    """By its path, as every bad input."""
    with pytest.raises(TopologyError, match="nowhere"):
        load(tmp_path / "nowhere.json")


def test_a_file_that_is_wrong_throughout_is_not_recited(tmp_path: Path):
    """Twenty problems are enough to see which one it is."""
    path = tmp_path / "t.json"
    path.write_text(json.dumps(GOOD | {"links": [[7, 7]] * 500}))
    with pytest.raises(TopologyError) as caught:
        load(path)
    assert len(caught.value.problems) == SHOWN


def spread_over(path: Path, peers: int = 6) -> str:
    """Gossip one block over a graph from a file, and say how it went."""
    topology = {"shape": "saved", "path": str(path)}
    outcome = WORKLOADS["spread"].run(1, kind="flood", peers=peers, blocks=1, topology=topology)
    assert outcome.run.result["links"] == len(load(path).links)
    return outcome.verdict.status


def test_blocks_spread_over_a_graph_from_a_file(tmp_path: Path):
    """A graph that can be saved and not be used again is a picture."""
    save(regional(peers=6, outbound=2, random=Random(1)), tmp_path / "graph.json")
    assert spread_over(tmp_path / "graph.json") == "pass"


@pytest.mark.parametrize(
    ("topology", "peers", "key"),
    [
        (Topology(peers=6, links=((0, 1), (2, 3), (4, 5))), 6, "links"),
        (Topology(peers=6, links=LINE), 7, "peers"),
        (Topology(peers=6, links=LINE, regions=("EU", "EU", "EU", "EU", "EU", "MOON")), 6, "topology"),
    ],
)
def test_a_graph_that_does_not_fit_the_run_is_refused_by_name(tmp_path: Path, topology, peers, key):
    """Not connected, of another size, or with homes that no table knows."""
    save(topology, tmp_path / "graph.json")
    with pytest.raises(ParameterError) as caught:
        spread_over(tmp_path / "graph.json", peers)
    assert key in {problem.key for problem in caught.value.problems}
