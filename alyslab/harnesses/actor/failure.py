"""Failures that the laboratory causes inside an actor: what goes wrong, and when.

A failure is data.  The actor's own code runs unchanged; the failure happens
between its mailbox and its handler, at its start, or on the way of its answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from random import Random

from alyslab.errors import Problem
from alyslab.harnesses.actor.errors import PolicyError


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
        object.__setattr__(self, "kind", FailureKind(self.kind))
        grows = self.kind is FailureKind.GROW
        wrong = {
            "after": (self.after < 0, "0 or more"),
            "probability": (not 0 < self.probability <= 1, "above 0, up to 1"),
            "times": (self.times is not None and self.times < 1, "1 or more, or None"),
            "delay_s": (
                (self.delay_s <= 0) is (self.kind is FailureKind.SLOW),
                "above 0 for slow, 0 otherwise",
            ),
            "step_bytes": ((self.step_bytes <= 0) is grows, "above 0 for grow, 0 otherwise"),
            "limit_bytes": (
                (self.limit_bytes < max(self.step_bytes, 1)) is grows,
                "step_bytes or more for grow, 0 otherwise",
            ),
        }
        problems = [
            Problem(
                where=f"failure {self.kind}",
                key=key,
                what="out of range",
                value=getattr(self, key),
                allowed=allowed,
            )
            for key, (bad, allowed) in wrong.items()
            if bad
        ]
        if problems:
            raise PolicyError(problems)


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
