"""Small notebooks, parameter folders and run directories for tests, none of which needs a kernel to make."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from alyslab.batch.glue import MIME, SCRAP_VERSION
from alyslab.batch.manifest import Asked, Failure, Manifest, NotebookEntry
from alyslab.batch.notebook import SUMMARY
from alyslab.checkers import Check, Verdict

PARAMETERS = 'seed: int = 1\nprofile: str = "quick"\npeers: int = 4'
SUMMARY_PARAMETERS = 'run_dir: str = "."\nprofile: str = "quick"\nrequired_checks: list[str] = []'
SET_UP = """\
from alyslab.batch.experiment import Experiment
from alyslab.checkers import Check, Verdict
experiment = Experiment("small", seed=seed, profile=profile, peers=peers)"""
PASSING = SET_UP + (
    '\nverdict = Verdict((Check(name="peers answer", observed=peers, comparison=">=", limit=1),))'
    '\nexperiment.finish(verdict, [{"metric": "peers_count", "value": peers, "unit": "", "labels": {}}])'
)
GATE = """\
from alyslab.batch.experiment import Experiment
from alyslab.batch.gate import gate
from alyslab.batch.gateway import read_run
decision = gate(read_run(run_dir).outcomes, required_checks)
Experiment("summary", seed=None, profile=profile).finish(decision.verdict(), decision.metrics())"""


def code(
    source: str, *, tags: Sequence[str] = (), outputs: Sequence[Any] = (), count: int | None = None
) -> Any:
    return {
        "cell_type": "code",
        "id": f"c{zlib.crc32(source.encode())}",
        "metadata": {"tags": list(tags)} if tags else {},
        "source": source.splitlines(keepends=True),
        "outputs": list(outputs),
        "execution_count": count,
    }


def document(*cells: Any) -> dict[str, Any]:
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def write_notebook(folder: Path, name: str, *sources: str, parameters: str = PARAMETERS) -> Path:
    """Write a source notebook: a parameters cell, then one cell per source."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.ipynb"
    cells = [code(parameters, tags=("parameters",)), *map(code, sources)]
    path.write_text(json.dumps(document(*cells)))
    return path


def write_lab(root: Path, notebooks: Mapping[str, Sequence[str]], **files: str) -> tuple[Path, Path]:
    """Write notebooks, a summary, and parameter files given as ``base="…"`` or ``profiles__quick="…"``."""
    for name, sources in notebooks.items():
        write_notebook(root / "notebooks", name, *sources)
    write_notebook(root / "notebooks", SUMMARY, GATE, parameters=SUMMARY_PARAMETERS)
    for name, text in {"profiles__quick": "", **files}.items():
        path = root / "parameters" / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root / "notebooks", root / "parameters"


def scrap(name: str, data: Any, version: int = SCRAP_VERSION) -> Any:
    payload = {"name": name, "data": data, "encoder": "json", "version": version}
    return {"output_type": "display_data", "data": {MIME: payload}, "metadata": {}}


PASS = Check(name="peers answer", observed=4, comparison=">=", limit=1, source="a test")
FAIL = Check(
    name="blocks <spread>",
    observed=3.0,
    comparison="<=",
    limit=2.0,
    unit="s",
    evidence=({"seq": 17, "kind": "deliver"},),
)
UNSEEN = Check(name="heads agree", observed=None, comparison="==", limit=True, note="not built")
RUN = {"label": "flood", "seed": 7, "token": "alys1-abc", "digest": "d1", "journal_digest": "d2"}
METRIC = {"metric": "latency_ms", "value": 1.5, "unit": "ms", "labels": {"quantile": "0.5"}}


def glued(verdict: Verdict) -> list[Any]:
    return [
        scrap("metrics", [METRIC]),
        scrap("provenance", {"runs": [RUN]}),
        scrap("verdict", verdict.as_dict()),
    ]


def entry(name: str, **update: Any) -> NotebookEntry:
    values: dict[str, Any] = {
        "id": f"{name}__default__s7",
        "notebook": name,
        "scenario": "default",
        "seed": 7,
        "source_sha256": "0" * 64,
        "parameters": {"seed": 7, "peers": 4},
        "state": "finished",
        "duration_s": 1.25,
    }
    return NotebookEntry(**(values | update))


DIED = Failure(kind="died", message="the kernel died", cell=2, source="boom()", output="before\x1b[0m")


def manifest(run_id: str, *entries: NotebookEntry, **update: Any) -> Manifest:
    values: dict[str, Any] = {
        "run_id": run_id,
        "status": "finished",
        "asked": Asked(profile="quick"),
        "seed": 7,
        "started_at": "2026-01-01T00:00:00+00:00",
        "ended_at": "2026-01-01T00:01:00+00:00",
        "versions": {"python": "3.11.0"},
        "git_commit": None,
        "code_digest": "c" * 64,
        "notebooks": entries,
        "summary": entry(SUMMARY, id=SUMMARY, seed=None),
    }
    return Manifest(**(values | update))


def write_run(directory: Path, outputs: Mapping[str, Sequence[Any] | None], **update: Any) -> Path:
    """Write a run directory whose notebooks have these outputs; ``None`` is a notebook that died."""
    directory.mkdir(parents=True)
    entries = []
    for name, cells in outputs.items():
        died = {"state": "died", "error": DIED} if cells is None else {}
        entries.append(entry(name, **died))
        executed = document(code("x = 1", outputs=cells or (), count=1))
        (directory / f"{name}__default__s7.ipynb").write_text(json.dumps(executed))
    summary = document(code("gate()", outputs=glued(Verdict((PASS,))), count=1))
    (directory / f"{SUMMARY}.ipynb").write_text(json.dumps(summary))
    record = manifest(directory.name, *entries, **update)
    (directory / "run.json").write_text(record.model_dump_json())
    return directory
