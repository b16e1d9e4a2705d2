"""Figures of properties show what was generated and how soon defects fell, and refuse to show nothing."""

from __future__ import annotations

import pytest

from alyslab.display.property import distributions_figure, hunts_figure


def test_each_panel_shows_its_counts():
    """A distribution that is drawn wrong hides that a property is vacuous."""
    figure = distributions_figure({"blocks": {1: 3, 5: 7}, "fault mix": {"none": 2, "crash": 9}})
    first, second = (axes for axes in figure.axes if axes.get_visible())

    assert {(round(bar.get_x() + bar.get_width() / 2), bar.get_height()) for bar in first.patches} == {
        (1, 3),
        (5, 7),
    }
    assert [bar.get_width() for bar in second.patches] == [2, 9]
    assert [label.get_text() for label in second.get_yticklabels()] == ["none", "crash"]


def test_each_defect_stands_at_its_number_of_cases():
    """The reader compares with both bounds."""
    figure = hunts_figure([("a.one", "P", 12.0), ("a.two", "Q", None)], limit=1000, median_limit=100)
    (axes,) = figure.axes

    assert {label.get_text() for label in axes.get_yticklabels()} == {"a.one", "a.two"}
    drawn = {line.get_xdata()[0]: line.get_marker() for line in axes.lines if len(line.get_xdata()) == 1}
    assert drawn[12.0] == "o"
    assert drawn[1000] == "x"


def test_nothing_is_not_drawn():
    """An empty figure would look like a result."""
    with pytest.raises(ValueError, match="nothing to draw"):
        distributions_figure({"blocks": {}})
    with pytest.raises(ValueError, match="nothing to draw"):
        hunts_figure([], limit=1000, median_limit=100)
