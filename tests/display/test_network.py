from __future__ import annotations

import matplotlib
import pytest

from alyslab.checkers.links import LinkStudy, check_links
from alyslab.checkers.propagation import Propagation, check_propagation
from alyslab.checkers.verdict import Verdict
from alyslab.display.network import spread_figure, topologies_figure, trace_figure
from alyslab.display.network_links import latencies_figure, statistics_figure
from alyslab.harnesses.network.gossip import flood
from alyslab.harnesses.network.shapes import line, ring
from alyslab.harnesses.network.workloads.links import LINKS, links
from alyslab.runtime import simulate

matplotlib.use("agg")


@pytest.fixture(scope="module")
def spread() -> Propagation:
    run = simulate(flood, seed=1, parameters={"peers": 8, "blocks": 2, "degree": 3})
    return check_propagation(run.journal)


@pytest.fixture(scope="module")
def study() -> LinkStudy:
    only = ["uniform", "lossy"]
    return check_links(simulate(links, seed=1, parameters={"messages": 200, "only": only}).journal)


def test_every_graph_has_a_cell_with_its_links():
    """A shape that is missing from the picture was not looked at."""
    figure = topologies_figure({"ring": ring(peers=5), "line": line(peers=5)})
    assert [axes.get_title() for axes in figure.axes if axes.get_title()] == [
        "ring: 5 links",
        "line: 4 links",
    ]


def test_a_curve_ends_where_every_peer_has_the_block(spread: Propagation):
    """The curve is the evidence; it must reach 100 % where the checker says so."""
    (axes,) = spread_figure({"flood": spread}, slot_ms=5_000).axes
    assert axes.lines[0].get_ydata()[-1] == 100
    assert axes.get_xlabel().endswith("[s]")
    assert axes.get_ylabel().endswith("[%]")


def test_a_trace_has_a_dot_for_each_peer_and_a_line_for_each_message_that_was_first(spread: Propagation):
    """Eight peers, seven of whom had the block from somebody."""
    axes = trace_figure(spread.trace(1)).axes[0]
    assert len(axes.collections[0].get_offsets()) == 8
    assert len(axes.lines) == 7


def test_peers_of_one_branch_stand_together(spread: Propagation):
    """Every peer has a height of its own, or dots would hide each other."""
    axes = trace_figure(spread.trace(2)).axes[0]
    assert sorted(int(y) for _, y in axes.collections[0].get_offsets()) == list(range(8))


def test_statistics_stand_in_standard_deviations(study: LinkStudy):
    """A dot for each statistic that can vary, between limits that are drawn."""
    axes = statistics_figure(study).axes[0]
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    assert len(dots) == sum(each.deviation > 0 for each in study.statistics)
    assert axes.get_xlabel().endswith("[standard deviations]")


def test_latencies_are_drawn_beside_their_closed_form(study: LinkStudy):
    """Two curves in the cell, both from 0 to nearly all messages."""
    specs = {"uniform/a → uniform/b": dict(LINKS["uniform"].as_pairs())}
    observed, closed = latencies_figure(study, specs).axes[0].lines
    assert observed.get_ydata()[0] == closed.get_ydata()[0] == 0
    assert min(observed.get_ydata()[-1], closed.get_ydata()[-1]) > 97


def test_nothing_to_draw_is_said():
    """An empty figure would look like a result."""
    empty = Propagation(Verdict())
    nothing = LinkStudy((), {}, {})
    for draw in (
        lambda: topologies_figure({}),
        lambda: spread_figure({}),
        lambda: spread_figure({"flood": empty}),
        lambda: trace_figure(()),
        lambda: statistics_figure(nothing),
        lambda: latencies_figure(nothing, {"a → b": {}}),
    ):
        with pytest.raises(ValueError, match="nothing to draw"):
            draw()
