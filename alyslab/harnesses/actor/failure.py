"""Failures that the laboratory causes inside an actor: what goes wrong, and when.

A failure is data.  The actor's own code runs unchanged; the failure happens
between its mailbox and its handler, at its start, or on the way of its answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from alyslab.harnesses.actor.errors import PolicyError
from alyslab.harnesses.actor.ranges import (
    COUNT,
    MOST,
    SECONDS,
    WHOLE,
    Allowed,
    OneOf,
    Range,
    Such,
    problems_in,
)
from alyslab.runtime.values import is_text


class FailureKind(StrEnum):
    """What goes wrong."""

    PANIC = "panic"
    """The handler raises.  On a chosen message without a limit of ``times``, it is a poison message."""
    HANG = "hang"
    """The handler never comes back; only a health check ends it."""
    SLOW = "slow"
    """The handler takes ``delay_s`` longer."""
    GROW = "grow"
    """The actor holds ``step_bytes`` more with each message; at ``limit_bytes`` it raises."""
    LOSE_REPLY = "lose_reply"
    """The message is handled and its answer never sent."""
    CORRUPT = "corrupt"
    """The actor's state is damaged, as it declares in ``corrupt()``."""
    CRASH_ON_RESTART = "crash_on_restart"
    """The actor raises while it is being restarted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What goes wrong, with which messages, and how often.

    A message is hit when it is of the chosen kind, comes after the first
    ``after`` of those, and the draw is below ``probability``.

    Raises
    ------
    PolicyError
        For an option that is out of range or has no meaning for this kind.
    """

    kind: FailureKind
    on: str | None = None
    """Kind of message; None for all."""
    after: int = 0
    """How many such messages go well first."""
    probability: float = 1.0
    """Chance of each message after that, above 0 and up to 1; draws from a stream of the actor's own."""
    times: int | None = 1
    """How often in all, over all restarts; None without a limit."""
    delay_s: float = 0.0
    """How much slower, in s."""
    step_bytes: int = 0
    """Growth with each message, in bytes."""
    limit_bytes: int = 0
    """How much the actor may hold, in bytes."""

    def __post_init__(self) -> None:
        where = f"failure {self.kind}"
        problems = problems_in(where, self, _ALLOWED) or problems_in(where, self, _allowed_by(self))
        if problems:
            raise PolicyError(problems)
        object.__setattr__(self, "kind", FailureKind(self.kind))


_ALLOWED: Final[Mapping[str, Allowed]] = {
    "kind": OneOf(FailureKind),
    "on": Such(lambda kind: kind is None or is_text(kind), "a kind of message, or None for all"),
    "after": WHOLE,
    "probability": Range(low=0, high=1, above=True),
    "times": Such(lambda times: times is None or times in COUNT, f"{COUNT}, or None without a limit"),
}


def _allowed_by(failure: Failure) -> Mapping[str, Allowed]:
    """Return what the options may be that have a meaning for one kind of failure only."""
    grows, slows = failure.kind == FailureKind.GROW, failure.kind == FailureKind.SLOW
    step_bytes = failure.step_bytes if grows and failure.step_bytes in COUNT else 1
    return {
        "delay_s": SECONDS if slows else Such(_is_zero, "0 unless slow"),
        "step_bytes": COUNT if grows else Such(_is_zero, "0 unless grow"),
        "limit_bytes": Range(low=step_bytes, high=MOST, whole=True)
        if grows
        else Such(_is_zero, "0 unless grow"),
    }


def _is_zero(value: object) -> bool:
    return value in Range(low=0, high=0)


def poison(on: str) -> Failure:
    """Return the failure of a handler that can never cope with messages of this kind."""
    return Failure(kind=FailureKind.PANIC, on=on, times=None)


def slow(delay_s: float, *, on: str | None = None) -> Failure:
    """Return the failure of a handler that always takes ``delay_s`` longer."""
    return Failure(kind=FailureKind.SLOW, on=on, delay_s=delay_s, times=None)


def grow(step_bytes: int, limit_bytes: int) -> Failure:
    """Return the failure of an actor that keeps ``step_bytes`` of each message, up to ``limit_bytes``."""
    return Failure(kind=FailureKind.GROW, step_bytes=step_bytes, limit_bytes=limit_bytes, times=None)


class Trigger:
    """Decides when one failure of one actor happens; counts on over restarts."""

    __slots__ = ("_happened", "_random", "_seen", "failure")

    def __init__(self, failure: Failure, random: Random) -> None:
        self.failure = failure
        self._random = random
        self._seen = 0
        self._happened = 0

    def hits(self, kind: str | None) -> bool:
        """Return whether it happens with this message (None: at this restart); may consume a draw."""
        failure = self.failure
        if kind is not None and failure.on is not None and kind != failure.on:
            return False
        self._seen += 1
        if self._seen <= failure.after or (failure.times is not None and self._happened >= failure.times):
            return False
        if failure.probability < 1 and self._random.random() >= failure.probability:
            return False
        self._happened += 1
        return True
