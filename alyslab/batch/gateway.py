"""The way back from executed notebooks to data: scraps are read, checked and made tidy here only.

scrapbook's own readers let later notebooks overwrite earlier ones, key them
by file stem, and turn NaN into text; its frames break on pandas 2.  An
executed notebook is plain JSON, so this module needs none of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alyslab.batch.executed import NotebookScraps, read_scraps
from alyslab.batch.gate import Decision, Outcome, gate
from alyslab.batch.manifest import Manifest, read_manifest

if TYPE_CHECKING:
    import pandas as pd


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
                "problem": scraps.problem,
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
        notebooks=tuple(read_scraps(path, entry) for entry in manifest.notebooks),
        summary=read_scraps(path, manifest.summary),
    )


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
