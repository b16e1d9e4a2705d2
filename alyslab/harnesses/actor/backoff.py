"""Restart policies: how long to wait, how many restarts a window allows, and what happens beyond.

Pure: time comes in as an argument.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Final

from alyslab.errors import Problem
from alyslab.harnesses.actor.errors import PolicyError
from alyslab.harnesses.actor.ranges import (
    COUNT,
    FLAG,
    LONGEST_MS,
    SECONDS,
    WHOLE,
    Allowed,
    OneOf,
    Range,
    Such,
    problems_in,
)

NS_PER_S: Final = 1_000_000_000
DELAY_MS: Final = Range(low=0, high=LONGEST_MS)
FACTOR: Final = Range(low=1, high=1e6)
"""1 or more: a delay that shrinks is no back-off."""


class Escalation(StrEnum):
    """What a supervisor does with an actor that used up its restarts.

    Source: alys v2 crates/actor_system/src/supervisor.rs, ``EscalationStrategy``.
    """

    STOP = "stop"
    """Stop all actors of this supervisor."""
    RESTART_TREE = "restart_tree"
    """Restart all of them, as often as the supervisor's own policy allows; then it goes to the parent."""
    PARENT = "parent"
    """Fail as a whole; the parent decides about the branch."""
    CONTINUE = "continue_without"
    """Stop the actor; the others go on."""


