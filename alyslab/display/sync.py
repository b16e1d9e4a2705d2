"""Figures of syncs: progress under faults, peers' scores, states over time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from alyslab.checkers.sync_log import SyncLog

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STATE_COLOURS: Final = {
    "discovering": ("C1", "////"),
    "headers": ("C9", "...."),
    "blocks": ("C0", ""),
    "catching_up": ("C8", "\\\\\\\\"),
    "synced": ("C2", ""),
    "failed": ("C3", "xxxx"),
    "idle": ("0.85", ""),
}
"""Colour and hatch of each state, so that it needs no colour."""
FAULT_COLOURS: Final = {
    "partition": "C3",
    "crash": "0.4",
    "vanish": "C4",
    "bit_flip": "C6",
    "bit_rot": "C5",
    "disk_failure": "C8",
}


def progress_figure(log: SyncLog) -> Figure:
    """Draw the height of each node over time, the source's above it, and what was broken when.

    Raises
    ------
    ValueError
        If no node imported anything.
    """
    import matplotlib.pyplot as plt

    if not log.of("sync.imported"):
        raise ValueError("nothing to draw: no node imported a block")
    figure, axes = plt.subplots(layout="constrained")
    _shade_faults(axes, log)
    end_s = log.end_ns / 1e9
    times = [time_ns / 1e9 for time_ns in log.source_ns]
    axes.step(
        [*times, end_s],
        [*log.source_heights, log.source_heights[-1]],
        where="post",
        color="0.3",
        linestyle="--",
        label="source",
    )
    for number, (node, rows) in enumerate(log.nodes.items()):
        points = _heights(rows)
        axes.step(
            [time_s for time_s, _ in points] + [end_s],
            [height for _, height in points] + [points[-1][1]],
            where="post",
            color=f"C{number % 10}",
            label=node,
        )
    axes.set(xlabel="virtual time [s]", ylabel="height [blocks]", xlim=(0, end_s), ylim=(0, None))
    axes.legend(loc="lower right")
    plt.close(figure)  # the cell that returns the figure shows it; pyplot would show it again
    return figure


def score_figure(log: SyncLog, node: str = "") -> Figure:
    """Draw the score that a node (default: the first) gives each of its peers; crosses are blacklistings."""
    import matplotlib.pyplot as plt

    rows = log.nodes[node] if node else next(iter(log.nodes.values()), [])
    results = [row for row in rows if row.kind == "sync.result"]
    if not results:
        raise ValueError("nothing to draw: no peer was asked")
    figure, axes = plt.subplots(layout="constrained")
    for number, peer in enumerate(sorted({row.fields["peer"] for row in results})):
        behaviour = log.behaviours.get(peer, "honest")
        own = [row for row in results if row.fields["peer"] == peer]
        seconds = [row.time_ns / 1e9 for row in own]
        scores = [row.fields["score"] for row in own]
        honest = behaviour == "honest"
        axes.step(
            seconds,
            scores,
            where="post",
            color=f"C{number % 10}",
            linestyle="-" if honest else ":",
            linewidth=1.5 if honest else 2.5,
            label=f"{peer}, {behaviour.replace('_', ' ')}",
        )
        for row in rows:
            if row.kind == "sync.blacklisted" and row.fields["peer"] == peer:
                before = [s for t, s in zip(seconds, scores, strict=True) if t <= row.time_ns / 1e9]
                axes.plot(row.time_ns / 1e9, before[-1], "x", color=f"C{number % 10}", markersize=10, mew=3)
    axes.set(xlabel="virtual time [s]", ylabel="score [points]")
    axes.set_ylim(0, 1.08 * max(row.fields["score"] for row in results))
    figure.legend(loc="outside right upper", title="cross: blacklisted")
    plt.close(figure)  # the cell that returns the figure shows it; pyplot would show it again
    return figure


def state_timeline(logs: Mapping[str, SyncLog]) -> Figure:
    """Draw the states of the first node of each run over time, a lane for each run."""
    import matplotlib.pyplot as plt
    from matplotlib.patches import Patch

    if not any(log.of("sync.state") for log in logs.values()):
        raise ValueError("nothing to draw: no node had a state")
    figure, axes = plt.subplots(layout="constrained", figsize=(8.6, 1.6 + 0.45 * len(logs)))
    seen: dict[str, None] = {}
    for lane, log in enumerate(logs.values()):
        for state, begun_s, ended_s in _states(log):
            colour, hatch = STATE_COLOURS[state]
            seen[state] = None
            axes.broken_barh(
                [(begun_s, ended_s - begun_s)],
                (lane - 0.38, 0.76),
                color=colour,
                hatch=hatch,
                edgecolor="white",
                linewidth=0.3,
            )
    axes.set(xlabel="virtual time [s]", yticks=range(len(logs)), yticklabels=list(logs))
    axes.invert_yaxis()
    axes.grid(visible=False)
    patches = [
        Patch(facecolor=STATE_COLOURS[state][0], hatch=STATE_COLOURS[state][1], label=state.replace("_", " "))
        for state in STATE_COLOURS
        if state in seen
    ]
    figure.legend(handles=patches, loc="outside upper center", ncols=len(patches))
    plt.close(figure)  # the cell that returns the figure shows it; pyplot would show it again
    return figure


def _shade_faults(axes: Axes, log: SyncLog) -> None:
    begun: dict[tuple[str, Any], float] = {}
    labelled: set[str] = set()
    for row in log.faults:
        fault = row.fields["fault"]
        key = fault, row.fields["nodes"]
        if row.kind == "fault.begin":
            begun[key] = row.time_ns / 1e9
            continue
        start_s, end_s = begun.pop(key), row.time_ns / 1e9
        label = None if fault in labelled else fault.replace("_", " ")
        labelled.add(fault)
        if end_s > start_s:
            axes.axvspan(start_s, end_s, color=FAULT_COLOURS[fault], alpha=0.2, label=label)
        else:
            axes.axvline(start_s, color=FAULT_COLOURS[fault], linestyle=":", label=label)


def _heights(rows: Iterable[Any]) -> list[tuple[float, int]]:
    """Return (seconds, height) of a node wherever its height changed, recoveries and rollbacks included."""
    points = [(0.0, 0)]
    for row in rows:
        if row.kind in ("sync.imported", "store.recovered", "store.truncate"):
            points.append((row.time_ns / 1e9, row.fields["height"]))
    return points


def _states(log: SyncLog) -> list[tuple[str, float, float]]:
    """Return (state, begin, end) of the first node, in seconds; while it is down it has none."""
    spans: list[tuple[str, float, float]] = []
    state, since_s = "", 0.0
    for row in next(iter(log.nodes.values()), []):
        if row.kind not in ("sync.state", "node.crash"):
            continue
        now_s = row.time_ns / 1e9
        if state and now_s > since_s:
            spans.append((state, since_s, now_s))
        state, since_s = ("" if row.kind == "node.crash" else row.fields["state"]), now_s
    if state and log.end_ns / 1e9 > since_s:
        spans.append((state, since_s, log.end_ns / 1e9))
    return spans
