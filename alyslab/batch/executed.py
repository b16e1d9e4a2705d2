"""One executed notebook of a run: how it ended, and the scraps that it glued, read and checked.

An executed notebook is plain JSON, so nothing of papermill or scrapbook is needed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alyslab.batch.gate import Outcome
from alyslab.batch.glue import MIME, SCRAP_VERSION
from alyslab.batch.manifest import NotebookEntry
from alyslab.batch.scraps import read_metrics, read_provenance, read_verdict
from alyslab.checkers import Verdict
from alyslab.errors import NotebookError, Problem

SIZE_BYTES_MAX = 512 * 1024 * 1024
"""An executed notebook larger than this is not read, and so has no verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotebookScraps:
    """One executed notebook of a run: how it ended and what it glued."""

    entry: NotebookEntry
    """What the run's manifest knows of it."""
    verdict: Verdict | None
    """Its verdict, judged again from the observed values; ``None`` if there is no sound one."""
    metrics: tuple[Mapping[str, Any], ...]
    """Rows of metric, value, unit, labels."""
    provenance: Mapping[str, Any]
    """Empty if it was not glued."""
    problems: tuple[str, ...]
    """What is wrong with the scraps, one sentence each."""

    @property
    def id(self) -> str:
        """The stem of the executed notebook."""
        return self.entry.id

    @property
    def outcome(self) -> Outcome:
        """What the gate needs to know of this notebook."""
        entry = self.entry
        return Outcome(
            id=entry.id,
            notebook=entry.notebook,
            state=entry.state,
            verdict=self.verdict,
            problem=self.problem,
        )

    @property
    def tokens(self) -> tuple[Mapping[str, Any], ...]:
        """The runs that the notebook noted, each with label, seed, token and digests."""
        return tuple(self.provenance.get("runs", ()))

    @property
    def problem(self) -> str:
        """In one line, why it counts as failed without a failed check; empty if for nothing."""
        error = self.entry.error
        parts = [error.message.splitlines()[0]] if error and error.message else []
        return "; ".join([*parts, *self.problems])


def read_executed(path: Path) -> Mapping[str, Any]:
    """Return an executed notebook as plain JSON.

    Raises
    ------
    NotebookError
        If it is missing, too large, or no notebook.
    """
    try:
        if path.stat().st_size > SIZE_BYTES_MAX:
            raise NotebookError(Problem(where=str(path), what="is too large to be read"))
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise NotebookError(Problem(where=str(path), what=f"can't be read: {error.strerror}")) from None
    except (ValueError, RecursionError) as error:
        raise NotebookError(Problem(where=str(path), what=f"is not a notebook: {error}")) from None
    if not isinstance(document, dict) or not isinstance(document.get("cells"), list):
        raise NotebookError(Problem(where=str(path), what="is not a notebook"))
    return document


def read_scraps(directory: Path, entry: NotebookEntry) -> NotebookScraps:
    """Return what a notebook of a run glued; one that is damaged has no verdict, and says why."""
    if entry.state in ("pending", "running"):
        return _without(entry, "was not executed")
    try:
        document = read_executed(directory / entry.file)
    except NotebookError as error:
        return _without(entry, error.problems[0].what)
    payloads, problems = _payloads(document)
    names = [name for name, _ in payloads]
    last = dict(payloads)
    verdict: Verdict | None = None
    metrics: tuple[Mapping[str, Any], ...] = ()
    provenance: Mapping[str, Any] = {}
    try:
        if names.count("verdict") > 1:
            problems.append("a verdict was glued more than once")
        elif "verdict" not in names:
            problems.append("no verdict was glued")
        elif names[-1] != "verdict":
            problems.append(f"the scrap {names[-1]!r} was glued after the verdict")
        else:
            verdict = read_verdict(last["verdict"])
        metrics = read_metrics(last.get("metrics", []))
        provenance = read_provenance(last.get("provenance", {}))
    except ValueError as error:
        problems.append(str(error))
        verdict = None
    return NotebookScraps(
        entry=entry, verdict=verdict, metrics=metrics, provenance=provenance, problems=tuple(problems)
    )


def _without(entry: NotebookEntry, problem: str) -> NotebookScraps:
    return NotebookScraps(entry=entry, verdict=None, metrics=(), provenance={}, problems=(problem,))


def _payloads(document: Mapping[str, Any]) -> tuple[list[tuple[str, Any]], list[str]]:
    found: list[tuple[str, Any]] = []
    problems: list[str] = []
    for cell in document["cells"]:
        for output in cell.get("outputs", ()):
            payload = (output.get("data") or {}).get(MIME)
            if payload is None:
                continue
            if not isinstance(payload, dict) or payload.get("version") != SCRAP_VERSION:
                problems.append("a scrap is not of scrapbook's version 1")
            else:
                found.append((str(payload.get("name")), payload.get("data")))
    return found, problems
