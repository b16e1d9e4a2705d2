"""What a workload's parameters may be."""

from __future__ import annotations

from collections.abc import Iterable

from alyslab.errors import ParameterError, Problem


def require(workload: str, **bounds: tuple[float, float, float]) -> None:
    """Raise :class:`ParameterError` with every parameter whose value is not within (value, least, most)."""
    problems = [
        Problem(
            where=workload, key=key, what=f"is {value!r}", value=value, allowed=f"from {least:g} to {most:g}"
        )
        for key, (value, least, most) in bounds.items()
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most
    ]
    if problems:
        raise ParameterError(problems)


def one_of(workload: str, key: str, value: object, known: Iterable[str]) -> None:
    """Raise :class:`ParameterError` unless the value is one of the names."""
    names = list(known)
    if value not in names:
        allowed = ", ".join(names)
        raise ParameterError(
            Problem(where=workload, key=key, what=f"is {value!r}", value=value, allowed=allowed)
        )
