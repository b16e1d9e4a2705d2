"""Whether lives are in order: children end first, then who is depended on, and only the living answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alyslab.checkers.evidence import none_of
from alyslab.checkers.supervision_log import SupervisionLog, as_supervision
from alyslab.checkers.verdict import Check, Verdict

if TYPE_CHECKING:
    from alyslab.runtime import Journal

ALIVE = ("running", "paused", "stopping")


def check_lives(source: Journal | SupervisionLog) -> Verdict:
    """Return whether actors lived and ended in order."""
    log = as_supervision(source)
    return Verdict((_children(log), _shutdown(log), _answers(log), _states(log)))


def _children(log: SupervisionLog) -> Check:
    broken = []
    seen = 0
    for child in log.lives.values():
        parent = log.lives.get(child.fields["parent"])
        if parent is None:
            continue
        ends = [
            event
            for event in parent.states
            if event.fields["after"] in ("stopped", "initializing") and event.seq > child.created.seq
        ]
        for end in ends[:1]:
            seen += 1
            if child.state_at(end.seq)[0] != "stopped":
                broken.append({"child": child.name, **end.as_dict()})
    return none_of(
        "no child outlives its parent",
        seen=seen,
        broken=len(broken),
        unit="children",
        source="a supervised shutdown: children first",
        evidence=broken[:1],
    )


def _shutdown(log: SupervisionLog) -> Check:
    broken = []
    seen = 0
    for life in log.lives.values():
        stopping = life.entered("stopping", "shutdown")
        for needed in life.fields["depends_on"]:
            theirs = log.lives[needed].entered("stopping", "shutdown")
            if not stopping or not theirs:
                continue
            seen += 1
            if life.state_at(theirs[0].seq)[0] != "stopped":
                broken.append({"dependant": life.name, **theirs[0].as_dict()})
    return none_of(
        "an actor outlasts those that depend on it",
        seen=seen,
        broken=len(broken),
        unit="dependencies",
        source="alys v2 ACT/foundation, shutdown order",
        evidence=broken[:1],
    )


def _answers(log: SupervisionLog) -> Check:
    broken = []
    for event in log.answered:
        state, incarnation = log.lives[event.subject].state_at(event.seq)
        if state not in ALIVE or incarnation != event.fields["incarnation"]:
            broken.append({"state": state, **event.as_dict()})
    return none_of(
        "only a living actor answers a health check",
        seen=len(log.answered),
        broken=len(broken),
        unit="answers",
        source="the testing guide, Phase 2, monitor_actor_recovery",
        evidence=broken[:1],
    )


def _states(log: SupervisionLog) -> Check:
    """Hold the state after each restart against what was saved last, or what the actor first got up with."""
    expected: dict[str, str] = {}
    broken = []
    seen = 0
    for event in log.digests:
        if event.fields["moment"] != "recovered" or event.subject not in expected:
            expected[event.subject] = event.fields["digest"]
            continue
        seen += 1
        due = expected[event.subject]
        if event.fields["digest"] != due:
            broken.append({"expected": due, **event.as_dict()})
    return none_of(
        "a restart brings back the state that was saved",
        seen=seen,
        broken=len(broken),
        unit="restarts",
        source="the digest that the actor declares, before and after",
        evidence=broken[:1],
    )
