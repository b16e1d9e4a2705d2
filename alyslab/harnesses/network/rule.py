"""A rule on messages: which ones it concerns, and what happens to them.

It says so in one of two ways: as data (``verdict`` for the messages that
``senders``, ``receivers`` and ``topics`` select), which the journal keeps and a
checker can hold against what happened, or as a function ``decide``, which
nobody can look into.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Final

from alyslab.errors import Problem
from alyslab.harnesses.network.bounds import LATENCY_MS
from alyslab.harnesses.network.errors import RuleError
from alyslab.harnesses.network.message import Message

CAUSES: Final = ("loss", "queue", "down", "disconnected", "reset", "late", "corrupt")
"""Causes of a ``net.drop`` that are no rule's; no rule may bear one of these names."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Leave the message to the rules behind, and to the link."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Lose the message; the journal names the rule."""


@dataclass(frozen=True, slots=True)
class DeliverAfter:
    """Add to the message's latency; raises :class:`RuleError` for less than nothing."""

    delay_ms: float
    """What is added, in ms."""

    def __post_init__(self) -> None:
        found = LATENCY_MS.problem("rule", "delay_ms", self.delay_ms)
        if found is not None:
            raise RuleError(found)


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Deliver copies too, each with a latency of its own; raises :class:`RuleError` for none."""

    copies: int = 1
    """How many more arrive."""

    def __post_init__(self) -> None:
        if type(self.copies) is not int or not 1 <= self.copies <= 1_000:
            raise _bad("copies", f"is {self.copies!r}", self.copies, "a whole number from 1 to 1000")


@dataclass(frozen=True, slots=True)
class Hold:
    """Keep the message until the rule goes; then deliver it, not before its time and in its order."""


Decision = Pass | Drop | DeliverAfter | Duplicate | Hold
PASS: Final = Pass()
SELECTORS: Final = ("senders", "receivers", "topics")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What happens to some messages, as data or as a function.

    Raises
    ------
    RuleError
        If it has no name, one that stands for a cause of loss already, or not
        exactly one of ``verdict`` and ``decide``.
    """

    name: str
    """What the journal calls it; unique among those installed."""
    verdict: Decision | None = None
    """What happens to the messages selected."""
    senders: Collection[str] | None = None
    """Whose messages; None: everybody's."""
    receivers: Collection[str] | None = None
    """To whom; None: to anybody."""
    topics: Collection[str] | None = None
    """On which topics; None: on all."""
    decide: Callable[[Message], Decision] | None = None
    """Instead: a function of the message, deterministic and without a side effect."""
    selected: tuple[frozenset[str] | None, ...] = field(init=False, repr=False, compare=False)
    """``senders``, ``receivers`` and ``topics`` as sets."""

    def __post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise RuleError(problems)
        given = (getattr(self, name) for name in SELECTORS)
        object.__setattr__(
            self, "selected", tuple(None if names is None else frozenset(names) for names in given)
        )

    def _problems(self) -> Iterator[Problem]:
        def problem(key: str, what: str, value: object, allowed: str) -> Problem:
            return Problem(where=f"rule {self.name!r}", key=key, what=what, value=value, allowed=allowed)

        if not isinstance(self.name, str) or not self.name:
            yield problem("name", "not a name", self.name, "a string")
        elif self.name in CAUSES:
            yield problem("name", "stands for a cause of loss", self.name, f"none of {', '.join(CAUSES)}")
        if (self.verdict is None) == (self.decide is None):
            yield problem(
                "verdict", "a rule has a verdict or decides", self.verdict, "one of verdict, decide"
            )
        decide: object = self.decide
        if decide is not None and not callable(decide):
            yield problem("decide", f"is {decide!r}", decide, "a function of a message")
        verdict: object = self.verdict
        if verdict is not None and not isinstance(verdict, Decision):
            yield problem("verdict", f"{verdict!r} is none", verdict, "Pass, Drop, …")
        for name in SELECTORS:
            value = getattr(self, name)
            if value is not None and not _are_names(value):
                yield problem(name, f"is {value!r}", value, "None, or a collection of names")
            elif value is not None and self.decide is not None:
                yield problem(name, "has no effect beside decide", value, "None")

    def decision(self, message: Message) -> Decision:
        """Return what happens to the message; raises :class:`RuleError` if ``decide`` answers otherwise."""
        if self.decide is not None:
            decision = self.decide(message)
            if not isinstance(decision, Decision):
                raise _bad("decide", f"returned {decision!r}", decision, "Pass, Drop, …", rule=self.name)
            return decision
        senders, receivers, topics = self.selected
        concerned = (
            (senders is None or message.sender in senders)
            and (receivers is None or message.receiver in receivers)
            and (topics is None or message.topic in topics)
        )
        return self.verdict if concerned and self.verdict is not None else PASS

    def described(self) -> tuple[str, float]:
        """Return the verdict as the journal keeps it: its name, and its ms or copies."""
        match self.verdict:
            case None:
                return "function", 0.0
            case DeliverAfter(delay_ms):
                return "deliver_after", float(delay_ms)
            case Duplicate(copies):
                return "duplicate", float(copies)
            case other:
                return type(other).__name__.lower(), 0.0


def _are_names(value: object) -> bool:
    return (
        isinstance(value, Collection)
        and not isinstance(value, str | bytes)
        and all(isinstance(name, str) for name in value)
    )


def _bad(key: str, what: str, value: object, allowed: str, *, rule: str | None = None) -> RuleError:
    where = "rule" if rule is None else f"rule {rule!r}"
    return RuleError(Problem(where=where, key=key, what=what, value=value, allowed=allowed))
