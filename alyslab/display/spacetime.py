"""The space-time (Lamport) diagram of a violation: who sent what to whom, and when it was handled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from matplotlib.figure import Figure


NEAR: Final = 0.03
"""Share of the diagram's width within which two labels would lie on each other."""


def spacetime_diagram(evidence: Iterable[Mapping[str, Any]], *, title: str = "") -> Figure:
    """Draw messages as arrows from their sending to their handling, one line for each participant.

    Parameters
    ----------
    evidence
        Messages as the ordering checkers give them as evidence: ``sender``,
        ``receiver``, ``sent_ns``, ``started_ns``, ``ended_ns``, ``number``,
        ``sequence``, and ``breaks`` for the one that breaks the promise.
    title
        What is broken.

    Raises
    ------
    ValueError
        If there is no message to draw.
    """
    messages = [message for message in evidence if "sent_ns" in message and "started_ns" in message]
    if not messages:
        raise ValueError("nothing to draw: the evidence holds no message")
    import matplotlib.pyplot as plt

    lanes = _lanes(messages)
    figure, axes = plt.subplots(layout="constrained", figsize=(8.6, 1.2 + 0.75 * len(lanes)))
    for height in lanes.values():
        axes.axhline(height, color="0.8", linewidth=1, zorder=0)
    for message in sorted(messages, key=lambda each: bool(each.get("breaks"))):
        _draw_message(axes, message, lanes)
    _label(axes, messages, lanes)
    axes.set_yticks(list(lanes.values()), list(lanes))
    axes.set(xlabel="time since the run began [ms]", title=title or "What happened around the violation")
    axes.set_ylim(-0.6, len(lanes) - 0.4)
    axes.grid(visible=False)
    axes.plot([], [], color="C3", linewidth=2.2, label="breaks the promise")
    axes.plot([], [], color="C0", linewidth=1.2, label="other messages; box: in hand")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    plt.close(figure)  # the cell that returns the figure shows it
    return figure


def _lanes(messages: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return a height for each participant: receivers at the bottom, below who sends to them."""
    receivers = dict.fromkeys(message["receiver"] for message in messages)
    senders = dict.fromkeys(message["sender"] for message in messages)
    return {
        name: height for height, name in enumerate([*receivers, *(s for s in senders if s not in receivers)])
    }


def _draw_message(axes: Any, message: Mapping[str, Any], lanes: Mapping[str, int]) -> None:
    breaks = bool(message.get("breaks"))
    colour, width = ("C3", 2.2) if breaks else ("C0", 1.2)
    sent_ms, begun_ms, ended_ms = (message[key] / 1e6 for key in ("sent_ns", "started_ns", "ended_ns"))
    start, end = lanes[message["sender"]], lanes[message["receiver"]]
    arrow = {"arrowstyle": "-|>", "color": colour, "linewidth": width, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=(begun_ms, end), xytext=(sent_ms, start), arrowprops=arrow)
    axes.plot([sent_ms, begun_ms], [start, end], alpha=0)  # annotations do not widen the axes
    axes.plot([begun_ms, ended_ms], [end, end], color=colour, linewidth=7, alpha=0.45, solid_capstyle="butt")


def _label(axes: Any, messages: Iterable[Mapping[str, Any]], lanes: Mapping[str, int]) -> None:
    """Write the places of messages in their streams where they are sent; near ones share a label."""
    times = [message[key] for message in messages for key in ("sent_ns", "started_ns", "ended_ns")]
    near_ns = NEAR * (max(times) - min(times))
    groups: dict[tuple[str, bool], list[list[Mapping[str, Any]]]] = {}
    for message in sorted(messages, key=lambda each: (each["sent_ns"], each["sequence"])):
        upwards = lanes[message["sender"]] < lanes[message["receiver"]]
        found = groups.setdefault((message["sender"], upwards), [])
        if not found or message["sent_ns"] - found[-1][0]["sent_ns"] > near_ns:
            found.append([])
        found[-1].append(message)
    for (sender, upwards), found in groups.items():
        for group in found:
            breaks = any(message.get("breaks") for message in group)
            axes.annotate(
                ", ".join(dict.fromkeys(str(message["sequence"]) for message in group)),
                xy=(group[0]["sent_ns"] / 1e6, lanes[sender]),
                xytext=(0, -13 if upwards else 5),
                textcoords="offset points",
                fontsize=9,
                ha="center",
                color="C3" if breaks else "C0",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.85},
            )
