"""The way back from executed notebooks to data: scraps are read, checked and made tidy here only.

scrapbook's own readers let later notebooks overwrite earlier ones, key them
by file stem, and turn NaN into text; its frames break on pandas 2.  An
executed notebook is plain JSON, so this module needs none of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alyslab.batch.gate import Decision, Outcome, gate
from alyslab.batch.glue import MIME, SCRAP_VERSION
from alyslab.batch.manifest import Manifest, NotebookEntry, read_manifest
from alyslab.batch.scraps import read_metrics, read_provenance, read_verdict
from alyslab.checkers import Verdict
from alyslab.errors import NotebookError, Problem

if TYPE_CHECKING:
    import pandas as pd

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
            problem=problem_text(self),
        )

    @property
    def tokens(self) -> tuple[Mapping[str, Any], ...]:
        """The runs that the notebook noted, each with label, seed, token and digests."""
        return tuple(self.provenance.get("runs", ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunScraps:
    """All that the notebooks of one run directory say."""

    directory: Path
    """Where it was read."""
    manifest: Manifest
    """The run's own record."""
    notebooks: tuple[NotebookScraps, ...]
    """The experiments, in the order of the plan."""
    summary: NotebookScraps
    """The summary notebook."""

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """What the gate needs to know of the experiments."""
        return tuple(scraps.outcome for scraps in self.notebooks)

    def decide(self) -> Decision:
        """Return the gate's decision over the whole run, the summary included."""
        return gate(self.outcomes, self.manifest.required_checks, self.summary.outcome)

    @property
    def checks(self) -> pd.DataFrame:
        """One row per check, with its status as a word."""
        return _frame(_check_rows(self.notebooks), (*_KEYS, *_CHECK_COLUMNS))

    @property
    def metrics(self) -> pd.DataFrame:
        """One row per metric: id, notebook, scenario, seed, metric, value, unit, labels (``k=v, …``)."""
        rows = (
            {
                **_keys(scraps),
                **row,
                "labels": ", ".join(f"{k}={v}" for k, v in sorted(row["labels"].items())),
            }
            for scraps in self.notebooks
            for row in scraps.metrics
        )
        return _frame(rows, (*_KEYS, "metric", "value", "unit", "labels"))

    @property
    def provenance(self) -> pd.DataFrame:
        """One row per simulated run: id, notebook, scenario, seed, label, token, digest, journal_digest."""
        rows = (
            {**{k: run.get(k) for k in ("label", "token", "digest", "journal_digest")}, **_keys(scraps)}
            for scraps in self.notebooks
            for run in scraps.tokens
        )
        return _frame(rows, (*_KEYS, "label", "token", "digest", "journal_digest"))

    @property
    def parameters(self) -> pd.DataFrame:
        """One row per parameter as the runner resolved it: id, notebook, scenario, seed, parameter, value."""
        rows = (
            {**_keys(scraps), "parameter": name, "value": value}
            for scraps in self.notebooks
            for name, value in scraps.entry.parameters.items()
        )
        return _frame(rows, (*_KEYS, "parameter", "value"))

    @property
    def endings(self) -> pd.DataFrame:
        """One row per notebook: id, notebook, scenario, seed, state, verdict, duration_s, problem."""
        rows = (
            {
                **_keys(scraps),
                "state": scraps.entry.state,
                "verdict": scraps.verdict.status if scraps.verdict else "missing",
                "duration_s": scraps.entry.duration_s,
                "problem": problem_text(scraps),
            }
            for scraps in self.notebooks
        )
        return _frame(rows, (*_KEYS, "state", "verdict", "duration_s", "problem"))


def read_run(directory: Path | str) -> RunScraps:
    """Read the scraps of every notebook of a run directory, executed or not.

    Raises
    ------
    RunDirectoryError
        If the directory is not a run's, or its manifest is damaged.  A
        damaged notebook is no exception: it has no verdict, and says why.
    """
    path = Path(directory)
    manifest = read_manifest(path)
    return RunScraps(
        directory=path,
        manifest=manifest,
        notebooks=tuple(_scraps(path, entry) for entry in manifest.notebooks),
        summary=_scraps(path, manifest.summary),
    )


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


def problem_text(scraps: NotebookScraps) -> str:
    """Return in one line why a notebook counts as failed without a failed check, or nothing."""
    error = scraps.entry.error
    parts = [error.message.splitlines()[0]] if error and error.message else []
    return "; ".join([*parts, *scraps.problems])


def _scraps(directory: Path, entry: NotebookEntry) -> NotebookScraps:
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


_KEYS = ("id", "notebook", "scenario", "seed")
_CHECK_COLUMNS = ("check", "status", "observed", "comparison", "limit", "unit", "note")
_STATUS: Mapping[bool | None, str] = {True: "pass", False: "fail", None: "inconclusive"}


def _keys(scraps: NotebookScraps) -> dict[str, Any]:
    return {name: getattr(scraps.entry, name) for name in _KEYS}


def _check_rows(notebooks: tuple[NotebookScraps, ...]) -> Iterator[dict[str, Any]]:
    for scraps in notebooks:
        for check in scraps.verdict.checks if scraps.verdict else ():
            plain = check.as_dict()
            kept = {name: plain[name] for name in ("observed", "comparison", "limit", "unit", "note")}
            yield {**_keys(scraps), "check": check.name, "status": _STATUS[check.passed], **kept}


def _frame(rows: Iterator[dict[str, Any]], columns: tuple[str, ...]) -> pd.DataFrame:
    import pandas as pd

    # Values of several types share a column; objects keep each as it was glued.
    return pd.DataFrame(list(rows), columns=list(columns), dtype=object).infer_objects()