class Backoff(StrEnum):
    """How the delay before a restart grows.  Source: as above, ``RestartStrategy``."""

    IMMEDIATE = "immediate"
    FIXED = "fixed"
    EXPONENTIAL = "exponential"
    PROGRESSIVE = "progressive"
    """As exponential without a longest delay, but for a number of tries in a row only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartPolicy:
    """When an actor that failed comes back, and when no more.

    Raises
    ------
    PolicyError
        With every limit that contradicts another.
    """

    backoff: Backoff = Backoff.EXPONENTIAL
    initial_ms: float = 100.0
    """Delay before the first restart, in ms; 0 for an immediate one."""
    factor: float = 2.0
    """How much longer each delay is than the one before; 1 for a fixed one."""
    max_ms: float = 30_000.0
    """Longest delay, in ms; of a progressive policy it follows from ``tries``."""
    tries: int = 0
    """Restarts in a row that a progressive policy makes; 0 for the others."""
    limit: int = 5
    """Restarts that a window allows."""
    window_s: float = 60.0
    """Length of the sliding window, in s."""
    escalation: Escalation = Escalation.PARENT
    stop_limit_s: float = 10.0
    """How long an actor may take to stop, in s; then it is cancelled."""
    isolate: bool = True
    """Whether siblings go on while an actor is down; if not they pause until it is back."""
    source: str = ""
    """Where the constants stand."""

    def __post_init__(self) -> None:
        problems = problems_in("restart policy", self, _ALLOWED) or _contradictions(self)
        if problems:
            raise PolicyError(problems)
        object.__setattr__(self, "backoff", Backoff(self.backoff))
        object.__setattr__(self, "escalation", Escalation(self.escalation))

    def delay_ms(self, attempt: int) -> float:
        """Return how long to wait before restart number ``attempt`` (from 1) of a row, in ms."""
        if self.backoff == Backoff.IMMEDIATE:
            return 0.0
        if self.backoff == Backoff.FIXED:
            return self.initial_ms
        longest_ms = LONGEST_MS if self.backoff == Backoff.PROGRESSIVE else self.max_ms
        return min(_grown(self.initial_ms, self.factor, attempt), longest_ms)

    @property
    def effective_limit(self) -> int:
        """How many restarts a window sees at most: the limit, or the tries of a progressive policy."""
        return min(self.limit, self.tries) if self.backoff == Backoff.PROGRESSIVE else self.limit


def immediate(**options: object) -> RestartPolicy:
    """Return a policy that restarts at once."""
    return _policy(Backoff.IMMEDIATE, initial_ms=0.0, factor=1.0, max_ms=0.0, **options)


def fixed(delay_ms: float, **options: object) -> RestartPolicy:
    """Return a policy that waits the same each time, ``delay_ms`` in ms."""
    return _policy(Backoff.FIXED, initial_ms=delay_ms, factor=1.0, max_ms=delay_ms, **options)


def exponential(initial_ms: float, max_ms: float, factor: float, **options: object) -> RestartPolicy:
    """Return a policy whose delay grows by ``factor`` from ``initial_ms`` up to ``max_ms``."""
    return _policy(Backoff.EXPONENTIAL, initial_ms=initial_ms, factor=factor, max_ms=max_ms, **options)


def progressive(initial_ms: float, factor: float, tries: int, **options: object) -> RestartPolicy:
    """Return a policy whose delay grows by ``factor`` from ``initial_ms``, ``tries`` times in a row."""
    longest_ms = initial_ms
    if initial_ms in DELAY_MS and factor in FACTOR and tries in COUNT:  # what else it is, the policy says
        longest_ms = _grown(initial_ms, factor, tries)
    return _policy(
        Backoff.PROGRESSIVE, initial_ms=initial_ms, factor=factor, max_ms=longest_ms, tries=tries, **options
    )


def _policy(backoff: Backoff, **options: object) -> RestartPolicy:
    return RestartPolicy(backoff=backoff, **options)  # type: ignore[arg-type]


class RestartBudget:
    """The restarts of one actor, counted in a sliding window.

    Parameters
    ----------
    policy
        Limit, window and delays.
    forgets
        Whether restarts leave the count when the window has passed; False only as a defect.
    """

    __slots__ = ("_forgets", "_policy", "_restarts_ns")

    def __init__(self, policy: RestartPolicy, *, forgets: bool = True) -> None:
        self._policy = policy
        self._forgets = forgets
        self._restarts_ns: deque[int] = deque()

    def spend(self, now_ns: int) -> int:
        """Count a restart at ``now_ns`` and return its number in the window, from 1; 0 if none is left."""
        restarts = self._restarts_ns
        if self._forgets:
            oldest_ns = now_ns - self._policy.window_s * NS_PER_S
            while restarts and restarts[0] <= oldest_ns:
                restarts.popleft()
        if len(restarts) >= self._policy.effective_limit:
            return 0
        restarts.append(now_ns)
        return len(restarts)


def _grown(initial_ms: float, factor: float, attempt: int) -> float:
    """Return the delay before restart number ``attempt`` if nothing bounds it; infinite beyond any float."""
    try:
        return initial_ms * float(factor) ** (attempt - 1)
    except OverflowError:
        return inf


_ALLOWED: Final[Mapping[str, Allowed]] = {
    "backoff": OneOf(Backoff),
    "initial_ms": DELAY_MS,
    "factor": FACTOR,
    "max_ms": DELAY_MS,
    "tries": WHOLE,
    "limit": WHOLE,
    "window_s": SECONDS,
    "escalation": OneOf(Escalation),
    "stop_limit_s": SECONDS,
    "isolate": FLAG,
    "source": Such(lambda source: isinstance(source, str), "a text"),
}


def _contradictions(policy: RestartPolicy) -> list[Problem]:
    """Return what is wrong between options that are allowed one by one."""
    problems = []
    if policy.max_ms < policy.initial_ms:
        problems.append(_problem(policy, "max_ms", f"initial_ms = {policy.initial_ms:g} or more"))
    if (policy.tries < 1) is (policy.backoff == Backoff.PROGRESSIVE):
        problems.append(_problem(policy, "tries", "1 or more for a progressive policy, 0 for any other"))
    if not problems and _unreachable(policy):
        what = f"{policy.effective_limit} restarts take longer than the window, so the limit is never reached"
        problems.append(_problem(policy, "window_s", "a longer window, or a lower limit", what))
    return problems


def _unreachable(policy: RestartPolicy) -> bool:
    # The last restart of the row is counted when its wait begins.
    row = range(1, min(policy.effective_limit, 1_000))
    return sum(policy.delay_ms(attempt) for attempt in row) >= policy.window_s * 1_000


def _problem(policy: RestartPolicy, key: str, allowed: str, what: str = "") -> Problem:
    value = getattr(policy, key)
    what = what or f"{value!r} contradicts the policy"
    return Problem(where="restart policy", key=key, what=what, value=value, allowed=allowed)
