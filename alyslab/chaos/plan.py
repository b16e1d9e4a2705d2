"""A chaos plan: which fault, where, from when to when, how strong; as data.

::

    {"format": "alyslab.chaos.plan/1", "system": "quorum",
     "phases": {"steady_s": 5, "faults_s": 20, "converge_s": 30},
     "entries": [{"fault": "network.partition", "target": {"select": "minority"},
                  "start_s": 2, "end_s": 12}]}

Times count from the beginning of the phase of faults, in seconds of virtual
time.  A plan is read here; whether it makes sense is said by
:mod:`alyslab.chaos.validation`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from alyslab.chaos.target import Target
from alyslab.errors import BadInputError, Problem

FORMAT: Final = "alyslab.chaos.plan/1"
"""Name and version of the schema; the version changes when the meaning of a plan does."""
MAX_BYTES: Final = 4_000_000
LONGEST_S: Final = 1e6

Seconds = Annotated[float, Field(ge=0, le=LONGEST_S, allow_inf_nan=False)]
M = TypeVar("M", bound=BaseModel)

Heal = Literal["end", "quiet", "never"]
ParameterValue = bool | int | float | str | list[list[str]]


class PlanError(BadInputError):
    """A plan that can't be run; nothing was started."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Entry(_Model):
    """One fault of a plan."""

    fault: str
    """Name of the fault; ``alyslab chaos faults`` lists them."""
    id: Annotated[str, Field(max_length=60)] = ""
    """Names the entry in the journal, and its draws; by default ``e1``, ``e2`` and so on."""
    target: Target = Target()
    """Whom it hits."""
    start_s: Seconds = 0.0
    """When it begins, in s from the beginning of the phase of faults."""
    end_s: Seconds | None = None
    """When it ends, in s; without one, with the phase of faults."""
    intensity: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 0.5
    """How strong, above 0 and up to 1: the point between each parameter's mild and severe value."""
    parameters: dict[str, ParameterValue] = Field(default_factory=dict)
    """Values that replace those of the intensity."""
    heal: Heal = "end"
    """When it is healed: at its end, when the quiet phase begins, or never (until the run is over)."""


class Phases(_Model):
    """How long each phase lasts, in s of virtual time."""

    steady_s: Annotated[float, Field(gt=0, le=LONGEST_S, allow_inf_nan=False)] = 10.0
    """Measured before any fault."""
    faults_s: Annotated[float, Field(gt=0, le=LONGEST_S, allow_inf_nan=False)] = 30.0
    """Safety: faults by plan, and every invariant holds."""
    converge_s: Annotated[float, Field(gt=0, le=LONGEST_S, allow_inf_nan=False)] = 30.0
    """Liveness: everything is healed, and the system converges within so long."""


class Plan(_Model):
    """A chaos plan."""

    format: Literal["alyslab.chaos.plan/1"] = FORMAT
    title: str = ""
    """For people."""
    system: str | None = None
    """The system under test; may be named where the plan is run instead."""
    options: dict[str, bool | int | float | str] = Field(default_factory=dict)
    """Of the system: how many nodes, how long its workload."""
    phases: Phases = Phases()
    recoverable: bool = True
    """Whether faults that destroy durable data are held to so many members as the system bears."""
    drawn: dict[str, Any] = Field(default_factory=dict)
    """How a generated plan was drawn: seed, which faults exist, how strong."""
    entries: tuple[Entry, ...] = Field(default=(), strict=False)

    def numbered(self) -> Plan:
        """Return the plan with an id for each entry."""
        entries = tuple(
            entry if entry.id else entry.model_copy(update={"id": f"e{number}"})
            for number, entry in enumerate(self.entries, 1)
        )
        return self.model_copy(update={"entries": entries})

    def end_s(self, entry: Entry) -> float:
        """Return when the entry ends, in s from the beginning of the phase of faults."""
        return self.phases.faults_s if entry.end_s is None else entry.end_s

    def as_dict(self) -> dict[str, Any]:
        """Return the plan as JSON values; what is at its default is left out, but for the format."""
        return {"format": FORMAT, **self.model_dump(mode="json", exclude_defaults=True)}

    def dump(self) -> str:
        """Return the plan as JSON text."""
        return json.dumps(self.as_dict(), indent=2) + "\n"


