"""The space-time diagram of a run under faults: a lane for each member, what hit it, what it sent and did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from alyslab.display.chaos import FAMILY_STYLES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CROWD: Final = 80
"""From so many messages on they are drawn faintly."""


def scene_figure(scene: Any, *, title: str = "") -> Figure:
    """Draw a stretch of a run of a plan.

    Bars are faults on a member, arrows messages, crosses losses, diamonds what
    was done for a client.

    Parameters
    ----------
    scene
        An :class:`alyslab.chaos.scene.Scene`; display knows nothing of chaos.
    title
        What is broken.
    """
    import matplotlib.pyplot as plt

    lanes = {member: lane for lane, member in enumerate(scene.members)}
    figure, axes = plt.subplots(layout="constrained", figsize=(9.2, 1.6 + 0.62 * len(lanes)))
    for lane in lanes.values():
        axes.axhline(lane, color="0.8", linewidth=1, zorder=0)
    _draw_faults(axes, scene, lanes)
    _draw_messages(axes, scene, lanes)
    for member, at_s in scene.done:
        if member in lanes:
            axes.plot([at_s], [lanes[member]], marker="D", markersize=6, color="C2", zorder=4)
    axes.axvline(scene.at_s, color="0.25", linestyle=":", linewidth=1.4)
    axes.annotate(
        scene.what,
        (scene.at_s, 1.0),
        xycoords=("data", "axes fraction"),
        fontsize=9,
        ha="center",
        va="bottom",
    )
    _legend(axes, scene)
    axes.set_yticks(list(lanes.values()), list(lanes))
    axes.set(xlabel="time since the run began [s]", xlim=(scene.begin_s, scene.end_s))
    axes.set_ylim(len(lanes) - 0.5, -0.5)
    axes.grid(visible=False)
    axes.set_title(title or "What happened around the violation", loc="left", pad=18)
    plt.close(figure)  # the cell that returns the figure shows it
    return figure


def _draw_faults(axes: Any, scene: Any, lanes: dict[str, int]) -> None:
    for member, fault, begin_s, end_s in scene.hits:
        colour, hatch = FAMILY_STYLES[fault.partition(".")[0]]
        axes.broken_barh(
            [(begin_s, max(end_s - begin_s, 0.002))],
            (lanes[member] - 0.2, 0.4),
            facecolor=colour,
            hatch=hatch,
            edgecolor="white",
            alpha=0.45,
            zorder=1,
        )


def _draw_messages(axes: Any, scene: Any, lanes: dict[str, int]) -> None:
    faint = 0.8 if len(scene.arrows) < CROWD else 0.3
    for arrow in scene.arrows:
        if arrow.sender not in lanes or arrow.receiver not in lanes:
            continue  # machines beside the system, such as users
        begin, end = (arrow.sent_s, lanes[arrow.sender]), (arrow.ended_s, lanes[arrow.receiver])
        if arrow.lost:
            axes.plot(
                [begin[0], end[0]], [begin[1], end[1]], color="C3", linewidth=0.9, linestyle="--", zorder=2
            )
            axes.plot([end[0]], [end[1]], marker="x", markersize=7, color="C3", zorder=3)
        else:
            shape = {
                "arrowstyle": "-|>",
                "color": "C0",
                "linewidth": 0.8,
                "alpha": faint,
                "shrinkA": 0,
                "shrinkB": 0,
            }
            axes.annotate("", end, begin, arrowprops=shape, zorder=2)


def _legend(axes: Any, scene: Any) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Patch(facecolor=FAMILY_STYLES[fault.partition(".")[0]][0], alpha=0.45, label=fault)
        for fault in dict.fromkeys(fault for _, fault, _, _ in scene.hits)
    ]
    handles.append(Line2D([], [], color="C0", label="message", linewidth=1.2))
    if any(arrow.lost for arrow in scene.arrows):
        handles.append(Line2D([], [], color="C3", marker="x", linestyle="--", label="lost"))
    if scene.done:
        handles.append(Line2D([], [], color="C2", marker="D", linestyle="", label="done for a client"))
    axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.0))
