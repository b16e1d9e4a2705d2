"""What happened around a moment of a run: who was hit, what was sent, lost and done; what a diagram draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from alyslab.chaos.conduct import CONVERGES
from alyslab.chaos.incidents import NS_PER_S
from alyslab.chaos.systems import system_named

if TYPE_CHECKING:
    from alyslab.checkers.verdict import Verdict
    from alyslab.runtime import Event, Journal

MOST: Final = 60
"""Messages shown around a broken promise: each may be the one that matters."""
CROWD: Final = 1_000
"""Messages shown after a healing, where it matters who takes part at all."""
BROKEN: Final = "the promise is broken"
SHORT_S: Final = 0.5
"""Shown on the side of the moment that says less: before a healing, after a broken promise; in s."""
LONG_S: Final = 2.0
"""Shown on its other side; both are halved until few enough messages are left."""
LEAST_S: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """A message: from its sending to its handling, or to where it was lost; times in s."""

    sender: str
    receiver: str
    sent_s: float
    ended_s: float
    lost: str
    """Why it was lost; empty if it was handled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A stretch of a run; times in s since it began."""

    begin_s: float
    end_s: float
    at_s: float
    """The moment that it is about."""
    what: str
    """What that moment is."""
    members: tuple[str, ...]
    hits: tuple[tuple[str, str, float, float], ...]
    """Member, fault, begin and end of each fault on each member."""
    arrows: tuple[Arrow, ...]
    done: tuple[tuple[str, float], ...]
    """When each member was served."""


def scene(journal: Journal, verdict: Verdict, check: str) -> Scene:
    """Return what surrounds a violation: the row that broke the promise, or the last healing.

    Liveness is broken by no single row; what follows the last healing shows why.

    Raises
    ------
    ValueError
        If the journal is of no plan, or nothing was sent in it.
    """
    header = next(journal.select(kind="chaos.plan"), None)
    if header is None:
        raise ValueError("this journal has no row chaos.plan: no plan was run in it")
    at_ns, what = _moment(journal, verdict, check)
    arrows = [_arrow(event) for event in journal.select(kind=("net.message", "net.drop"))]
    if not arrows:
        raise ValueError("nothing to draw: no message was sent in this run")
    before_s, after_s, most = (LONG_S, SHORT_S, MOST) if what == BROKEN else (SHORT_S, LONG_S, CROWD)
    while True:
        begin_s, end_s = at_ns / NS_PER_S - before_s, at_ns / NS_PER_S + after_s
        shown = [arrow for arrow in arrows if begin_s <= arrow.sent_s and arrow.ended_s <= end_s]
        if len(shown) <= most or min(before_s, after_s) <= LEAST_S:
            break
        before_s, after_s = before_s / 2, after_s / 2
    spec = system_named(header.subject)
    served = [
        (member, event.time_ns / NS_PER_S)
        for event in journal.select(kind=spec.signals.kinds)
        for member, good in spec.signals.read(event)
        if good and begin_s <= event.time_ns / NS_PER_S <= end_s
    ]
    return Scene(
        begin_s=begin_s,
        end_s=end_s,
        at_s=at_ns / NS_PER_S,
        what=what,
        members=tuple(header.fields["members"].split()),
        hits=tuple(_hits(journal, begin_s, end_s)),
        arrows=tuple(shown[:most]),
        done=tuple(served),
    )


def _moment(journal: Journal, verdict: Verdict, check: str) -> tuple[int, str]:
    failed = next((one for one in verdict.failed if one.name == check), None)
    if failed is not None and check != CONVERGES:
        times = [row["time_ns"] for row in failed.evidence if isinstance(row.get("time_ns"), int)]
        if times:
            return times[-1], BROKEN
    healed = list(journal.select(kind="chaos.healed"))
    return (healed[-1].time_ns, "the last fault is healed") if healed else (journal[-1].time_ns, "the end")


def _arrow(event: Event) -> Arrow:
    return Arrow(
        sender=event.fields["sender"],
        receiver=event.subject,
        sent_s=event.fields["sent_ns"] / NS_PER_S,
        ended_s=event.time_ns / NS_PER_S,
        lost=event.fields["cause"] if event.kind == "net.drop" else "",
    )


def _hits(journal: Journal, begin_s: float, end_s: float) -> list[tuple[str, str, float, float]]:
    healed = {event.subject: event.time_ns / NS_PER_S for event in journal.select(kind="chaos.healed")}
    found = []
    for event in journal.select(kind="chaos.injected"):
        from_s, until_s = event.time_ns / NS_PER_S, healed.get(event.subject, end_s)
        if from_s <= end_s and until_s >= begin_s:
            span = max(from_s, begin_s), min(until_s, end_s)
            found += [(member, event.fields["fault"], *span) for member in event.fields["targets"].split()]
    return found
