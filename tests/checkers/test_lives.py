from __future__ import annotations

from typing import Any

import pytest

from alyslab.checkers.activity import activity, check_expectations
from alyslab.checkers.asks import check_asks, check_breakers, check_effects
from alyslab.checkers.latency import latency_quantiles
from alyslab.checkers.lives import check_lives
from alyslab.checkers.recovery import check_recovery, recoveries, recovery_frame
from alyslab.checkers.restarts import check_restarts
from alyslab.harnesses.actor.workloads import WORKLOADS
from alyslab.runtime import Journal


class Clock:
    def __init__(self) -> None:
        self.now_ns = 0


class Written:
    """A journal that a test writes by hand."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.journal = Journal(self.clock)

    def at(self, ms: float, kind: str, subject: str, **fields: Any) -> None:
        self.clock.now_ns = round(ms * 1e6)
        self.journal.record(kind, subject, **fields)

    def actor(self, name: str, *, parent: str = "") -> None:
        policy = {
            "backoff": "fixed", "initial_ms": 10.0, "factor": 1.0, "max_ms": 10.0,
            "limit": 2, "window_s": 1.0, "escalation": "parent", "isolate": True,
        }  # fmt: skip
        self.at(
            0, "actor.created", name, type="X", supervisor="root", parent=parent, capacity=1,
            overflow="reject", depends_on=(), shutdown=0, attempts=1, **policy,
        )  # fmt: skip

    def state(self, ms: float, name: str, after: str, cause: str = "", incarnation: int = 0) -> None:
        self.at(ms, "actor.state", name, before="", after=after, cause=cause, incarnation=incarnation)


def observed(verdict: Any) -> dict[str, Any]:
    return {check.name: check.observed for check in verdict.checks}


def failing(times_ms: list[float], back_after_ms: float) -> Written:
    written = Written()
    written.at(0, "supervisor.created", "root", strategy="one_for_one")
    written.actor("a")
    written.state(0, "a", "running")
    for life, ms in enumerate(times_ms, 1):
        written.state(ms, "a", "failed")
        written.at(ms, "actor.failed", "a", error="E: x", message=1, digest="")
        written.state(ms, "a", "restarting", "failed")
        written.state(ms + back_after_ms, "a", "initializing", "failed", life)
        written.state(ms + back_after_ms, "a", "running", "restarted", life)
        written.at(
            ms + back_after_ms + 1,
            "health.answered",
            "a",
            incarnation=life,
            healthy=True,
            asked_ns=0,
            monitor="m",
        )
    return written


def test_restarts_are_counted_in_their_window() -> None:
    """Three in a second are too many, three in three are not."""
    name = "restarts stay within the limit of their window"

    assert observed(check_restarts(failing([0, 100, 200], 10).journal))[name] == 1
    assert observed(check_restarts(failing([0, 1_500, 3_000], 10).journal))[name] == 0


def test_a_restart_before_its_delay_is_found() -> None:
    """A back-off that does not wait is a busy loop."""
    name = "a restart waits as long as its back-off says"

    assert observed(check_restarts(failing([0], 9).journal))[name] == 1
    assert observed(check_restarts(failing([0], 10).journal))[name] == 0


def test_recovery_ends_with_an_answer() -> None:
    """Running is a claim; an answer is an observation."""
    journal = failing([5, 2_000], 10).journal
    verdict = check_recovery(journal)

    assert [one.recovery_ms for one in recoveries(journal)] == [11.0, 11.0]
    assert observed(verdict) == {"every actor that came back answers again": 0}
    assert list(recovery_frame(recoveries(journal))["cause"]) == ["failed", "failed"]


def test_an_actor_that_never_answers_again_is_found() -> None:
    """Silence must not count as a recovery of zero."""
    written = failing([], 0)
    for ms, state in enumerate(("failed", "restarting", "initializing", "running"), 1):
        written.state(ms, "a", state)

    assert observed(check_recovery(written.journal)) == {"every actor that came back answers again": 1}


def test_an_actor_that_was_given_up_owes_no_answer() -> None:
    """The supervisor's decision is judged elsewhere; here it would be a false alarm."""
    written = failing([], 0)
    for ms, state in enumerate(("failed", "stopping", "stopped"), 1):
        written.state(ms, "a", state)

    assert observed(check_recovery(written.journal)) == {"every actor that came back answers again": None}


def test_only_the_living_answer() -> None:
    """A monitor that answers itself hides an outage."""
    written = failing([], 0)
    written.state(1, "a", "failed")
    written.at(2, "health.answered", "a", incarnation=0, healthy=True, asked_ns=0, monitor="m")

    assert observed(check_lives(written.journal))["only a living actor answers a health check"] == 1


def test_asks_are_judged_by_number_and_time() -> None:
    """An answer to another question is worse than none."""
    written = Written()
    row = {"receiver": "b", "asked_ns": 0, "timeout_ms": 100.0}
    written.at(10, "ask.ended", "a", number=1, answers=1, outcome="answered", **row)
    written.at(20, "ask.ended", "a", number=2, answers=3, outcome="answered", **row)
    written.at(200, "ask.ended", "a", number=4, answers=4, outcome="timed_out", **row)

    assert list(observed(check_asks(written.journal)).values()) == [1, 1]


def test_a_request_must_take_effect_once() -> None:
    """Neither never nor twice."""
    written = Written()
    for key in (1, 2, 3):
        written.at(0, "request.made", "a", key=key)
    for key in (1, 2, 2):
        written.at(1, "effect.applied", "a", key=key)

    assert list(observed(check_effects(written.journal)).values()) == [1, 1]


@pytest.mark.parametrize(("outcome", "broken"), [("refused", 0), ("went well", 1)])
def test_an_open_breaker_lets_nothing_through(outcome: str, broken: int) -> None:
    """After two failures the third call must be held back."""
    written = Written()
    written.at(0, "breaker.created", "b", failures=2, window_s=0.0, open_s=1.0, successes=1)
    for ms in (1, 2):
        written.at(ms, "breaker.call", "b", state="closed", outcome="failed")
    written.at(3, "breaker.call", "b", state="open" if outcome == "refused" else "closed", outcome=outcome)

    assert list(observed(check_breakers(written.journal)).values()) == [broken]


def test_expectations_are_held_against_what_happened() -> None:
    """A workload that did nothing must not pass."""
    written = Written()
    assert check_expectations(written.journal).status == "inconclusive"
    written.at(0, "workload.expects", "actors created", at_least=1, at_most=1)
    assert check_expectations(written.journal).status == "fail"
    written.actor("a")

    assert check_expectations(written.journal).status == "pass"
    assert activity(written.journal)["actors created"] == 1


def test_latency_is_told_apart_by_where_it_was_spent() -> None:
    """A slow handler and a full mailbox need different cures."""
    frame = latency_quantiles(WORKLOADS["overflow"].run(1, messages=10).run.journal)
    worst = frame[frame["quantile"] == 1.0].iloc[0]

    assert worst["actor"] == "narrow"
    assert worst["in_hand_ms"] == pytest.approx(2.0)
    assert worst["waited_ms"] > 2.0
    assert latency_quantiles(Journal(Clock())).empty
