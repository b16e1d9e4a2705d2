"""The file of a detection: replaced after each hunt, so that it can be read, and gone on with, any time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from alyslab.chaos.detection import CleanRuns, Detection
from alyslab.chaos.hunt import Hunt
from alyslab.errors import BadInputError, Problem

FORMAT: Final = "alyslab.chaos.hunts/1"


def save(detection: Detection, path: Path, *, older: Detection | None = None) -> None:
    """Replace the file; hunts of ``older`` that are not in the new detection stay in it."""
    hunts = {**(older.hunts if older is not None else {}), **detection.hunts}
    document = {
        "format": FORMAT,
        "clean": {
            "version": detection.clean.version,
            "runs": detection.clean.runs,
            "statuses": detection.clean.statuses,
            "alarms": detection.clean.alarms,
        },
        "hunts": [hunt.as_dict() for _, hunt in sorted(hunts.items())],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    new.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    new.replace(path)


def load(path: Path) -> Detection:
    """Read a detection back; an empty one where there is no file.

    Raises
    ------
    BadInputError
        If it is no file of ours.
    """
    if not path.exists():
        return Detection()
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        form = document["format"]
        hunts = [_hunt(one) for one in document["hunts"]] if form == FORMAT else []
        clean = CleanRuns(**document["clean"]) if form == FORMAT else CleanRuns()
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        what = f"no file of hunts: {type(error).__name__}: {error}"
        raise BadInputError(Problem(where=str(path), what=what, allowed=FORMAT)) from error
    if form != FORMAT:
        raise BadInputError(
            Problem(where=str(path), key="format", what="another", value=form, allowed=FORMAT)
        )
    return Detection(hunts={hunt.defect: hunt for hunt in hunts}, clean=clean)


def _hunt(document: dict[str, Any]) -> Hunt:
    return Hunt(**{**document, "cases": tuple(document["cases"]), "checks": tuple(document["checks"])})
