"""CI systems read this file and nothing else."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from alyslab.batch.gateway import read_run
from alyslab.checkers import Check, Verdict
from alyslab.reporting.document import report_document
from alyslab.reporting.junit import junit_xml
from tests.batch.lab import FAIL, PASS, UNSEEN, glued, write_run


def xml_of(tmp_path: Path, *checks: Check, required: tuple[str, ...] = ()) -> ET.Element:
    outputs = {"one": glued(Verdict(checks)), "two": None}
    run = read_run(write_run(tmp_path / "r1", outputs, required_checks=required))
    return ET.fromstring(junit_xml(report_document(run, run.decide())))


def case(root: ET.Element, name: str) -> ET.Element:
    return next(element for element in root.iter("testcase") if element.get("name") == name)


def test_each_check_is_a_test_case_with_its_outcome(tmp_path: Path) -> None:
    """Failed, skipped and passed must be what the verdicts say."""
    root = xml_of(tmp_path, PASS, FAIL, UNSEEN)

    assert list(case(root, PASS.name)) == []
    assert [child.tag for child in case(root, FAIL.name)] == ["failure"]
    assert [child.tag for child in case(root, UNSEEN.name)] == ["skipped"]
    names = ("tests", "failures", "errors", "skipped")
    # The three checks, and for each of three notebooks that it ran.
    assert [root.get(name) for name in names] == ["6", "1", "1", "1"]


def test_a_failure_carries_its_evidence_and_how_to_replay_it(tmp_path: Path) -> None:
    """Who sees the failure in CI starts from there."""
    failure = case(xml_of(tmp_path, FAIL), FAIL.name)[0]

    assert failure.get("message") == "observed 3 s, promised <= 2 s"
    assert '"seq": 17' in (failure.text or "")
    assert "replay: alys1-abc" in (failure.text or "")


def test_a_required_check_that_saw_nothing_is_a_failure(tmp_path: Path) -> None:
    """It broke the gate; a skipped case would hide that."""
    (child,) = case(xml_of(tmp_path, UNSEEN, required=("one:*",)), UNSEEN.name)

    assert (child.tag, child.get("type")) == ("failure", "required, but inconclusive")


def test_a_required_check_that_is_absent_is_a_failure(tmp_path: Path) -> None:
    """A gate that does not hold must have a case that says why."""
    root = xml_of(tmp_path, PASS, required=("one:gone",))

    assert case(root, "no check matches the required 'one:gone'").find("failure") is not None


def test_a_notebook_that_died_is_an_error_with_its_cell(tmp_path: Path) -> None:
    """It has no checks, and would otherwise vanish from the count."""
    error = xml_of(tmp_path, PASS).find(".//error")

    assert error is not None
    assert error.get("type") == "died"
    assert "boom()" in (error.text or "")


@pytest.mark.parametrize("text", ["a\x1b[31mb", "\x00", "\ud800", "]]>", "<&\"'>", "\ufffe"])
def test_any_text_gives_valid_xml(tmp_path: Path, text: str) -> None:
    """Terminal colours in a message would make the whole file unreadable."""
    check = Check(name=f"n{text}", observed=1, comparison="==", limit=2, note=text, unit=text)
    outputs = {"one": glued(Verdict((check,)))}
    run = read_run(write_run(tmp_path / "r1", outputs))

    assert ET.fromstring(junit_xml(report_document(run, run.decide()))).get("failures") == "1"
