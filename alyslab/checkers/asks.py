"""Whether questions were answered: to who asked, in time, once, and not through an open breaker."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from alyslab.checkers.evidence import none_of
from alyslab.checkers.verdict import Verdict

if TYPE_CHECKING:
    from alyslab.runtime import Event, Journal

NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000
TIMER_NS = 50 * NS_PER_MS
"""How late a timer may be on the wall clock of a busy machine; in virtual time it never is."""


def check_asks(journal: Journal) -> Verdict:
    """Return whether every answer went to who asked, and every ask ended within its time-out."""
    ended = list(journal.select(kind="ask.ended"))
    answered = [event for event in ended if event.fields["outcome"] == "answered"]
    wrong = [event.as_dict() for event in answered if event.fields["answers"] != event.fields["number"]]
    late = [
        event.as_dict()
        for event in ended
        if event.time_ns - event.fields["asked_ns"] > event.fields["timeout_ms"] * NS_PER_MS + TIMER_NS
    ]
    return Verdict(
        (
            none_of(
                "an answer goes to who asked",
                seen=len(answered),
                broken=len(wrong),
                unit="answers",
                source="the number of the message that the answer is for",
                evidence=wrong[:1],
            ),
            none_of(
                "an ask ends within its time-out",
                seen=len(ended),
                broken=len(late),
                unit="asks",
                source="the time-out of each ask",
                evidence=late[:1],
            ),
        )
    )


def check_effects(journal: Journal) -> Verdict:
    """Return whether each request with a key took effect exactly once, however often it was sent.

    Reads ``request.made`` and ``effect.applied`` (field ``key``), as clients
    and the actor that carries them out record them.
    """
    made = {event.fields["key"]: event for event in journal.select(kind="request.made")}
    applied: dict[int, list[Event]] = {}
    for event in journal.select(kind="effect.applied"):
        applied.setdefault(event.fields["key"], []).append(event)
    missing = [event.as_dict() for key, event in made.items() if key not in applied]
    again = [events[1].as_dict() for events in applied.values() if len(events) > 1]
    source = "at least once on the way, deduplicated where it takes effect"
    return Verdict(
        tuple(
            none_of(name, seen=len(made), broken=len(bad), unit="requests", source=source, evidence=bad[:1])
            for name, bad in (
                ("every request takes effect", missing),
                ("no request takes effect twice", again),
            )
        )
    )


def check_breakers(journal: Journal) -> Verdict:
    """Return whether breakers let calls through and held them back as their policies say."""
    states: dict[str, _Breaker] = {}
    broken = []
    seen = 0
    for event in journal.select(kind=("breaker.created", "breaker.call")):
        if event.kind == "breaker.created":
            states[event.subject] = _Breaker(event.fields)
            continue
        seen += 1
        if not states[event.subject].allows(event):
            broken.append(event.as_dict())
    check = none_of(
        "a breaker holds calls back when it must, and only then",
        seen=seen,
        broken=len(broken),
        unit="calls",
        source="alys v2 ACT/engine, circuit breakers",
        evidence=broken[:1],
    )
    return Verdict((check,))


class _Breaker:
    """What a breaker must be like, from its policy and how its calls went; knows nothing of the real one."""

    def __init__(self, policy: Mapping[str, Any]) -> None:
        self._policy = policy
        self._failures_ns: deque[int] = deque()
        self._open_until_ns = -1
        self._trial = False
        self._successes = 0

    def allows(self, event: Event) -> bool:
        """Return whether this call should have been let through, or held back, as it was."""
        if event.fields["outcome"] == "refused":
            return event.time_ns < self._open_until_ns
        if event.fields["state"] == "closed" and event.time_ns < self._open_until_ns:
            return False
        if self._open_until_ns >= 0 and not self._trial and event.time_ns >= self._open_until_ns:
            self._trial, self._successes = True, 0
        if event.fields["outcome"] == "failed":
            self._failed(event.time_ns)
        else:
            self._went_well()
        return True

    def _failed(self, now_ns: int) -> None:
        window_ns = self._policy["window_s"] * NS_PER_S
        self._failures_ns.append(now_ns)
        while window_ns and self._failures_ns[0] < now_ns - window_ns:
            self._failures_ns.popleft()
        if self._trial or len(self._failures_ns) >= self._policy["failures"]:
            self._open_until_ns = now_ns + round(self._policy["open_s"] * NS_PER_S)
            self._trial = False
            self._failures_ns.clear()

    def _went_well(self) -> None:
        self._failures_ns.clear()
        self._successes += 1
        if self._trial and self._successes >= self._policy["successes"]:
            self._trial, self._open_until_ns = False, -1
