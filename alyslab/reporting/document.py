"""The facts of a report, gathered once as plain JSON; every format renders this."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from alyslab.batch import gate
from alyslab.batch.executed import NotebookScraps
from alyslab.batch.gateway import RunScraps
from alyslab.checkers import Check

FORMAT = "alyslab.report/1"

STATUS: Mapping[bool | None, str] = {True: "pass", False: "fail", None: "inconclusive"}
"""The word for what a check's ``passed`` says."""


def report_document(run: RunScraps, decision: gate.Decision) -> dict[str, Any]:
    """Return everything that a report says about a run; pure."""
    manifest = run.manifest
    return {
        "format": FORMAT,
        "run_id": manifest.run_id,
        "verdict": "pass" if decision.holds else "fail",
        "exit_code": decision.exit_code,
        "status": manifest.status,
        "profile": manifest.asked.profile,
        "seed": manifest.seed,
        "overrides": list(manifest.asked.overrides),
        "required_checks": list(manifest.required_checks),
        "required_elsewhere": list(decision.not_here),
        "started_at": manifest.started_at,
        "ended_at": manifest.ended_at,
        "git_commit": manifest.git_commit,
        "code_digest": manifest.code_digest,
        "versions": manifest.versions,
        "counts": {
            "notebooks": decision.notebooks_count,
            "passed": decision.passed_count,
            "failed": decision.failed_count,
            "inconclusive": decision.inconclusive_count,
        },
        "reasons": [
            {"kind": reason.kind, "id": reason.id, "check": reason.check, "what": reason.what}
            for reason in decision.reasons
        ],
        "notebooks": [_notebook(scraps, manifest.required_checks) for scraps in run.notebooks],
        "summary": _notebook(run.summary, ()),
    }


def _notebook(scraps: NotebookScraps, required: tuple[str, ...]) -> dict[str, Any]:
    entry = scraps.entry
    return {
        "id": entry.id,
        "notebook": entry.notebook,
        "scenario": entry.scenario,
        "seed": entry.seed,
        "state": entry.state,
        "verdict": scraps.verdict.status if scraps.verdict else "missing",
        "duration_s": entry.duration_s,
        "executed_sha256": entry.executed_sha256,
        "error": entry.error.model_dump() if entry.error else None,
        "problems": list(scraps.problems),
        "parameters": entry.parameters,
        "checks": [_check(check, entry.notebook, required) for check in _checks(scraps)],
        "metrics": [dict(row) for row in scraps.metrics],
        "runs": _runs(scraps),
    }


def _checks(scraps: NotebookScraps) -> tuple[Check, ...]:
    return scraps.verdict.checks if scraps.verdict else ()


def _runs(scraps: NotebookScraps) -> list[dict[str, Any]]:
    """Return the runs once each, however often a notebook made them; another digest is another run."""
    counted: dict[tuple[Any, ...], dict[str, Any]] = {}
    for run in scraps.tokens:
        key = (run["token"], run.get("digest"), run.get("label"))
        known = counted.setdefault(key, {"label": "", "seed": None, "digest": None, **run, "times": 0})
        known["times"] += 1
    return list(counted.values())


def run_name(run: Mapping[str, Any]) -> str:
    """Return what tells a run from the others of its notebook."""
    name = run["label"] or f"seed {run['seed']}"
    return f"{name} (made {run['times']} times)" if run["times"] > 1 else str(name)


def _check(check: Check, notebook: str, required: tuple[str, ...]) -> dict[str, Any]:
    is_required = any(fnmatchcase(f"{notebook}:{check.name}", pattern) for pattern in required)
    return {**check.as_dict(), "status": STATUS[check.passed], "required": is_required}


def sentence(check: Mapping[str, Any]) -> str:
    """Return what a check saw and what was promised, in one line."""
    if check["status"] == "inconclusive":
        return check["note"] or "nothing was observed"
    return gate.sentence(check["observed"], check["comparison"], check["limit"], check["unit"])
