"""A circuit breaker opens, refuses, tries and closes when its policy says."""

from __future__ import annotations

from typing import Any

import pytest

from alyslab.harnesses.actor import ActorSpec, ActorSystem, immediate
from alyslab.harnesses.actor.breaker import BreakerOpenError, BreakerPolicy, CircuitBreaker
from alyslab.harnesses.actor.errors import ActorFailedError
from alyslab.runtime import simulate
from tests.harnesses.actor.actors import Echo


async def states_after(policy: BreakerPolicy, calls: list[tuple[float, str]]) -> list[str]:
    """Make calls after these pauses, in s; returns the state after each, and ``refused`` for one not made."""
    found = []
    async with ActorSystem(policy=immediate(limit=100)) as system:
        ref = await system.spawn(ActorSpec(name="echo", kind=Echo))
        breaker = CircuitBreaker(system, "breaker", policy)
        for pause_s, kind in calls:
            await system.core.node.sleep(pause_s)
            try:
                await breaker.call(lambda kind=kind: ref.ask(kind))  # type: ignore[misc]
            except ActorFailedError:
                pass
            except BreakerOpenError:
                found.append("refused")
                continue
            found.append(str(breaker.state))
    return found


BAD, GOOD = "crash", "say"


@pytest.mark.parametrize(
    ("window_s", "calls", "expected"),
    [
        (0, [(0, BAD), (0, BAD), (1, GOOD)], "closed open refused"),
        (0, [(0, BAD), (0, GOOD), (0, BAD)], "closed closed closed"),
        (5, [(0, BAD), (6, BAD), (1, BAD)], "closed closed open"),
        (0, [(0, BAD), (0, BAD), (10, GOOD), (0, GOOD)], "closed open half_open closed"),
        (0, [(0, BAD), (0, BAD), (10, GOOD), (0, BAD), (9, GOOD)], "closed open half_open open refused"),
    ],
)
def test_a_breaker_follows_its_policy(window_s: float, calls: list[Any], expected: str) -> None:
    """One that closes too early lets the load back onto what has just come up."""
    policy = BreakerPolicy(failures=2, window_s=window_s, open_s=10, successes=2)

    async def main() -> list[str]:
        return await states_after(policy, calls)

    assert simulate(main, seed=1).result == expected.split()
