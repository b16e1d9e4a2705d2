"""Figures of actors: lives as swim lanes, recovery by policy, mailbox depth, throughput against load."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from alyslab.checkers.mailboxes import Depth
from alyslab.checkers.supervision_log import SupervisionLog

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

STATE_COLOURS: Final = {
    "initializing": ("C9", "////"),
    "running": ("C2", ""),
    "paused": ("C8", "...."),
    "failed": ("C3", "xxxx"),
    "restarting": ("C1", "\\\\\\\\"),
    "stopping": ("0.6", "----"),
}
"""Colour and hatch of each state, so that it needs no colour; a stopped actor has no bar."""
RESAMPLES: Final = 2_000
"""Bootstrap samples of a confidence interval."""


def lifecycle_timeline(log: SupervisionLog, *, actors: Sequence[str] = ()) -> Figure:
    """Draw the states of actors over time, a lane each, with a mark at each failure and each restart.

    Parameters
    ----------
    log
        What :meth:`SupervisionLog.read` read from a journal.
    actors
        Which to draw, from top to bottom; all by default.

    Raises
    ------
    ValueError
        If there is no actor to draw.
    """
    lives = [log.lives[name] for name in actors or log.lives]
    if not lives:
        raise ValueError("nothing to draw: no actor was created")
    import matplotlib.pyplot as plt
    from matplotlib.patches import Patch

    figure, axes = plt.subplots(layout="constrained", figsize=(8.6, 1.4 + 0.42 * len(lives)))
    seen: dict[str, None] = {}
    for lane, life in enumerate(lives):
        begun_ns, state = life.created.time_ns, "initializing"
        for event in [*life.states, None]:
            ended_ns = log.end_ns if event is None else event.time_ns
            if state in STATE_COLOURS and ended_ns > begun_ns:
                colour, hatch = STATE_COLOURS[state]
                seen[state] = None
                span = [(begun_ns / 1e9, (ended_ns - begun_ns) / 1e9)]
                axes.broken_barh(span, (lane - 0.36, 0.72), color=colour, hatch=hatch, edgecolor="white")
            if event is not None:
                begun_ns, state = event.time_ns, event.fields["after"]
        _mark(axes, [event.time_ns for event in life.entered("failed")], lane - 0.42, "x", "C3")
        restarts = [e.time_ns for e in life.entered("initializing")]
        _mark(axes, restarts, lane, "^", "0.1")
    axes.set_yticks(range(len(lives)), [life.name for life in lives])
    axes.invert_yaxis()
    axes.set(xlabel="time since the run began [s]", title="Lives of actors")
    axes.grid(visible=False)
    patches = [
        Patch(facecolor=STATE_COLOURS[name][0], hatch=STATE_COLOURS[name][1], edgecolor="white", label=name)
        for name in STATE_COLOURS
        if name in seen
    ]
    marks = [
        axes.plot([], [], "x", color="C3", label="failure")[0],
        axes.plot([], [], "^", color="0.1", label="restart")[0],
    ]
    axes.legend(handles=[*patches, *marks], loc="upper left", bbox_to_anchor=(1.0, 1.0))
    plt.close(figure)
    return figure


def recovery_figure(frame: pd.DataFrame) -> Figure:
    """Draw recovery times by policy: each one a dot, the median with its bootstrap interval of 95 %.

    ``frame`` has columns ``policy`` and ``recovery_ms``; raises ValueError when it is empty.
    """
    if frame.empty:
        raise ValueError("nothing to draw: nothing recovered")
    import matplotlib.pyplot as plt
    import seaborn as sns

    policies = list(dict.fromkeys(frame["policy"]))
    figure, axes = plt.subplots(layout="constrained", figsize=(8.6, 4.4))
    sns.stripplot(
        data=frame,
        y="policy",
        x="recovery_ms",
        order=policies,
        color="C0",
        alpha=0.35,
        size=5,
        jitter=False,  # it would be drawn by chance that no seed repeats
        ax=axes,
    )
    for lane, policy in enumerate(policies):
        low, median, high = median_interval(frame.loc[frame["policy"] == policy, "recovery_ms"])
        axes.errorbar(
            median,
            lane,
            xerr=[[median - low], [high - median]],
            fmt="D",
            color="C1",
            capsize=5,
            linewidth=2,
            label="median, 95 % interval" if not lane else None,
        )
    axes.set_xscale("log")
    axes.set(
        xlabel="failure to first answered health check [ms, logarithmic]",
        ylabel="",
        title="Recovery by policy",
    )
    axes.legend(loc="lower right")
    plt.close(figure)
    return figure


def median_interval(values: Iterable[float]) -> tuple[float, float, float]:
    """Return (low, median, high): the median and its bootstrap interval of 95 %; draws no chance."""
    import numpy as np

    sample = np.asarray(list(values), float)
    draws = np.random.default_rng(0).choice(sample, (RESAMPLES, len(sample)))
    low, high = np.percentile(np.median(draws, axis=1), [2.5, 97.5])
    median = float(np.median(sample))
    return min(float(low), median), median, max(float(high), median)


def depth_figure(depths: Mapping[str, Depth], *, capacity: int) -> Figure:
    """Draw how many messages waited over time, a line for each overflow policy, against the capacity."""
    if not depths:
        raise ValueError("nothing to draw: nothing ever waited")
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(
        len(depths),
        1,
        layout="constrained",
        figsize=(8.6, 1.35 * len(depths) + 0.6),
        sharex=True,
        sharey=True,
    )
    for axes, (policy, depth) in zip([panels] if len(depths) == 1 else panels, depths.items(), strict=True):
        axes.step(depth.time_ns / 1e6, depth.waiting, where="post", color="C0")
        axes.axhline(capacity, color="C3", linestyle="--", linewidth=1.2)
        axes.set_title(f"{policy}: at most {int(depth.waiting.max())} wait, {capacity} fit", fontsize=11)
        axes.set_ylabel("waiting\n[messages]")
    axes.set_xlabel("time since the run began [ms]")
    plt.close(figure)
    return figure


def load_figure(frame: pd.DataFrame) -> Figure:
    """Draw what is handled against what is offered: the median over seeds and its bootstrap interval of 95 %.

    ``frame`` has columns ``policy``, ``offered_per_s`` and ``handled_per_s``, a
    row for each run; raises ValueError when it is empty.
    """
    if frame.empty:
        raise ValueError("nothing to draw: no load was offered")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(layout="constrained")
    for place, (policy, rows) in enumerate(frame.groupby("policy", sort=False)):
        offered = sorted(set(rows["offered_per_s"]))
        samples = [rows.loc[rows["offered_per_s"] == rate, "handled_per_s"] for rate in offered]
        intervals = [median_interval(sample) for sample in samples]
        axes.errorbar(
            offered,
            [median for _, median, _ in intervals],
            yerr=[[m - low for low, m, _ in intervals], [high - m for _, m, high in intervals]],
            fmt=f"{'os^Dv'[place % 5]}-",
            capsize=4,
            color=f"C{place}",
            label=policy,
            markersize=15 - 3 * place,  # policies often agree: each shows around the next
            markerfacecolor="none",
            markeredgewidth=1.8,
        )
    top = float(frame["offered_per_s"].max())
    axes.plot([0, top], [0, top], color="0.6", linestyle=":", label="all that is offered")
    axes.set(
        xlabel="offered [messages/s, virtual]",
        ylabel="handled [messages/s, virtual]",
        title="Throughput against load: medians with their 95 % intervals",
        ylim=(0, float(frame["handled_per_s"].max()) * 1.25),
    )
    axes.legend(loc="lower right")
    plt.close(figure)
    return figure


def _mark(axes: Any, times_ns: Sequence[int], lane: float, marker: str, colour: str) -> None:
    axes.plot([ns / 1e9 for ns in times_ns], [lane] * len(times_ns), marker, color=colour, markersize=6)
