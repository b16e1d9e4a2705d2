"""Figures of syncs show what the journal says, and refuse to be empty."""

from __future__ import annotations

import pytest

from alyslab.checkers.sync_log import SyncLog
from alyslab.display.sync import progress_figure, score_figure, state_timeline
from alyslab.display.sync_numbers import (
    policy_table,
    rate_figure,
    rate_rows,
    recovery_figure,
    recovery_frame,
)
from alyslab.harnesses.sync.policy import POLICIES
from alyslab.metrics import MetricRow
from tests.checkers.sync_rows import WORLD, at, blacklisted, done, fault, imported, log, result


def scored(seconds: float, peer: str, score: float, outcome: str = "ok") -> object:
    row = result(seconds, 0, outcome, peer)
    return at(seconds, "sync.result", **{**row.fields, "score": score})


RUN = log(
    at(0.5, "sync.state", state="discovering", previous="idle"),
    at(1, "sync.state", state="blocks", previous="headers"),
    scored(1.5, "peer-0", 60.0),  # type: ignore[arg-type]
    scored(2.5, "peer-1", 20.0, "empty"),  # type: ignore[arg-type]
    blacklisted(2.5, "peer-1"),
    imported(2, 40),
    fault(3, "begin"),
    fault(5, "end"),
    imported(6, 100),
    at(7, "sync.state", state="synced", previous="catching_up"),
    done(7),
)


def test_progress_ends_at_the_height_that_was_imported() -> None:
    """The curve is the node's, the dashed line the source's."""
    axes = progress_figure(RUN).axes[0]
    heights = {line.get_label(): list(line.get_ydata()) for line in axes.lines}

    assert heights["node-0"] == [0, 40, 100, 100]
    assert heights["source"] == [100, 100]
    assert axes.get_xlabel().endswith("[s]")
    assert axes.get_ylabel().endswith("[blocks]")


def test_scores_have_a_curve_for_each_peer_and_a_cross_for_the_blacklist() -> None:
    """A reader finds the liar without its colour."""
    axes = score_figure(RUN).axes[0]
    curves = {line.get_label() for line in axes.lines if not str(line.get_label()).startswith("_")}
    crosses = [line for line in axes.lines if line.get_marker() == "x"]

    assert curves == {"peer-0, honest", "peer-1, honest"}
    assert [(cross.get_xdata()[0], cross.get_ydata()[0]) for cross in crosses] == [(2.5, 20.0)]


def test_states_fill_the_time_between_them() -> None:
    """A bar for each stay, a lane for each run."""
    axes = state_timeline({"one": RUN}).axes[0]
    spans = [path.vertices[:, 0] for bars in axes.collections for path in bars.get_paths()]

    assert [(round(min(span), 2), round(max(span), 2)) for span in spans] == [(0.5, 1.0), (1.0, 7.0)]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["one"]


def test_recoveries_come_from_the_metrics_of_the_phase() -> None:
    """What never ended has no time, and must not be left out for that."""
    rows = [
        MetricRow(metric="recovery_time", value=4.0, unit="s", labels={"kind": "partition", "number": 0}),
        MetricRow(metric="recoveries_never_over", value=1, unit="recoveries", labels={"kind": "partition"}),
        MetricRow(metric="workload_virtual_s", value=9.0, unit="s", labels={"workload": "mixed"}),
    ]
    frame = recovery_frame(rows)

    assert list(frame["kind"]) == ["partition", "partition"]
    assert frame["recovery_s"].isna().sum() == 1
    assert frame["recovery_s"].max() == 4.0


def test_recoveries_are_dots_beside_their_limit() -> None:
    """What never ended is counted in the label, not drawn as if it had."""
    import pandas as pd

    times = pd.DataFrame(
        {"kind": ["partition", "partition", "checkpoint"], "recovery_s": [4.0, float("nan"), 6.0]}
    )
    axes = recovery_figure(times).axes[0]

    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "partition\n1 seen, 1 never",
        "checkpoint\n1 seen",
    ]
    assert [list(line.get_xdata()) for line in axes.lines] == [[4.0], [6.0]]


def test_rates_are_bars_with_numbers() -> None:
    """The number is what is quoted."""
    axes = rate_figure([("a", 1_234.0), ("b", 10.0)], unit="blocks a second").axes[0]

    assert [text.get_text() for text in axes.texts] == ["1,234", "10"]
    assert axes.get_xlabel() == "blocks a second"


def test_nothing_to_draw_is_an_error() -> None:
    """An empty figure looks like a result."""
    import pandas as pd

    nothing = SyncLog.read(WORLD)
    for draw in (
        lambda: progress_figure(nothing),
        lambda: score_figure(nothing),
        lambda: state_timeline({"one": nothing}),
        lambda: recovery_figure(pd.DataFrame({"kind": [], "recovery_s": []})),
        lambda: rate_figure([], unit=""),
    ):
        with pytest.raises(ValueError, match="nothing to draw"):
            draw()


def test_readings_stand_side_by_side() -> None:
    """Contradictions of the documents are what the table is for."""
    table = policy_table(POLICIES)

    assert [row[0] for row in table.rows] == list(POLICIES)
    assert {row[-1] for row in table.rows} == {10, "any"}


def test_rates_are_named_by_their_labels() -> None:
    """And other metrics are left out."""
    rows = [
        MetricRow(metric="rate", value=5.0, unit="blocks/s", labels={"what": "sync", "how": "alone"}),
        MetricRow(metric="other", value=1.0, unit="", labels={}),
    ]

    assert rate_rows(rows, "rate", "what", "how") == [("sync: alone", 5.0)]
