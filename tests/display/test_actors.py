from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from alyslab.checkers.fifo import check_fifo
from alyslab.checkers.mailboxes import depths
from alyslab.checkers.supervision_log import SupervisionLog
from alyslab.display.actors import (
    depth_figure,
    lifecycle_timeline,
    load_figure,
    median_interval,
    recovery_figure,
)
from alyslab.display.spacetime import spacetime_diagram
from alyslab.harnesses.actor.workloads import WORKLOADS
from alyslab.runtime import Journal


class NoClock:
    now_ns = 0


def texts(figure: Any) -> str:
    return " ".join(
        [label.get_text() for axes in figure.axes for label in axes.get_yticklabels()]
        + [axes.get_title(loc) for axes in figure.axes for loc in ("left", "center")]
        + [axes.get_xlabel() for axes in figure.axes]
    )


def test_the_timeline_has_a_lane_for_each_actor() -> None:
    """A reader finds an actor by its name, and time by its unit."""
    journal = WORKLOADS["cascade"].run(1).run.journal

    shown = texts(lifecycle_timeline(SupervisionLog.read(journal)))

    assert all(f"link-{number}" in shown for number in range(4))
    assert "[s]" in shown


def test_the_diagram_draws_the_message_that_breaks_the_promise() -> None:
    """A violation that is not marked has to be searched for again."""
    outcome = WORKLOADS["causality"].run(7, planted=["actor.causal_overtaking"])
    evidence = next(check.evidence for check in outcome.verdict.failed if check.evidence)

    figure = spacetime_diagram(evidence, title="broken")
    widths = {round(text.arrow_patch.get_linewidth(), 1) for text in figure.axes[0].texts if text.arrow_patch}

    assert "way-goal" in texts(figure)
    assert widths == {1.2, 2.2}


def test_messages_of_one_moment_share_a_label() -> None:
    """Two numbers on each other can't be read."""
    sent = {"sender": "a", "receiver": "b", "started_ns": 5_000_000, "ended_ns": 9_000_000}
    evidence = [{**sent, "sequence": n, "sent_ns": at} for n, at in ((1, 0), (2, 10_000), (3, 4_000_000))]

    shown = [text.get_text() for text in spacetime_diagram(evidence).axes[0].texts if text.get_text()]

    assert shown == ["1, 2", "3"]


def test_load_is_shown_with_the_interval_of_its_seeds() -> None:
    """One run is no throughput."""
    rows = [("reject", 100.0, handled) for handled in (80.0, 90.0, 100.0, 95.0)]
    frame = pd.DataFrame(rows, columns=["policy", "offered_per_s", "handled_per_s"])

    (bar,) = load_figure(frame).axes[0].containers
    ((x, low), (_, high)) = bar[2][0].get_segments()[0]

    assert x == 100.0
    assert 80.0 <= low < 92.5 < high <= 100.0


def test_depth_and_load_say_what_they_show() -> None:
    """A bound that is not drawn can't be seen to hold."""
    journal = WORKLOADS["overflow"].run(1, messages=10).run.journal
    depth = {d.actor: d for d in depths(journal)}
    frame = pd.DataFrame({"policy": ["x"], "offered_per_s": [2.0], "handled_per_s": [1.0]})

    assert "at most 20 wait, 20 fit" in texts(depth_figure({"backpressure": depth["narrow"]}, capacity=20))
    assert "offered [messages/s, virtual]" in texts(load_figure(frame))


def test_an_interval_holds_its_median() -> None:
    """Seven equal values leave nothing to doubt; spread ones do."""
    low, median, high = median_interval([1.0, 2.0, 3.0, 4.0, 100.0])

    assert low <= median == 3.0 <= high
    assert median_interval([5.0] * 7) == (5.0, 5.0, 5.0)
    assert "logarithmic" in texts(recovery_figure(pd.DataFrame({"policy": ["a"], "recovery_ms": [1.0]})))


def test_nothing_is_drawn_of_nothing() -> None:
    """An empty picture looks like a quiet system."""
    empty = pd.DataFrame({"policy": [], "recovery_ms": []})

    with pytest.raises(ValueError, match="nothing to draw"):
        lifecycle_timeline(SupervisionLog.read(Journal(NoClock())))
    with pytest.raises(ValueError, match="nothing to draw"):
        spacetime_diagram(check_fifo(Journal(NoClock())).checks[0].evidence)
    with pytest.raises(ValueError, match="nothing to draw"):
        recovery_figure(empty)
    with pytest.raises(ValueError, match="nothing to draw"):
        depth_figure({}, capacity=1)
    with pytest.raises(ValueError, match="nothing to draw"):
        load_figure(empty)
