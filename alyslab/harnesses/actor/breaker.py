"""A circuit breaker: after failures in a row it lets no call through for a while, then tries a few.

Source: alys v2 ACT/engine (closed, open, half open).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeVar

from alyslab.harnesses.actor.errors import ActorError, PolicyError
from alyslab.harnesses.actor.ranges import COUNT, LONGEST_S, SECONDS, Range, problems_in

if TYPE_CHECKING:
    from alyslab.harnesses.actor.system import ActorSystem

T = TypeVar("T")
NS_PER_S: Final = 1_000_000_000


class BreakerState(StrEnum):
    """Whether calls go through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class BreakerOpenError(ActorError):
    """The breaker lets no call through now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerPolicy:
    """When a breaker opens and closes; raises :class:`PolicyError` for a number that is out of range."""

    failures: int
    """Failures, without a success between them, that open it."""
    window_s: float
    """Only failures of the last so many seconds count; 0 for all."""
    open_s: float
    """How long it stays open, in s."""
    successes: int
    """Calls that must go well, half open, before it closes."""

    def __post_init__(self) -> None:
        allowed = {
            "failures": COUNT,
            "window_s": Range(low=0, high=LONGEST_S),
            "open_s": SECONDS,
            "successes": COUNT,
        }
        if problems := problems_in("breaker policy", self, allowed):
            raise PolicyError(problems)


class CircuitBreaker:
    """Stands between a caller and the actors that it asks.

    Parameters
    ----------
    system
        Whose clock and journal it uses.
    name
        Subject of its rows.
    policy
        When it opens and closes.
    """

    def __init__(self, system: ActorSystem, name: str, policy: BreakerPolicy) -> None:
        self.name = name
        self.policy = policy
        self.state = BreakerState.CLOSED
        self._core = system.core
        self._failures_ns: deque[int] = deque()
        self._successes = 0
        self._opened_ns = 0
        self._core.tracker.record(
            "breaker.created",
            name,
            failures=policy.failures,
            window_s=float(policy.window_s),
            open_s=float(policy.open_s),
            successes=policy.successes,
        )

    async def call(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Make the call if the breaker lets it through, and learn from how it went.

        Raises
        ------
        BreakerOpenError
            If it is open.
        ActorError
            What the call raised.
        """
        if self.state is BreakerState.OPEN:
            left_s = self.policy.open_s - (self._core.now_ns - self._opened_ns) / NS_PER_S
            if left_s > 0:
                self._record("refused")
                raise BreakerOpenError(
                    self.name, self.state, "lets no call through", f"try again in {left_s:.3g} s"
                )
            self._successes = 0
            self._change(BreakerState.HALF_OPEN)
        try:
            answer = await ask()
        except ActorError:
            self._record("failed")
            self._failed()
            raise
        self._record("went well")
        self._went_well()
        return answer

    def _failed(self) -> None:
        now_ns = self._core.now_ns
        self._failures_ns.append(now_ns)
        if self.policy.window_s:
            while self._failures_ns[0] < now_ns - self.policy.window_s * NS_PER_S:
                self._failures_ns.popleft()
        enough = self.state is BreakerState.HALF_OPEN or len(self._failures_ns) >= self.policy.failures
        if enough and self.state is not BreakerState.OPEN and not self._core.defects.breaker_never_opens:
            self._opened_ns = now_ns
            self._failures_ns.clear()
            self._change(BreakerState.OPEN)

    def _went_well(self) -> None:
        self._failures_ns.clear()
        self._successes += 1
        if self.state is BreakerState.HALF_OPEN and self._successes >= self.policy.successes:
            self._change(BreakerState.CLOSED)

    def _change(self, after: BreakerState) -> None:
        before, self.state = self.state, after
        self._core.tracker.record("breaker.state", self.name, before=str(before), after=str(after))

    def _record(self, outcome: str) -> None:
        self._core.tracker.record("breaker.call", self.name, state=str(self.state), outcome=outcome)
