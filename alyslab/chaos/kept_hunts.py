"""The file of a detection: replaced after each hunt, so that it can be read, and gone on with, any time."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from alyslab.atomic import alone, write_text
from alyslab.chaos.detection import CleanRuns, Detection
from alyslab.chaos.hunt import Hunt
from alyslab.errors import BadInputError, Problem

FORMAT: Final = "alyslab.chaos.hunts/1"


def save(detection: Detection, path: Path) -> None:
    """Put a detection into the file; hunts for other bugs that are in it stay.

    Raises
    ------
    LabError
        If the file can't be written; it is then as it was.
    BadInputError
        If another has put there what is no file of ours.
    """
    with alone(path):
        older = load(path)
        hunts = {**older.hunts, **detection.hunts}
        clean = detection.clean if detection.clean.runs else older.clean
        document = {
            "format": FORMAT,
            "clean": asdict(clean),
            "hunts": [hunt.as_dict() for _, hunt in sorted(hunts.items())],
        }
        write_text(path, json.dumps(document, indent=1) + "\n")


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
