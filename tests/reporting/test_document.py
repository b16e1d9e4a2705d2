"""Every format renders one document, so what is missing here is missing everywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from alyslab.batch.gateway import read_run
from alyslab.checkers import Verdict
from alyslab.reporting.document import report_document, run_name, sentence
from tests.batch.lab import FAIL, PASS, RUN, UNSEEN, glued, scrap, write_run


def document_of(tmp_path: Path, **update: object) -> dict[str, Any]:
    outputs = {"one": glued(Verdict((PASS, FAIL, UNSEEN))), "two": None}
    run = read_run(write_run(tmp_path / "r1", outputs, **update))
    return report_document(run, run.decide())


def test_a_document_is_plain_json_with_what_is_needed_to_replay(tmp_path: Path) -> None:
    """A program that reads it must not need alyslab."""
    document = json.loads(json.dumps(document_of(tmp_path), allow_nan=False))

    assert (document["verdict"], document["exit_code"], document["seed"]) == ("fail", 1, 7)
    assert document["counts"] == {"notebooks": 2, "passed": 1, "failed": 1, "inconclusive": 1}
    assert document["notebooks"][0]["runs"] == [RUN | {"times": 1}]
    assert document["notebooks"][1]["error"]["cell"] == 2
    assert [check["status"] for check in document["notebooks"][0]["checks"]] == [
        "pass",
        "fail",
        "inconclusive",
    ]


def test_required_checks_are_marked(tmp_path: Path) -> None:
    """An inconclusive check that broke the gate must be told from one that did not."""
    document = document_of(tmp_path, required_checks=("one:heads*",))

    checks = document["notebooks"][0]["checks"]
    assert [check["required"] for check in checks] == [False, False, True]


def test_a_sentence_says_what_was_seen_and_what_was_promised(tmp_path: Path) -> None:
    """It stands in every format."""
    checks = document_of(tmp_path)["notebooks"][0]["checks"]

    assert [sentence(check) for check in checks] == [
        "observed 4, promised >= 1",
        "observed 3 s, promised <= 2 s",
        "not built",
    ]


def test_a_run_made_twice_is_told_once_and_a_different_one_apart(tmp_path: Path) -> None:
    """Tokens fill lines; but one token with two digests is what a reader must see."""
    runs = [RUN, RUN, RUN | {"digest": "other"}]
    outputs = [scrap("provenance", {"runs": runs}), scrap("verdict", Verdict((PASS,)).as_dict())]
    run = read_run(write_run(tmp_path / "r1", {"one": outputs}))

    found = report_document(run, run.decide())["notebooks"][0]["runs"]

    assert [(entry["digest"], entry["times"]) for entry in found] == [("d1", 2), ("other", 1)]
    assert run_name(found[0]) == "flood (made 2 times)"
