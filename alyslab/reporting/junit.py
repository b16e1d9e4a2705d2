"""The report as JUnit XML, which CI systems show: one test case for each check."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any

from alyslab.reporting.document import sentence

# Everything outside XML 1.0's character range, such as a terminal's escape.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(document: Mapping[str, Any]) -> str:
    """Return the report as JUnit XML.

    A check that saw nothing is skipped, or fails where the profile requires
    it.  A notebook without a good end or a sound verdict is one test case
    with an error, which carries the failed cell.
    """
    root = ET.Element("testsuites", name=_clean(f"alyslab {document['run_id']}"))
    # The summary's checks repeat the others', so it has but the case that it ran.
    for notebook in (*document["notebooks"], {**document["summary"], "checks": []}):
        reasons = [reason for reason in document["reasons"] if reason["id"] == notebook["id"]]
        root.append(_suite(notebook, reasons, document["started_at"]))
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(notebook: Mapping[str, Any], reasons: list[Mapping[str, Any]], started_at: str) -> ET.Element:
    suite = ET.Element("testsuite", name=_clean(notebook["id"]), timestamp=started_at)
    suite.set("time", f"{notebook['duration_s'] or 0:.3f}")
    _properties(suite, notebook)
    # The run's own end is a claim too: without it a notebook that lost its verdict would have no case.
    case = ET.SubElement(suite, "testcase", classname=_clean(notebook["id"]), name="ran to a verdict")
    for reason in reasons:
        if reason["kind"] == "notebook":
            _error(case, notebook, reason["what"])
        elif reason["kind"] == "required" and reason["check"] is None:
            said = _clean(reason["what"])
            absent = ET.SubElement(suite, "testcase", classname=_clean(notebook["id"]), name=said)
            ET.SubElement(absent, "failure", type="required, but absent", message=said)
    for check in notebook["checks"]:
        _case(suite, notebook, check)
    kinds = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}
    for attribute, tag in kinds.items():
        suite.set(attribute, str(sum(1 for _ in suite.iter(tag))))
    return suite


def _properties(suite: ET.Element, notebook: Mapping[str, Any]) -> None:
    properties = ET.SubElement(suite, "properties")
    values = {
        **notebook["parameters"],
        **{f"token {i}": run["token"] for i, run in enumerate(notebook["runs"])},
    }
    for name, value in values.items():
        ET.SubElement(properties, "property", name=_clean(name), value=_clean(str(value)))


def _case(suite: ET.Element, notebook: Mapping[str, Any], check: Mapping[str, Any]) -> None:
    case = ET.SubElement(suite, "testcase", classname=_clean(notebook["id"]), name=_clean(check["name"]))
    said = _clean(sentence(check))
    if check["status"] == "inconclusive" and not check["required"]:
        ET.SubElement(case, "skipped", message=said)
    elif check["status"] != "pass":
        kind = "broken promise" if check["status"] == "fail" else "required, but inconclusive"
        failure = ET.SubElement(case, "failure", type=kind, message=said)
        lines = [json.dumps(event, ensure_ascii=False) for event in check["evidence"]]
        tokens = [f"replay: {run['token']}" for run in notebook["runs"]]
        failure.text = _clean("\n".join([said, *lines, *tokens]))


def _error(case: ET.Element, notebook: Mapping[str, Any], said: str) -> None:
    error = notebook["error"] or {}
    element = ET.SubElement(case, "error", type=notebook["state"], message=_clean(said))
    if error.get("cell"):
        element.text = _clean(f"cell {error['cell']}:\n{error['source']}\n\n{error['output']}")


def _clean(text: str) -> str:
    return _ILLEGAL.sub("�", text)
