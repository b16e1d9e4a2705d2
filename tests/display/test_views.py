from __future__ import annotations

from types import SimpleNamespace

import pandas as pd

from alyslab.checkers.verdict import Check, Verdict
from alyslab.config import load_config
from alyslab.display import configuration_table, determinism_table, frame_table, verdict_table

HELD = Check(name="held", observed=3, comparison="<=", limit=4, unit="ms", source="a document")
BROKEN = Check(name="broken", observed=5, comparison="<=", limit=4, evidence=({"seq": 17, "kind": "<b>"},))
UNSEEN = Check(name="unseen", observed=None, comparison="==", limit=True, note="nothing happened")


def test_a_verdict_says_each_result_in_words_and_symbol():
    """Colour alone does not reach everybody, and not a text terminal."""
    table = verdict_table(Verdict((HELD, BROKEN, UNSEEN)))
    assert table.title == "Verdict: ✗ fail"
    assert [row[1] for row in table.rows] == ["✓ pass", "✗ fail", "? inconclusive"]
    assert table.tones == {0: "good", 1: "bad", 2: "unsure"}
    for words in ("✓ pass", "✗ fail", "? inconclusive", "not observed", "<= 4", "== yes", "a document"):
        assert words in repr(table)


def test_evidence_and_notes_stand_below_the_verdict():
    """A failed check without the event that failed it sends the reader searching."""
    table = verdict_table(Verdict((HELD, BROKEN, UNSEEN)))
    assert [summary for summary, _ in table.details] == ["evidence against: broken", "note on: unseen"]
    assert '"seq": 17' in repr(table)
    assert "<b>" not in table._repr_html_()


def test_an_empty_verdict_is_inconclusive():
    """No check is no success."""
    assert verdict_table(Verdict()).title == "Verdict: ? inconclusive"


def test_the_configuration_shows_every_key_with_its_origin():
    """A reader must see what was in force, and which file or variable to change."""
    config = load_config(environ={"ALYSLAB__METRICS__SAMPLE_INTERVAL_S": "2.5"})
    rows = {key: (value, origin) for key, value, origin in configuration_table(config).rows}
    assert rows.keys() == config.origins.keys()
    value, origin = rows["metrics.sample_interval_s"]
    assert value == 2.5
    assert "ALYSLAB__METRICS__SAMPLE_INTERVAL_S" in origin


def test_a_value_whose_origin_is_unknown_says_so():
    """Better no origin than a wrong one; None is shown as set to none, not as unseen."""
    config = SimpleNamespace(origins={}, model_dump=lambda: {"a": {"b": None}})
    assert configuration_table(config).rows == (("a.b", "none", "unknown"),)


def test_equal_digests_are_said_to_be_the_same():
    """The first digest is the reference, the others are held against it."""
    table = determinism_table({"here": "aa", "there": "aa"})
    assert table.title == "One run, 2 places, 1 distinct digest"
    assert [row[2] for row in table.rows] == ["reference", "✓ same"]


def test_a_different_digest_is_marked_and_counted():
    """The one row that matters must be found at a glance, and without colour."""
    table = determinism_table({"here": "aa", "there": "bb", "again": "aa"})
    assert table.title == "One run, 3 places, 2 distinct digests"
    assert [row[2] for row in table.rows] == ["reference", "✗ different", "✓ same"]
    assert table.tones[1] == "bad"


def test_a_frame_is_shown_with_plain_numbers():
    """numpy's scalars are numbers to a reader, whatever their type says."""
    table = frame_table(pd.DataFrame({"block": [1], "reach_ms": [1718.66]}), "Times")
    assert table.rows == ((1, 1718.66),)
    assert "alyslab-number" in table._repr_html_()
