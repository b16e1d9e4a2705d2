"""Figures of networks: their shapes, how blocks spread through them, who had a block from whom."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

from alyslab.checkers.propagation import Arrival, Propagation

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Graph(Protocol):
    """What is drawn of a topology."""

    @property
    def peers(self) -> int:
        """How many peers there are."""
        ...

    @property
    def links(self) -> Sequence[tuple[int, int]]:
        """Each link once."""
        ...


COLUMNS: Final = 4
LINE_STYLES: Final = ("-", "--", "-.", ":")


def topologies_figure(graphs: Mapping[str, Graph]) -> Figure:
    """Draw graphs side by side, peers coloured by how many links they have.

    Raises
    ------
    ValueError
        If there is none.
    """
    if not graphs:
        raise ValueError("nothing to draw: no graph")
    import matplotlib.pyplot as plt
    import networkx

    rows = math.ceil(len(graphs) / COLUMNS)
    figure, axes = plt.subplots(rows, COLUMNS, figsize=(9.6, 2.5 * rows), squeeze=False)
    most = max(max(_degrees(graph)) for graph in graphs.values())
    cells = [cell for row in axes for cell in row]
    for cell, (name, graph) in zip(cells, graphs.items(), strict=False):
        drawn = networkx.Graph()
        drawn.add_nodes_from(range(graph.peers))
        drawn.add_edges_from(graph.links)
        places = _places(name, graph, drawn)
        networkx.draw_networkx_edges(drawn, places, ax=cell, width=0.6, edge_color="0.6")
        dots = networkx.draw_networkx_nodes(
            drawn,
            places,
            ax=cell,
            node_size=26,
            node_color=_degrees(graph),
            cmap="viridis",
            vmin=1,
            vmax=most,
        )
        cell.set_title(f"{name.replace('_', ' ')}: {len(graph.links)} links", fontsize=10)
    for cell in cells:
        cell.set_axis_off()
    figure.colorbar(dots, ax=axes, shrink=0.5, label="links of a peer")
    plt.close(figure)  # the cell that returns the figure shows it
    return figure


def _degrees(graph: Graph) -> list[int]:
    degrees = [0] * graph.peers
    for one, other in graph.links:
        degrees[one] += 1
        degrees[other] += 1
    return degrees


def _places(name: str, graph: Graph, drawn: Any) -> Any:
    import networkx

    if name in ("full_mesh", "ring", "small_world", "random_regular"):
        return networkx.circular_layout(drawn)
    return (
        networkx.kamada_kawai_layout(drawn) if graph.peers <= 200 else networkx.spring_layout(drawn, seed=0)
    )


def spread_figure(spreads: Mapping[str, Propagation], *, slot_ms: float | None = None) -> Figure:
    """Draw for each kind of gossip which share of the peers has a block, the median block of each.

    Raises
    ------
    ValueError
        If no block was produced in one of them.
    """
    import matplotlib.pyplot as plt
    import numpy as np

    empty = [kind for kind, spread in spreads.items() if not spread.arrivals]
    if empty or not spreads:
        raise ValueError(f"nothing to draw: no block was produced by {', '.join(empty) or 'anything'}")
    last_ms = max(arrival.delay_ms for spread in spreads.values() for arrival in spread.arrivals)
    time_ms = np.linspace(0.0, 1.02 * max(last_ms, slot_ms or 0.0), 1_000)
    figure, axes = plt.subplots()
    for number, (kind, spread) in enumerate(spreads.items()):
        shares = [
            np.searchsorted(delays, time_ms, side="right") / len(spread.peers)
            for delays in spread.delays_ms().values()
        ]
        axes.step(
            time_ms / 1e3,
            100 * np.median(np.asarray(shares), axis=0),
            where="post",
            color=f"C{number}",
            linestyle=LINE_STYLES[number % len(LINE_STYLES)],
            linewidth=2,
            label=kind,
        )
    if slot_ms is not None:
        axes.axvline(slot_ms / 1e3, color="0.35", linestyle="--", linewidth=1)
        at = (slot_ms / 1e3, 3)
        text: dict[str, Any] = {
            "rotation": 90,
            "ha": "right",
            "fontsize": "small",
            "textcoords": "offset points",
        }
        axes.annotate("the next slot begins", at, xytext=(-4, 0), **text)
    axes.set(
        xlabel="time since the block was produced [s]",
        ylabel="peers that have the block [%]",
        title="How fast each kind of gossip spreads the median block",
        xlim=(0, time_ms[-1] / 1e3),
        ylim=(0, 104),
    )
    axes.legend(title="gossip")
    plt.close(figure)
    return figure


def trace_figure(trace: Sequence[Arrival]) -> Figure:
    """Draw who had a block from whom and when, as a tree that grows to the right.

    Raises
    ------
    ValueError
        If nobody had the block.
    """
    if not trace:
        raise ValueError("nothing to draw: nobody had this block")
    import matplotlib.pyplot as plt

    when = {arrival.peer: arrival.delay_ms / 1e3 for arrival in trace}
    height = _heights(trace)
    figure, axes = plt.subplots(figsize=(7.6, 1.6 + 0.062 * len(trace)))
    for arrival in trace:
        if arrival.source in when:
            sent, here = when[arrival.source], when[arrival.peer]
            low, high = height[arrival.source], height[arrival.peer]
            axes.plot([sent, sent, here], [low, high, high], color="0.75", linewidth=0.9, zorder=1)
    hops = [arrival.hops for arrival in trace]
    dots = axes.scatter(
        [when[arrival.peer] for arrival in trace],
        [height[arrival.peer] for arrival in trace],
        c=hops,
        cmap="viridis",
        s=30,
        zorder=2,
        edgecolor="white",
    )
    figure.colorbar(dots, ax=axes, label="links crossed", ticks=sorted(set(hops)))
    axes.set(
        xlabel="time since the block was produced [s]",
        ylabel="peers, each beside those it served",
        yticks=[],
        title=f"Who had block {trace[0].block} from whom",
    )
    plt.close(figure)
    return figure


def _heights(trace: Sequence[Arrival]) -> dict[str, int]:
    """Return a height for each peer: a peer's whole branch stands together, above the peer itself."""
    served: dict[str, list[str]] = {}
    known = {arrival.peer for arrival in trace}
    for arrival in trace:
        served.setdefault(arrival.source if arrival.source in known else "", []).append(arrival.peer)
    heights: dict[str, int] = {}
    waiting = list(reversed(served.get("", [])))
    while waiting:
        peer = waiting.pop()
        heights[peer] = len(heights)
        waiting += reversed(served.get(peer, []))
    return heights
