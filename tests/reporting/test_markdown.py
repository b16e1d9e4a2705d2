"""The report in a pull request."""

from __future__ import annotations

from pathlib import Path

from alyslab.batch.gateway import read_run
from alyslab.checkers import Check, Verdict
from alyslab.reporting.document import report_document
from alyslab.reporting.markdown import report_markdown
from tests.batch.lab import DIED, FAIL, PASS, UNSEEN, entry, glued, write_run


def markdown_of(tmp_path: Path, *checks: Check, **update: object) -> str:
    run = read_run(write_run(tmp_path / "r1", {"one": glued(Verdict(checks)), "two": None}, **update))
    return report_markdown(report_document(run, run.decide()))


def test_verdicts_stand_in_words_beside_symbols(tmp_path: Path) -> None:
    """Symbols alone do not reach every reader."""
    text = markdown_of(tmp_path, PASS, FAIL, UNSEEN)

    assert text.startswith("# ✗ fail: run r1\n")
    assert "| ✓ pass | peers answer | observed 4, promised \\>= 1 |" in text
    assert "| ? inconclusive | heads agree | not built |" in text
    assert "`alyslab replay alys1-abc`" in text


def test_text_of_others_stays_text(tmp_path: Path) -> None:
    """A check's name must not break the table or become markup."""
    check = Check(name="a|b\n<img src=x>", observed=1, comparison="==", limit=2)

    assert "a\\|b \\<img src=x\\>" in markdown_of(tmp_path, check)


def test_a_cell_that_holds_a_fence_stays_inside_its_own(tmp_path: Path) -> None:
    """Otherwise the rest of the report would be swallowed."""
    failure = DIED.model_copy(update={"source": "'''\n```\n````\n'''"})

    text = markdown_of(tmp_path, PASS, notebooks=(entry("one"), entry("two", state="died", error=failure)))

    assert text.count("\n`````\n") == 2
