"""Rules on messages: what faults act through.

A rule looks at a message when it is sent and passes it, drops it, delays it,
doubles it or holds it.  Rules are asked in the order in which they were
installed; the first one that does not pass decides.  A guard installs them,
and on its exit they are gone::

    with network.rules.installed(Rule(name="partition", verdict=Drop(), senders=("a",))):
        ...

A rule says what it decides in one of two ways: as data (``verdict`` for the
messages that ``senders``, ``receivers`` and ``topics`` select), which the
journal keeps and a checker can hold against what happened, or as a function
``decide``, which nobody can look into.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from alyslab.errors import Problem
from alyslab.harnesses.network.errors import RuleError
from alyslab.harnesses.network.message import Message

if TYPE_CHECKING:
    from alyslab.harnesses.network.line import Line
    from alyslab.runtime import Runtime

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
        if not (isinstance(self.delay_ms, int | float) and 0 <= self.delay_ms < math.inf):
            raise _bad("delay_ms", f"is {self.delay_ms!r}", self.delay_ms, "0 or more, finite")


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
_SELECTORS: Final = ("senders", "receivers", "topics")


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
    _sets: tuple[frozenset[str] | None, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise RuleError(problems)
        given = (getattr(self, name) for name in _SELECTORS)
        object.__setattr__(
            self, "_sets", tuple(None if names is None else frozenset(names) for names in given)
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
        verdict: object = self.verdict
        if verdict is not None and not isinstance(verdict, Decision):
            yield problem("verdict", f"{verdict!r} is none", verdict, "Pass, Drop, …")
        for name in _SELECTORS:
            value = getattr(self, name)
            if isinstance(value, str):
                yield problem(name, "a single name", value, "a collection of names")
            elif value is not None and self.decide is not None:
                yield problem(name, "has no effect beside decide", value, "None")

    def decision(self, message: Message) -> Decision:
        """Return what happens to the message; raises :class:`RuleError` if ``decide`` answers otherwise."""
        if self.decide is not None:
            decision = self.decide(message)
            if not isinstance(decision, Decision):
                raise _bad("decide", f"returned {decision!r}", decision, "Pass, Drop, …", rule=self.name)
            return decision
        senders, receivers, topics = self._sets
        selected = (
            (senders is None or message.sender in senders)
            and (receivers is None or message.receiver in receivers)
            and (topics is None or message.topic in topics)
        )
        return self.verdict if selected and self.verdict is not None else PASS


class Rules:
    """The rules of one network, in the order in which they were installed.

    The journal has a row ``net.rule`` for each that comes (``installed`` True)
    or goes: ``verdict``, ``amount`` (ms or copies), ``senders``, ``receivers``,
    ``topics``; the verdict of a function is ``function``.
    """

    def __init__(
        self, runtime: Runtime, release: Callable[[Line, Message, int], None], *, reverse: bool = False
    ) -> None:
        self._record = runtime.journal.recorder("net.rule", "installed", "verdict", "amount", *_SELECTORS)
        self._release = release
        self._reverse = reverse
        self._installed: list[Rule] = []
        self._parked: dict[str, list[tuple[Line, Message, int]]] = {}
        self.active: tuple[Rule, ...] = ()
        """Those that are installed, in the order of asking."""

    @contextmanager
    def installed(self, *rules: Rule) -> Iterator[None]:
        """Install rules behind those that are there, until the block ends.

        Raises
        ------
        RuleError
            If a name is taken; nothing is installed then.
        """
        self.install(*rules)
        try:
            yield
        finally:
            self.remove(*rules)

    def install(self, *rules: Rule) -> None:
        """Install rules without a guard; see :meth:`installed`."""
        names = [rule.name for rule in (*self._installed, *rules)]
        taken = sorted({name for name in names if names.count(name) > 1})
        if taken:
            raise RuleError(
                Problem(where="rules", key="name", what="is taken", value=name, allowed=f"not {name!r}")
                for name in taken
            )
        for rule in rules:
            self._installed.append(rule)
            self._say(rule, installed=True)
        self._rank()

    def remove(self, *rules: Rule) -> None:
        """Take rules away; what they held goes on.  Rules that are gone already are passed over."""
        for rule in rules:
            if rule in self._installed:
                self._installed.remove(rule)
                self._say(rule, installed=False)
        self._rank()
        for rule in rules:
            for parked in self._parked.pop(rule.name, ()):
                self._release(*parked)

    def decide(self, message: Message) -> tuple[Rule | None, Decision]:
        """Return the first decision that is not to pass, and whose it is."""
        for rule in self.active:
            decision = rule.decision(message)
            if not isinstance(decision, Pass):
                return rule, decision
        return None, PASS

    def park(self, rule: Rule | None, line: Line, message: Message, arrival_ns: int) -> None:
        """Hold a message for a rule; None: behind what its FIFO link has parked already."""
        if rule is None:
            name = next(name for name, parked in reversed(self._parked.items()) if _holds(parked, line))
        else:
            name = rule.name
        line.parked += 1
        self._parked.setdefault(name, []).append((line, message, arrival_ns))

    def _rank(self) -> None:
        self.active = tuple(reversed(self._installed) if self._reverse else self._installed)

    def _say(self, rule: Rule, *, installed: bool) -> None:
        selectors = (None if names is None else tuple(sorted(names)) for names in rule._sets)
        self._record(rule.name, installed, *_described(rule), *selectors)


def _holds(parked: Iterable[tuple[Line, Message, int]], line: Line) -> bool:
    return any(other is line for other, _, _ in parked)


def _described(rule: Rule) -> tuple[str, float]:
    match rule.verdict:
        case None:
            return "function", 0.0
        case DeliverAfter(delay_ms):
            return "deliver_after", float(delay_ms)
        case Duplicate(copies):
            return "duplicate", float(copies)
        case other:
            return type(other).__name__.lower(), 0.0


def _bad(key: str, what: str, value: object, allowed: str, *, rule: str | None = None) -> RuleError:
    where = "rule" if rule is None else f"rule {rule!r}"
    return RuleError(Problem(where=where, key=key, what=what, value=value, allowed=allowed))
