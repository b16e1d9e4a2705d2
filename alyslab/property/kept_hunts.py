"""The file of hunts that were made: what each search for a planted defect took, one after the other."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from alyslab.atomic import alone, write_text
from alyslab.errors import BadInputError, Problem
from alyslab.property.hunt import Hunt

FORMAT: Final = "alyslab.property.hunts/2"
PLACE: Final = Path("docs") / "property-hunts.json"
"""Where the laboratory keeps its own, in the checkout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptHunt:
    """The searches for one planted defect."""

    defect: str
    by: str
    """Name of the property or machine that looked for it."""
    first_seed: int
    """Of the first search; each further one had the next seed."""
    cases: tuple[int | None, ...]
    """For each search, how many cases it took; None where it did not find the defect."""
    seen: str
    """What was seen in the last search."""
    version: str
    """The code that was searched."""

    @classmethod
    def of(cls, hunt: Hunt, *, first_seed: int, version: str) -> KeptHunt:
        """Return what is kept of a hunt."""
        found = hunt.last.counterexample
        seen = "" if found is None else found.seen.partition(" (")[0]
        return cls(
            defect=hunt.defect,
            by=hunt.by,
            first_seed=first_seed,
            cases=hunt.cases,
            seen=seen,
            version=version,
        )


def save(hunts: Iterable[KeptHunt], path: Path = PLACE) -> None:
    """Put hunts into the file; those for other defects that are in it stay.

    Raises
    ------
    LabError
        If the file can't be written; it is then as it was.
    BadInputError
        If another has put there what is no file of ours.
    """
    with alone(path):
        kept = {**load(path), **{hunt.defect: hunt for hunt in hunts}}
        rows = [asdict(kept[defect]) for defect in sorted(kept)]
        write_text(path, json.dumps({"format": FORMAT, "hunts": rows}, indent=1) + "\n")


def load(path: Path = PLACE) -> Mapping[str, KeptHunt]:
    """Return the hunts of a file by defect; none where there is no file.

    Raises
    ------
    BadInputError
        If it is no file of ours.
    """
    if not path.exists():
        return {}
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        form = document["format"]
        rows = document["hunts"] if form == FORMAT else []
        hunts = [KeptHunt(**{**row, "cases": tuple(row["cases"])}) for row in rows]
    except (OSError, ValueError, TypeError, KeyError) as error:
        what = f"no file of hunts: {type(error).__name__}: {error}"
        raise BadInputError(Problem(where=str(path), what=what, allowed=FORMAT)) from error
    if form != FORMAT:
        raise BadInputError(
            Problem(where=str(path), key="format", what="another", value=form, allowed=FORMAT)
        )
    return {hunt.defect: hunt for hunt in hunts}
