"""What is asked for when an actor is started."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final

from alyslab.errors import Problem
from alyslab.harnesses.actor.actor import Actor
from alyslab.harnesses.actor.backoff import RestartPolicy
from alyslab.harnesses.actor.errors import HandlerError, PolicyError
from alyslab.harnesses.actor.failure import Failure
from alyslab.harnesses.actor.overflow import MailboxPolicy
from alyslab.harnesses.actor.ranges import (
    COUNT,
    SECONDS,
    Allowed,
    OneOf,
    Option,
    Such,
    problems_in,
    problems_of,
)
from alyslab.harnesses.actor.strategy import Strategy
from alyslab.runtime.values import is_text


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
        With every option that can't be what it is.
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
        problems = problems_in(f"actor {self.name!r}", self, _ALLOWED)
        if not problems and self.name in self.depends_on:
            what = "an actor can't depend on itself"
            problems.append(Problem(where=f"actor {self.name!r}", key="depends_on", what=what))
        if problems:
            raise PolicyError(problems)
        object.__setattr__(self, "shutdown", ShutdownClass(self.shutdown))
        for several in ("depends_on", "failures"):
            object.__setattr__(self, several, tuple(getattr(self, several)))


def _options(given: object) -> bool:
    return isinstance(given, Mapping) and all(isinstance(key, str) for key in given)


def _all_of(given: object, fits: Callable[[object], bool]) -> bool:
    return isinstance(given, tuple | list) and all(map(fits, given))


def require_spec(spec: object) -> None:
    """Raise HandlerError for what is asked to be started and is no :class:`ActorSpec`."""
    if not isinstance(spec, ActorSpec):
        what, allowed = f"can't start {spec!r}", "ActorSpec(name=…, kind=…)"
        raise HandlerError(Problem(where="ActorSystem.spawn()", what=what, allowed=allowed))


def require_branch(where: str, name: object, strategy: object, policy: object, **more: Option) -> None:
    """Raise PolicyError with everything that a supervisor, or a system, can't be made with."""
    named: dict[str, Option] = {
        "name": (name, NAME),
        "strategy": (strategy, OneOf(Strategy)),
        "policy": (policy, POLICY),
    }
    if problems := problems_of(f"{where} {name!r}", {**named, **more}):
        raise PolicyError(problems)


NAME: Final = Such(lambda name: bool(name) and is_text(name), "a name, as a str that UTF-8 can write")
POLICY: Final = Such(lambda policy: isinstance(policy, RestartPolicy), "a RestartPolicy")

_ALLOWED: Final[Mapping[str, Allowed]] = {
    "name": NAME,
    "options": Such(_options, "keyword arguments by name"),
    "mailbox": Such(lambda mailbox: isinstance(mailbox, MailboxPolicy), "a MailboxPolicy"),
    "policy": Such(lambda policy: policy is None or policy in POLICY, f"{POLICY}, or None"),
    "attempts": COUNT,
    "depends_on": Such(lambda names: _all_of(names, NAME.fits), "a tuple of names"),
    "shutdown": OneOf(ShutdownClass),
    "failures": Such(
        lambda failures: _all_of(failures, lambda one: isinstance(one, Failure)), "a tuple of Failure"
    ),
    "start_limit_s": SECONDS,
}
