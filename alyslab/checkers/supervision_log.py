"""The lives of actors as a journal shows them: who supervises whom, each state, each failure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alyslab.runtime import Event, Journal

UP = ("running", "paused")


@dataclass(frozen=True, slots=True)
class LifeLog:
    """One actor's states."""

    created: Event
    """The row with its supervisor, parent and policy."""
    states: list[Event] = field(default_factory=list)
    """Its rows ``actor.state``, in order."""

    @property
    def name(self) -> str:
        """The actor's name."""
        return self.created.subject

    @property
    def fields(self) -> Mapping[str, Any]:
        """What was said of it when it was created."""
        return self.created.fields

    def state_at(self, seq: int) -> tuple[str, int]:
        """Return its state and incarnation just before row ``seq``."""
        place = bisect_right([event.seq for event in self.states], seq - 1)
        if not place:
            return "initializing", 0
        last = self.states[place - 1].fields
        return last["after"], last["incarnation"]

    def entered(self, state: str, cause: str | None = None) -> list[Event]:
        """Return the rows with which it entered a state, of any cause or of one."""
        return [
            event
            for event in self.states
            if event.fields["after"] == state and (cause is None or event.fields["cause"] == cause)
        ]


@dataclass(frozen=True, slots=True)
class SupervisionLog:
    """Everything about lives in a journal."""

    lives: dict[str, LifeLog]
    """By actor, in the order of creation."""
    supervisors: dict[str, Event]
    """The row with which each supervisor was created."""
    escalated: list[Event]
    failed: list[Event]
    digests: list[Event]
    answered: list[Event]
    """Rows ``health.answered``."""
    restarted: list[Event]
    """Rows with which whole branches came back, from where restarts are counted anew."""
    end_ns: int
    """Time of the journal's last row."""

    @classmethod
    def read(cls, journal: Journal) -> SupervisionLog:
        """Read a journal; kinds that concern no life are passed over."""
        log = cls({}, {}, [], [], [], [], [], journal[-1].time_ns if len(journal) else 0)
        lists = {
            "supervisor.escalated": log.escalated,
            "supervisor.restarted": log.restarted,
            "actor.failed": log.failed,
            "actor.digest": log.digests,
            "health.answered": log.answered,
        }
        for event in journal.select(kind=("actor.created", "actor.state", "supervisor.created", *lists)):
            if event.kind == "actor.created":
                log.lives[event.subject] = LifeLog(event)
            elif event.kind == "actor.state":
                log.lives[event.subject].states.append(event)
            elif event.kind == "supervisor.created":
                log.supervisors[event.subject] = event
            else:
                lists[event.kind].append(event)
        return log

    def counting_since(self, name: str, seq: int) -> int:
        """Return the row at which an actor's supervisor began to count anew before ``seq``; 0 if never."""
        above = self.lives[name].fields["supervisor"]
        rows = [event.seq for event in self.restarted if event.subject == above and event.seq < seq]
        return rows[-1] if rows else 0

    def siblings(self, name: str) -> list[LifeLog]:
        """Return the other actors of the same supervisor, in the order of creation."""
        above = self.lives[name].fields["supervisor"]
        return [
            life for life in self.lives.values() if life.fields["supervisor"] == above and life.name != name
        ]


def as_supervision(source: Journal | SupervisionLog) -> SupervisionLog:
    """Return the lives of a journal, or the log itself."""
    return source if isinstance(source, SupervisionLog) else SupervisionLog.read(source)
