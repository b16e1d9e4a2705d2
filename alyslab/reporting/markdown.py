"""The report as Markdown, for a pull request or a job summary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from alyslab.reporting.document import run_name, sentence

SYMBOLS: Mapping[str, str] = {"pass": "✓", "fail": "✗", "inconclusive": "?", "missing": "✗"}
"""A symbol beside each verdict's word."""


def report_markdown(document: Mapping[str, Any]) -> str:
    """Return the report as Markdown: the verdict, its reasons, then a table of checks for each notebook."""
    counts = document["counts"]
    lines = [
        f"# {SYMBOLS[document['verdict']]} {document['verdict']}: run {document['run_id']}",
        "",
        f"{counts['notebooks']} notebooks; checks: {counts['passed']} passed, {counts['failed']} failed, "
        f"{counts['inconclusive']} inconclusive.",
        "",
        *_pairs(document),
    ]
    if document["reasons"]:
        lines += ["", "## Why the gate does not hold", ""]
        lines += [f"- {_line(_reason(reason))}" for reason in document["reasons"]]
    for notebook in document["notebooks"]:
        lines += ["", *_notebook(notebook)]
    return "\n".join(lines) + "\n"


def _pairs(document: Mapping[str, Any]) -> list[str]:
    seed = document["seed"] if document["seed"] is not None else "differs by notebook"
    commit = document["git_commit"] or "not in a git checkout"
    versions = ", ".join(f"{name} {version}" for name, version in document["versions"].items())
    return [
        f"- profile: {document['profile']}",
        f"- seed: {seed}",
        f"- commit: {commit}",
        f"- versions: {versions}",
    ]


def _reason(reason: Mapping[str, Any]) -> str:
    check = f", {reason['check']}" if reason["check"] else ""
    return f"{reason['id']}{check}: {reason['what']}"


def _notebook(notebook: Mapping[str, Any]) -> Iterable[str]:
    verdict = notebook["verdict"]
    yield f"## {SYMBOLS[verdict]} {notebook['id']}: {verdict}"
    yield ""
    yield f"{notebook['state'].replace('_', ' ')} in {notebook['duration_s'] or 0:.1f} s"
    for problem in notebook["problems"]:
        yield f"- {_line(problem)}"
    if notebook["error"]:
        yield from _error(notebook["error"])
    if notebook["checks"]:
        yield from ("", "| | check | what was seen |", "|---|---|---|")
    for check in notebook["checks"]:
        status = f"{SYMBOLS[check['status']]} {check['status']}"
        yield f"| {status} | {_line(check['name'])} | {_line(sentence(check))} |"
    if notebook["runs"]:
        yield ""
    for run in notebook["runs"]:
        yield f"- {_line(run_name(run))}: `alyslab replay {_line(run['token'])}`"


def _error(error: Mapping[str, Any]) -> Iterable[str]:
    cell = f"cell {error['cell']}: " if error["cell"] else ""
    yield from ("", f"{cell}{_line(error['message'])}")
    body = "\n\n".join(part for part in (error["source"], error["output"]) if part)
    if body:
        # A fence longer than any in the text can't be closed by it.
        longest = max((len(run) for run in re.findall("`+", body)), default=0)
        fence = "`" * max(3, longest + 1)
        yield from ("", fence, body, fence)


def _line(text: object) -> str:
    """Return ``text`` as one line that neither breaks a table nor becomes markup."""
    flat = " ".join(str(text).split())
    return re.sub(r"([|<>\\])", r"\\\1", flat)
