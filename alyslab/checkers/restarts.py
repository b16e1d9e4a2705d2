"""Whether supervisors restarted what failed, within limits and after the delay, or passed it on.

Limits are read from the rows with which actors were created; what happened,
from the states that actors entered.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from alyslab.checkers.evidence import none_of
from alyslab.checkers.supervision_log import UP, LifeLog, SupervisionLog, as_supervision
from alyslab.checkers.verdict import Check, Verdict

if TYPE_CHECKING:
    from alyslab.runtime import Event, Journal

NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000
REACTION_NS = 100 * NS_PER_MS
"""How long a supervisor may take to react, which in virtual time it does at once."""
SOURCE = "alys v2 crates/actor_system/src/supervisor.rs"


def check_restarts(source: Journal | SupervisionLog) -> Verdict:
    """Return whether every failure was answered as the policies of its actor and supervisor say."""
    log = as_supervision(source)
    return Verdict(
        (
            _limits(log),
            _escalations(log),
            _nobody_left(log),
            _delays(log),
            _groups(log),
            _isolation(log),
        )
    )


def own_restarts(log: SupervisionLog, life: LifeLog) -> list[list[Event]]:
    """Return the rows in which an actor went down because it failed itself.

    One list for each stretch between restarts of its whole branch, after which
    counting begins anew.
    """
    stretches: dict[int, list[Event]] = {}
    for event in life.entered("restarting", "failed"):
        stretches.setdefault(log.counting_since(life.name, event.seq), []).append(event)
    return list(stretches.values())


def _limits(log: SupervisionLog) -> Check:
    broken: list[Mapping[str, Any]] = []
    seen = 0
    for life in log.lives.values():
        limit, window_ns = life.fields["limit"], life.fields["window_s"] * NS_PER_S
        for stretch in own_restarts(log, life):
            times = [event.time_ns for event in stretch]
            seen += len(times)
            for place, time_ns in enumerate(times):
                counted = place + 1 - bisect_left(times, time_ns - window_ns + 1)
                if counted > limit:
                    broken.append(
                        {"actor": life.name, "time_ns": time_ns, "restarts": counted, "limit": limit}
                    )
                    break
    name = "restarts stay within the limit of their window"
    return none_of(name, seen=seen, broken=len(broken), unit="actors", source=SOURCE, evidence=broken[:1])


def _escalations(log: SupervisionLog) -> Check:
    broken = []
    seen = 0
    for event in log.escalated:
        life = log.lives.get(event.fields["child"])
        if life is None:
            continue  # a whole branch failed: its own restarts are not an actor's
        seen += 1
        window_ns = life.fields["window_s"] * NS_PER_S
        since = log.counting_since(life.name, event.seq)
        # Failures, not restarts: a restart that a sibling's took over was spent all the same.
        counted = [
            failed
            for failed in life.entered("failed")
            if since < failed.seq < event.seq and event.time_ns - window_ns < failed.time_ns
        ]
        if len(counted) <= life.fields["limit"]:
            broken.append({"failures_in_window": len(counted), **event.as_dict()})
    name = "a supervisor escalates only at the limit"
    return none_of(
        name, seen=seen, broken=len(broken), unit="escalations", source=SOURCE, evidence=broken[:1]
    )


def _nobody_left(log: SupervisionLog) -> Check:
    broken = []
    seen = 0
    for life in log.lives.values():
        for place, event in enumerate(life.states):
            if event.fields["after"] != "failed":
                continue
            seen += 1
            following = life.states[place + 1].time_ns if place + 1 < len(life.states) else log.end_ns
            if following - event.time_ns > REACTION_NS:
                broken.append(event.as_dict())
    name = "a failed actor is restarted, or its failure is passed on"
    return none_of(name, seen=seen, broken=len(broken), unit="failures", source=SOURCE, evidence=broken[:1])


def _delays(log: SupervisionLog) -> Check:
    broken = []
    seen = 0
    for life in log.lives.values():
        for failed, down, begun, attempt in _waits(log, life):
            seen += 1
            due_ms = _delay_ms(life.fields, attempt)
            waited_ms = (begun.time_ns - failed.time_ns) / NS_PER_MS
            if waited_ms < due_ms * 0.999:  # times are whole ns, and a wall clock's timer may fire early
                broken.append(
                    {"waited_ms": waited_ms, "due_ms": due_ms, "attempt": attempt, **down.as_dict()}
                )
    name = "a restart waits as long as its back-off says"
    return none_of(name, seen=seen, broken=len(broken), unit="restarts", source=SOURCE, evidence=broken[:1])


def _waits(log: SupervisionLog, life: LifeLog) -> Iterator[tuple[Event, Event, Event, int]]:
    """Yield (failed, restarting, initializing, attempt) of restarts that no other restart took over."""
    window_ns = life.fields["window_s"] * NS_PER_S
    times: list[int] = []
    since = 0
    for place, event in enumerate(life.states[:-1]):
        following = life.states[place + 1]
        if event.fields["after"] != "restarting" or event.fields["cause"] != "failed":
            continue
        if (begun_anew := log.counting_since(life.name, event.seq)) > since:
            times, since = [], begun_anew
        times = [time_ns for time_ns in times if time_ns > event.time_ns - window_ns] + [event.time_ns]
        if following.fields["after"] == "initializing" and following.fields["cause"] == "failed":
            yield life.states[place - 1], event, following, len(times)


def _delay_ms(fields: Mapping[str, Any], attempt: int) -> float:
    """Return the delay that a policy asks for; as in ``RestartPolicy.delay_ms``, from the fields of a row."""
    if fields["backoff"] == "immediate":
        return 0.0
    grown: float = fields["initial_ms"] * fields["factor"] ** (attempt - 1)
    longest: float = fields["max_ms"]
    return min(grown, longest)


def _groups(log: SupervisionLog) -> Check:
    """Hold strategies to their siblings: who was up goes down before the failed one is back."""
    broken = []
    seen = 0
    order = {name: place for place, name in enumerate(log.lives)}
    for life in log.lives.values():
        strategy = log.supervisors[life.fields["supervisor"]].fields["strategy"]
        if strategy == "one_for_one":
            continue
        for failed, _, begun, _ in _waits(log, life):
            for other in log.siblings(life.name):
                if strategy == "rest_for_one" and order[other.name] < order[life.name]:
                    continue
                if other.state_at(failed.seq)[0] not in UP or other.created.seq > failed.seq:
                    continue
                seen += 1
                went_down = any(
                    failed.seq < event.seq < begun.seq for event in other.states if not _up(event)
                )
                if not went_down:
                    broken.append({"sibling": other.name, "strategy": strategy, **failed.as_dict()})
    name = "siblings go down with an actor as the strategy says"
    return none_of(name, seen=seen, broken=len(broken), unit="siblings", source=SOURCE, evidence=broken[:1])


def _up(event: Event) -> bool:
    return event.fields["after"] in UP


def _isolation(log: SupervisionLog) -> Check:
    """Hold isolation both ways: isolated siblings are never paused; others are, until the actor is back."""
    broken = []
    seen = 0
    for life in log.lives.values():
        for failed, down, begun, _ in _waits(log, life):
            for other in log.siblings(life.name):
                if begun.time_ns == down.time_ns or other.state_at(failed.seq)[0] != "running":
                    continue
                seen += 1
                paused = [
                    event
                    for event in other.entered("paused", "isolation")
                    if down.seq < event.seq < begun.seq
                ]
                alone = _isolated_alone(log, life, down, begun)
                left = any(failed.seq < event.seq <= begun.seq for event in other.states)
                if (life.fields["isolate"] and alone and paused) or (not life.fields["isolate"] and not left):
                    broken.append({"sibling": other.name, **down.as_dict()})
    name = "siblings go on or pause as the isolation says"
    return none_of(name, seen=seen, broken=len(broken), unit="siblings", source=SOURCE, evidence=broken[:1])


def _isolated_alone(log: SupervisionLog, life: LifeLog, down: Event, begun: Event) -> bool:
    """Return whether no sibling without isolation was down meanwhile: that pauses the others by right."""
    return all(
        other.fields["isolate"]
        or (
            not any(down.time_ns <= event.time_ns <= begun.time_ns for event in other.entered("restarting"))
            and other.state_at(down.seq)[0] in UP
        )
        for other in log.siblings(life.name)
    )
