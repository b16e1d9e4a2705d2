"""The figures of chaos show what they are given."""

from __future__ import annotations

import pandas as pd

from alyslab.display.chaos import FAMILY_STYLES, heat_map, plan_timeline, score_figure, shrink_figure

SPANS = [
    {"entry": "e1", "fault": "process.pause", "family": "process", "begin_s": 3.0, "end_s": 5.0},
    {"entry": "e2", "fault": "storage.bit_rot", "family": "storage", "begin_s": 4.0, "end_s": 4.0},
]


def test_the_timeline_has_a_bar_for_each_fault_and_both_measures() -> None:
    """A fault that happens at once must be seen too."""
    service = pd.DataFrame({"time_s": [1.0, 2.0], "available_ratio": [1.0, 0.5], "done_per_s": [4.0, 2.0]})
    views = {"member-0": [(0.0, 3.0), (5.0, 6.0)], "member-1": []}
    figure = plan_timeline(SPANS, service, {"steady": 0.0, "faults": 3.0}, views)
    upper, middle, lower, share = figure.axes

    assert [label.get_text() for label in upper.get_yticklabels()] == [
        "e1 process.pause",
        "e2 storage.bit_rot",
    ]
    assert len(upper.collections) == 2
    assert [label.get_text() for label in middle.get_yticklabels()] == ["member-0", "member-1"]
    assert [len(bars.get_paths()) for bars in middle.collections] == [2, 0]
    assert [text.get_text() for text in upper.get_legend().get_texts()] == ["process", "storage"]
    assert list(lower.get_lines()[0].get_ydata()) == [4.0, 2.0]
    assert list(share.get_lines()[0].get_ydata()) == [1.0, 0.5]
    assert "[s]" in lower.get_xlabel()


def test_scores_are_drawn_with_their_intervals() -> None:
    """A mean without its interval says too much."""
    families = pd.DataFrame(
        {"family": ["clock"], "runs": [3], "score_mean": [0.5], "score_low": [0.4], "score_high": [0.7]}
    )
    (axes,) = score_figure(families).axes

    assert [label.get_text() for label in axes.get_yticklabels()] == ["clock (n=3)"]
    assert axes.containers


def test_the_heat_map_leaves_empty_what_was_not_run() -> None:
    """Nothing run must not look like a score."""
    runs = pd.DataFrame(
        {"system": ["actors", "quorum"], "family": ["process", "clock"], "score": [0.5, 0.25], "seed": [1, 1]}
    )
    axes = heat_map(runs).axes[0]

    assert sorted(text.get_text() for text in axes.texts) == ["0.25", "0.50"]


def test_shrinking_is_drawn_as_what_is_left() -> None:
    """With both numbers beside the bar."""
    (axes,) = shrink_figure(
        {"entries": 20, "nodes": 5, "choices": 0}, {"entries": 2, "nodes": 5, "choices": 0}
    ).axes

    assert [text.get_text() for text in axes.texts] == ["20 → 2", "5 → 5"]


def test_families_can_be_told_apart_without_colour() -> None:
    """Not every reader sees colours."""
    assert len({hatch for _, hatch in FAMILY_STYLES.values()}) == len(FAMILY_STYLES)
