"""How a workload says how much it is going to do, and how its parameters are refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Any

from alyslab.checkers.activity import NO_BOUND
from alyslab.errors import ParameterError, Problem
from alyslab.harnesses.actor.errors import ActorError
from alyslab.harnesses.actor.ranges import Allowed, problems_of
from alyslab.runtime import require_current


def expect(what: str, *, at_least: int = NO_BOUND, at_most: int = NO_BOUND) -> None:
    """Write that ``what`` (see :func:`alyslab.checkers.activity.activity`) will happen so often."""
    require_current().journal.record("workload.expects", what, at_least=at_least, at_most=at_most)


async def all_ended(asks: Iterable[Awaitable[Any]]) -> None:
    """Wait until all asks have ended; one without an answer is a row of the journal, and no reason to stop.

    Raises
    ------
    Exception
        Whatever is not an :class:`ActorError`: that is the laboratory's own.
    """
    for outcome in await asyncio.gather(*asks, return_exceptions=True):
        if isinstance(outcome, BaseException) and not isinstance(outcome, ActorError):
            raise outcome


def require_counts(workload: str, **counts: int) -> None:
    """Raise :class:`ParameterError` with every count that is not a whole number from 1."""
    problems = [
        Problem(where=workload, key=key, what=f"is {value!r}", value=value, allowed="a whole number from 1")
        for key, value in counts.items()
        if isinstance(value, bool) or not isinstance(value, int) or value < 1
    ]
    if problems:
        raise ParameterError(problems)


def require_in(workload: str, key: str, value: Any, allowed: Allowed) -> None:
    """Raise :class:`ParameterError` unless ``value`` is allowed."""
    if problems := problems_of(workload, {key: (value, allowed)}):
        raise ParameterError(problems)


def require_one_of(workload: str, key: str, value: Any, allowed: Iterable[str]) -> None:
    """Raise :class:`ParameterError` unless ``value`` is one of the names."""
    names = list(allowed)
    if value not in names:
        raise ParameterError(
            Problem(
                where=workload, key=key, what=f"is {value!r}", value=value, allowed=", ".join(map(str, names))
            )
        )
