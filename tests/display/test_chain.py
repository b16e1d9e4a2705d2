"""The chain's tables and figures show what they are given, the bad included."""

from __future__ import annotations

from random import Random

import pandas as pd
import pytest

from alyslab.display import chain
from alyslab.model.contradictions import CONTRADICTIONS
from alyslab.model.facts import facts
from alyslab.model.generate import generate
from alyslab.model.presets import PRESETS
from alyslab.model.scheme import IdealScheme
from alyslab.model.study import FinalityRow, RuleRow, rate_against_size


def _row(height: int, observed: str) -> FinalityRow:
    return FinalityRow(height=height, finalised_height=3, with_pow=False, observed=observed)


def test_a_broken_rule_and_a_missed_defect_stand_out() -> None:
    """A table in which failures look like successes hides them."""
    rows = [RuleRow(rule=name, claim="c", who="everybody", held=name == "good") for name in ("good", "bad")]
    table = chain.rules_table(rows)
    assert [row[-1] for row in table.rows] == ["holds", "BROKEN"]
    assert dict(table.tones) == {1: "bad"}
    found = chain.defects_table({"author_not_checked": "valid blocks rejected", "retarget_rounding": ""})
    assert [row[-1] for row in found.rows] == ["valid blocks rejected", "NOT FOUND"]
    assert dict(found.tones) == {1: "bad"}


def test_only_broken_blocks_stand_among_rejections() -> None:
    """Valid blocks are judged too, in the same journal rows."""
    judged = pd.DataFrame({"expected": ["accepted", "quorum"], "observed": ["accepted", "author"]})
    assert chain.rejections_table(judged).rows == (("quorum", "author"),)


def test_the_halt_is_marked_where_it_is() -> None:
    """The cross is the one thing that the figure is drawn for."""
    frame = chain.finality_frame([_row(4, "accepted"), _row(5, "pow_gap"), _row(5, "accepted")])
    (axes,) = chain.halt_figure(frame).axes
    offered, finalised, cross = axes.get_lines()
    assert list(offered.get_ydata()) == [4, 5, 5]
    assert list(finalised.get_ydata()) == [3, 3, 3]
    assert [list(cross.get_xdata()), list(cross.get_ydata())] == [[2], [5]]


def test_constants_and_blocks_are_shown_by_name() -> None:
    """One column per network; one row per part."""
    table = chain.constants_table(PRESETS)
    assert table.columns == ("constant", *(spec.name for spec in PRESETS))
    signed = generate(Random(1), IdealScheme(), 2).blocks[-1]
    assert dict(chain.block_table(signed).rows)["height"] == 2


def test_facts_and_readings_are_shown_in_full() -> None:
    """What is left out of a table is taken to be absent."""
    table = chain.facts_table(facts())
    assert len(table.rows) == len(facts())
    assert any(row[2] == "harnesses.sync" for row in table.rows)
    assert len(chain.readings_table(CONTRADICTIONS).rows) == len(CONTRADICTIONS)


def test_an_incident_that_happens_again_stands_out() -> None:
    """The row of the scene is marked, the others are not."""
    judged = pd.DataFrame({"subject": ["a", "b"], "expected": ["x", "y"], "observed": ["x", "z"]})
    assert chain.incidents_table(judged).tones == {1: "bad"}


def test_rates_are_summed_up_by_how_signatures_are_checked() -> None:
    """Times come from the clock, so that each quantile is known here."""
    times = iter(range(1_000))
    timed = rate_against_size(Random(1), lambda: float(next(times)), blocks=3, transactions_most=2)
    frame = chain.rate_frame(timed)
    assert len(frame) == 9
    summary = chain.rate_summary(frame)
    assert list(summary["how"]) == ["one by one", "in batches", "without signatures"]
    assert summary["p50_ms"].tolist() == pytest.approx([1000, 500, 1000])
    metrics = chain.rate_metrics(summary)
    assert [row["metric"] for row in metrics[:3]] == [
        "validated_blocks_per_s",
        "validation_ms_p50",
        "validation_ms_p99",
    ]
    assert summary["blocks_per_s"].tolist() == pytest.approx([1, 2, 1])
    assert {"height", "size_kb", "transactions", "validation_ms"} <= set(frame.columns)
    assert frame["height"].tolist()[:3] == [2, 3, 4]
    assert len(chain.rate_figure(frame).axes) == 1
