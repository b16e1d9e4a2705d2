"""The space-time diagram of a run under faults shows what the scene holds, and nothing else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from alyslab.display.chaos_scene import scene_figure


def arrow(sender: str, receiver: str, lost: str = "") -> SimpleNamespace:
    return SimpleNamespace(sender=sender, receiver=receiver, sent_s=1.0, ended_s=1.1, lost=lost)


def scene(**fields: Any) -> SimpleNamespace:
    usual: dict[str, Any] = {
        "begin_s": 0.9,
        "end_s": 1.5,
        "at_s": 1.2,
        "what": "the last fault is healed",
        "members": ("a", "b"),
        "hits": (("a", "process.pause", 0.9, 1.2),),
        "arrows": (arrow("a", "b"),),
        "done": (("b", 1.3),),
    }
    return SimpleNamespace(**{**usual, **fields})


def labels(figure: Any) -> list[str]:
    return [text.get_text() for text in figure.axes[0].get_legend().get_texts()]


def test_each_member_has_a_lane_and_each_thing_its_sign() -> None:
    """A reader must see who was hit, who was sent what, and who served."""
    figure = scene_figure(scene(), title="Broken: it converges")
    (axes,) = figure.axes

    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    assert axes.get_title(loc="left") == "Broken: it converges"
    assert labels(figure) == ["process.pause", "message", "done for a client"]
    assert "the last fault is healed" in [text.get_text() for text in axes.texts]


def test_a_lost_message_is_told_from_one_that_arrived() -> None:
    """A partition shows in what did not arrive."""
    figure = scene_figure(scene(arrows=(arrow("a", "b", lost="e1/0"),)))

    assert "lost" in labels(figure)
    assert any(line.get_marker() == "x" for line in figure.axes[0].get_lines())


def test_what_is_no_member_gets_no_lane() -> None:
    """Users and miners beside a federation are not hit by its plan."""
    figure = scene_figure(scene(arrows=(arrow("user-0", "a"),), done=()))

    assert labels(figure) == ["process.pause", "message"]
    assert len(figure.axes[0].get_yticklabels()) == 2
