"""How a notebook ended, judged from what it left behind and from how its worker ended.

papermill's own record is no verdict: after a time-out or a dead kernel it
shows no exception and every cell completed, and ``SystemExit(0)`` returns
normally (measured with papermill 2.7.0).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from alyslab.batch.manifest import Failure

TEXT_CHARS_MAX = 4000
"""How much of a cell's source and of its output a failure carries."""

_INSERTED = {"injected-parameters", "papermill-error-cell-tag"}
"""Tags of the cells that papermill adds, which the source does not have."""

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How the execution of one notebook ended, seen from outside."""

    how: Literal["returned", "raised", "worker died", "out of time"]
    """``returned``: papermill came back; ``raised``: with an exception."""
    name: str = ""
    """The exception's type."""
    message: str = ""
    """The exception's text, or the end of the dead worker's log."""
    errno: int | None = None
    """The system's number of the error, if it was an :class:`OSError` of the worker."""


def judge(document: Mapping[str, Any] | None, ending: Ending) -> Failure | None:
    """Return how the notebook failed, or ``None`` if it ran to its end.

    ``document`` is the notebook as papermill last saved it, if it can be read.
    """
    cells = list(document["cells"]) if document else []
    if ending.how == "returned" and document:
        return _failed_cell(cells) or _skipped_cell(cells)
    if ending.name == "PapermillExecutionError" and (failure := _failed_cell(cells)):
        return failure
    kind, message = _reason(ending)
    return _at(cells, _last_started(cells), kind, message)


def _reason(ending: Ending) -> tuple[Literal["failed", "timed_out", "died"], str]:
    match ending:
        case Ending(how="out of time"):
            return "timed_out", ending.message
        case Ending(how="worker died"):
            return "died", f"the worker process died: {ending.message}"
        case Ending(name="CellTimeoutError"):
            return "timed_out", "the cell ran longer than its time limit and was stopped"
        case Ending(name="DeadKernelError"):
            return "died", "the kernel died"
        case Ending(how="returned"):
            return "failed", "the executed notebook can't be read"
    return "failed", f"{ending.name}: {ending.message}"


def _failed_cell(cells: list[Any]) -> Failure | None:
    for index, cell in enumerate(cells):
        if "raises-exception" in cell.get("metadata", {}).get("tags", ()):
            continue
        errors = [output for output in cell.get("outputs", ()) if output.get("output_type") == "error"]
        if errors:
            name, value = errors[0].get("ename", ""), errors[0].get("evalue", "")
            if name == "SystemExit":
                return _at(cells, index, "failed", f"the cell ended its kernel with SystemExit({value})")
            return _at(cells, index, "failed", f"{name}: {value}")
    return None


def _skipped_cell(cells: list[Any]) -> Failure | None:
    for index, cell in enumerate(cells):
        is_code = cell.get("cell_type") == "code" and "".join(cell.get("source", "")).strip()
        if is_code and cell.get("execution_count") is None:
            return _at(cells, index, "failed", "the cell was never executed")
    return None


def _last_started(cells: list[Any]) -> int | None:
    started = [
        index
        for index, cell in enumerate(cells)
        if cell.get("cell_type") == "code" and cell.get("metadata", {}).get("papermill", {}).get("start_time")
    ]
    return started[-1] if started else None


def _at(
    cells: list[Any], index: int | None, kind: Literal["failed", "timed_out", "died"], message: str
) -> Failure:
    if index is None:
        return Failure(kind=kind, message=message)
    return Failure(
        kind=kind,
        message=message,
        cell=_number(cells, index),
        source="".join(cells[index].get("source", ""))[:TEXT_CHARS_MAX],
        output=output_text(cells[index])[-TEXT_CHARS_MAX:],
    )


def _number(cells: list[Any], index: int) -> int:
    """Return the number, from 1, that a cell of the executed notebook has in the source."""
    return sum(_INSERTED.isdisjoint(cell.get("metadata", {}).get("tags", ())) for cell in cells[: index + 1])


def output_text(cell: Mapping[str, Any]) -> str:
    """Return what a cell printed, showed or raised, as text without terminal colours."""
    parts: list[str] = []
    for output in cell.get("outputs", ()):
        match output.get("output_type"):
            case "stream":
                parts.append("".join(output.get("text", "")))
            case "error":
                parts.append("\n".join(output.get("traceback", ())))
            case "display_data" | "execute_result":
                parts.append("".join(output.get("data", {}).get("text/plain", "")))
    return _ANSI.sub("", "\n".join(part.rstrip("\n") for part in parts if part))


def stamped(document: dict[str, Any], failure: Failure | None) -> dict[str, Any]:
    """Return an executed notebook whose own record agrees with how it was judged.

    papermill's statuses are corrected, and the cell at which a kernel died
    or ran out of time says so in its output.
    """
    if failure is None:
        return document
    metadata = document.setdefault("metadata", {})
    metadata["alyslab"] = {"failure": failure.model_dump(exclude={"source", "output"})}
    metadata.setdefault("papermill", {})["exception"] = True
    if failure.cell is None:
        return document
    for index, cell in enumerate(document["cells"]):
        number = _number(document["cells"], index)
        status = cell.setdefault("metadata", {}).setdefault("papermill", {})
        if (
            number == failure.cell
            and cell.get("source")
            and "".join(cell["source"])[:TEXT_CHARS_MAX] == failure.source
        ):
            status |= {"status": "failed", "exception": True}
            if failure.kind != "failed":
                text = f"alyslab: {failure.message}\n"
                cell.setdefault("outputs", []).append(
                    {"output_type": "stream", "name": "stderr", "text": text}
                )
        elif number > failure.cell:
            status |= {"status": "pending", "exception": None}
    return document