def schema() -> dict[str, Any]:
    """Return the JSON schema of a plan, with the faults that there are."""
    from alyslab.chaos.faults import FAULTS

    document = Plan.model_json_schema()
    document["$id"] = FORMAT
    document["$defs"]["Entry"]["properties"]["fault"]["enum"] = list(FAULTS)
    return document


def parse_plan(document: object, where: str = "plan") -> tuple[Plan, list[Problem]]:
    """Read a plan from JSON values as far as it can be read; returns it with every problem of shape.

    What is wrong is left out of the plan returned, so that the rest can be
    looked at too.
    """
    if not isinstance(document, Mapping):
        what = f"a plan is an object, not {type(document).__name__}"
        return Plan(), [Problem(where=where, what=what, value=document)]
    problems: list[Problem] = []
    entries = document.get("entries", [])
    if not isinstance(entries, list):
        problems.append(Problem(where=where, key="entries", what="not a list", value=entries))
        entries = []
    rest = {key: value for key, value in document.items() if key != "entries"}
    plan = _salvaged(Plan, rest, where, "", problems)
    read = []
    for number, raw in enumerate(entries, 1):
        place = f"entries[{number - 1}]"
        if not isinstance(raw, Mapping) or not isinstance(raw.get("fault"), str):
            what = "an entry is an object with a fault"
            problems.append(Problem(where=where, key=place, what=what, value=raw))
            continue
        entry = _salvaged(Entry, dict(raw), where, f"{place}.", problems)
        read.append(entry if entry.id else entry.model_copy(update={"id": f"e{number}"}))
    return plan.model_copy(update={"entries": tuple(read)}), problems


def read_text(text: str, where: str = "plan") -> tuple[Plan, list[Problem]]:
    """Read a plan from JSON text, as :func:`parse_plan` does."""
    if len(text) > MAX_BYTES:
        return Plan(), [Problem(where=where, what=f"longer than {MAX_BYTES} characters")]
    try:
        document = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        return Plan(), [Problem(where=where, what=f"not JSON: {error}")]
    return parse_plan(document, where)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; raises ValueError for a key that stands in it twice, of which one would be lost."""
    keys = [key for key, _ in pairs]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f"twice in one object: {', '.join(twice)}")
    return dict(pairs)


def read_plan(path: Path | str) -> Plan:
    """Read a plan from a file and check what can be checked without a system.

    Raises
    ------
    PlanError
        With every problem at once.
    """
    from alyslab.chaos.validation import vocabulary_problems

    plan, problems = read_file(path)
    problems += vocabulary_problems(plan, str(path))
    if problems:
        raise PlanError(problems)
    return plan


def read_file(path: Path | str) -> tuple[Plan, list[Problem]]:
    """Read a plan from a file as far as it can be read; returns it with every problem of shape."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return Plan(), [Problem(where=str(path), what=f"can't be read: {error}")]
    return read_text(text, str(path))


def _salvaged(model: type[M], raw: dict[str, Any], where: str, prefix: str, problems: list[Problem]) -> M:
    """Read ``raw``; fields that are wrong go to ``problems`` and are left at their defaults."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        bad = set()
        for found in error.errors(include_url=False):
            bad.add(found["loc"][0])
            key = ".".join(str(part) for part in found["loc"])
            unknown = found["type"] == "extra_forbidden"
            problems.append(
                Problem(
                    where=where,
                    key=prefix + key,
                    what=found["msg"][0].lower() + found["msg"][1:],
                    value=found["input"],
                    allowed=f"one of {', '.join(model.model_fields)}" if unknown else None,
                )
            )
        return model.model_validate({key: value for key, value in raw.items() if key not in bad})
