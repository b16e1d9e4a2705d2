"""The schemas of the three scraps, held against what a notebook really glued."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alyslab.checkers import Check, Verdict

_CHECK_FIELDS = ("name", "observed", "limit", "comparison", "unit", "passed")
_METRIC_FIELDS = ("metric", "value", "unit", "labels")


class SchemaError(ValueError):
    """A scrap is not what its name promises; the message says where."""


def read_verdict(data: Any) -> Verdict:
    """Return the verdict that a scrap holds, judged again from its observed values.

    Raises
    ------
    SchemaError
        If the scrap lacks a field, or claims a status that its own values
        don't give.  A :class:`ValueError` of :class:`Check` passes through.
    """
    if not isinstance(data, dict) or not isinstance(data.get("checks"), list):
        raise SchemaError("the verdict is not an object with a list of checks")
    verdict = Verdict(tuple(_read_check(check, index) for index, check in enumerate(data["checks"])))
    if data.get("status") != verdict.status:
        claimed = data.get("status")
        raise SchemaError(f"the verdict claims {claimed!r}, but its checks give {verdict.status!r}")
    return verdict


def _read_check(data: Any, index: int) -> Check:
    if not isinstance(data, dict):
        raise SchemaError(f"check {index} of the verdict is not an object")
    missing = [name for name in _CHECK_FIELDS if name not in data]
    if missing:
        raise SchemaError(f"check {index} of the verdict lacks {', '.join(missing)}")
    for name in ("name", "comparison", "unit"):
        if not isinstance(data[name], str):
            raise SchemaError(f"check {index} of the verdict: {name} is not text")
    for name in ("observed", "limit"):
        plain = isinstance(data[name], bool | int | float | str)
        if not plain and not (name == "observed" and data[name] is None):
            raise SchemaError(f"check {index} of the verdict: {name} is not a plain value")
    evidence = data.get("evidence", [])
    if not isinstance(evidence, list) or not all(isinstance(event, dict) for event in evidence):
        raise SchemaError(f"check {index} of the verdict: evidence is not a list of objects")
    check = Check(
        name=data["name"],
        observed=data["observed"],
        comparison=data["comparison"],
        limit=data["limit"],
        unit=data["unit"],
        source=str(data.get("source", "")),
        evidence=tuple(evidence),
        note=str(data.get("note", "")),
    )
    if check.passed is not data["passed"]:
        claimed = f"passed = {data['passed']}, but its values give {check.passed}"
        raise SchemaError(f"check {check.name!r} claims {claimed}")
    return check


def read_metrics(data: Any) -> tuple[Mapping[str, Any], ...]:
    """Return the rows of the metrics scrap.

    Raises
    ------
    SchemaError
        If it is not a list of metric, value, unit, labels with a number or
        ``None`` as value.
    """
    if not isinstance(data, list):
        raise SchemaError("the metrics are not a list")
    for index, row in enumerate(data):
        if not isinstance(row, dict) or set(row) != set(_METRIC_FIELDS):
            raise SchemaError(f"row {index} of the metrics is not {', '.join(_METRIC_FIELDS)}")
        if not isinstance(row["metric"], str) or not isinstance(row["unit"], str):
            raise SchemaError(f"row {index} of the metrics: metric and unit must be text")
        if row["value"] is not None and type(row["value"]) not in (int, float):
            raise SchemaError(f"row {index} of the metrics: {row['value']!r} is no number")
        if not isinstance(row["labels"], dict):
            raise SchemaError(f"row {index} of the metrics: labels are not an object")
    return tuple(data)


def read_provenance(data: Any) -> Mapping[str, Any]:
    """Return the provenance scrap.

    Raises
    ------
    SchemaError
        If it is not an object, or its runs are not objects with tokens.
    """
    if not isinstance(data, dict):
        raise SchemaError("the provenance is not an object")
    runs = data.get("runs", [])
    if not isinstance(runs, list) or not all(isinstance(run, dict) and "token" in run for run in runs):
        raise SchemaError("the provenance's runs are not objects with tokens")
    return data
