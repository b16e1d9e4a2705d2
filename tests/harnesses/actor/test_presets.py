"""The presets have the constants of Alys's supervisors, row by row."""

from __future__ import annotations

from typing import Any

import pytest

from alyslab.harnesses.actor.presets import CALL_BREAKER, ENGINE_BREAKER, POLICIES

ALYS: dict[str, tuple[Any, ...]] = {
    "default": ("exponential", 100, 2.0, 30_000, 5, 60, "parent", 10, True),
    "chain": ("exponential", 100, 1.5, 10_000, 10, 300, "parent", 15, True),
    "network": ("progressive", 1_000, 1.5, None, 20, 600, "continue_without", 10, True),
    "bridge": ("fixed", 5_000, 1.0, 5_000, 15, 900, "parent", 30, False),
    "storage": ("exponential", 500, 2.0, 60_000, 10, 300, "restart_tree", 20, True),
    "consensus_critical": ("exponential", 50, 1.5, 500, 10, 30, "restart_tree", 2, False),
    "federation_aware": ("progressive", 200, 2.0, None, 8, 60, "parent", 5, True),
}
"""Back-off, first delay, factor, longest delay, limit, window, escalation, stop limit, isolation.

Source: alys v2 crates/actor_system/src/supervisor.rs and supervisors.rs, as
../shared/reference/alys-system.md, section 2, has them.
"""


@pytest.mark.parametrize("name", POLICIES)
def test_a_preset_is_the_row_of_its_source(name: str) -> None:
    """A slip in one number would be reported as a property of Alys."""
    policy = POLICIES[name]
    backoff, initial_ms, factor, max_ms, limit, window_s, escalation, stop_s, isolate = ALYS[name]

    assert (policy.backoff, policy.initial_ms, policy.factor) == (backoff, initial_ms, factor)
    assert max_ms in (None, policy.max_ms)
    assert (policy.limit, policy.window_s) == (limit, window_s)
    assert (policy.escalation, policy.stop_limit_s, policy.isolate) == (escalation, stop_s, isolate)


def test_tries_and_breakers_are_those_of_the_source() -> None:
    """Progressive policies end after their tries; breakers after five failures."""
    assert (POLICIES["network"].tries, POLICIES["federation_aware"].tries) == (8, 5)
    assert (ENGINE_BREAKER.failures, ENGINE_BREAKER.open_s, ENGINE_BREAKER.successes) == (5, 30, 3)
    assert (CALL_BREAKER.failures, CALL_BREAKER.open_s, CALL_BREAKER.successes) == (5, 10, 3)
