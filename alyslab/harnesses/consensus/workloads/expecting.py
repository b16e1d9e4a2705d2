"""How a workload says what it is going to do, and how much; and how its parameters are refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alyslab.errors import ParameterError, Problem
from alyslab.runtime import require_current


def expect(what: str, at_least: int) -> None:
    """Write that ``what`` (see :mod:`.judging`) will come to at least so much."""
    require_current().journal.record("workload.expects", what, at_least=at_least)


def drawn(subject: str) -> None:
    """Write that this run does what some check is about, so that the check must see it (:mod:`.judging`)."""
    require_current().journal.record("workload.drawn", subject)


def require_within(workload: str, values: Mapping[str, Any], **bounds: tuple[float, float]) -> None:
    """Raise :class:`ParameterError` with every value that is no number within its bounds."""
    problems = [
        Problem(
            where=workload,
            key=key,
            what=f"is {values[key]!r}",
            value=values[key],
            allowed=f"{least:g} to {most:g}",
        )
        for key, (least, most) in bounds.items()
        if isinstance(values[key], bool)
        or not isinstance(values[key], int | float)
        or not least <= values[key] <= most
    ]
    if problems:
        raise ParameterError(problems)
