"""What is asked for when an actor is started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from alyslab.errors import Problem
from alyslab.harnesses.actor.actor import Actor
from alyslab.harnesses.actor.backoff import RestartPolicy
from alyslab.harnesses.actor.errors import PolicyError
from alyslab.harnesses.actor.failure import Failure
from alyslab.harnesses.actor.overflow import MailboxPolicy


class ShutdownClass(IntEnum):
    """When an actor stops as the system shuts down; lower numbers first.

    Source: alys v2 ACT/foundation (shutdown priorities).
    """

    BACKGROUND = 1_000
    NORMAL = 2_000
    HIGH = 3_000
    CRITICAL = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorSpec:
    """One actor: its class and everything that the system needs to run it.

    Raises
    ------
    PolicyError
        For a time limit or a number of attempts that is out of range.
    """

    name: str
    """Unique in the system; the subject of the actor's rows."""
    kind: type[Actor]
    """Its class; the name of the class is its type in discovery."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Keyword arguments of the class, the same at each restart."""
    mailbox: MailboxPolicy = field(default_factory=MailboxPolicy)
    policy: RestartPolicy | None = None
    """When it is restarted; by default as its supervisor says."""
    attempts: int = 1
    """How often a message whose handler fails is handed over in all; 1 is at most once."""
    depends_on: tuple[str, ...] = ()
    """Actors that must outlast this one when the system shuts down."""
    shutdown: ShutdownClass = ShutdownClass.NORMAL
    failures: tuple[Failure, ...] = ()
    """What the laboratory makes go wrong."""
    start_limit_s: float = 30.0
    """Longest time for ``started()``, in s.  Source: alys v2 crates/actor_system/src/lifecycle.rs."""

    def __post_init__(self) -> None:
        problems = [
            Problem(where=f"actor {self.name!r}", key=key, what="out of range", value=value, allowed=allowed)
            for key, value, wrong, allowed in (
                ("name", self.name, not self.name or not isinstance(self.name, str), "a name"),
                ("attempts", self.attempts, self.attempts < 1, "1 or more"),
                ("start_limit_s", self.start_limit_s, self.start_limit_s <= 0, "above 0"),
                ("depends_on", self.depends_on, self.name in self.depends_on, "other actors"),
            )
            if wrong
        ]
        if problems:
            raise PolicyError(problems)
