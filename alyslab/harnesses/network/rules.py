"""Rules on messages: what faults act through.

A rule looks at a message when it is sent and passes it, drops it, delays it,
doubles it or holds it.  Rules are asked in the order in which they were
installed; the first one that does not pass decides.  A guard installs them,
and on its exit they are gone::

    with network.rules.installed(Rule(name="partition", verdict=Drop(), senders=("a",))):
        ...
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alyslab.errors import Problem
from alyslab.harnesses.network.errors import RuleError
from alyslab.harnesses.network.message import Message
from alyslab.harnesses.network.rule import (
    PASS,
    SELECTORS,
    Decision,
    DeliverAfter,
    Drop,
    Duplicate,
    Hold,
    Pass,
    Rule,
)

if TYPE_CHECKING:
    from alyslab.harnesses.network.line import Line
    from alyslab.runtime import Runtime

__all__ = ["PASS", "Decision", "DeliverAfter", "Drop", "Duplicate", "Hold", "Pass", "Rule", "Rules"]


class Rules:
    """The rules of one network, in the order in which they were installed.

    The journal has a row ``net.rule`` for each that comes (``installed`` True)
    or goes: ``verdict``, ``amount`` (ms or copies), ``senders``, ``receivers``,
    ``topics``; the verdict of a function is ``function``.
    """

    def __init__(
        self,
        runtime: Runtime,
        release: Callable[[Line, Message, int], None],
        peers: Collection[str],
        *,
        reverse: bool = False,
    ) -> None:
        self._record = runtime.journal.recorder("net.rule", "installed", "verdict", "amount", *SELECTORS)
        self._peers = peers
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
            If a name is taken, or a rule concerns a peer that does not exist;
            nothing is installed then.
        """
        self.install(*rules)
        try:
            yield
        finally:
            self.remove(*rules)

    def install(self, *rules: Rule) -> None:
        """Install rules without a guard; see :meth:`installed`."""
        problems = list(self._problems(rules))
        if problems:
            raise RuleError(problems)
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
        freed = [parked for rule in rules for parked in self._parked.pop(rule.name, ())]
        freed.sort(key=lambda parked: parked[1].id)  # whichever rule held them, in the order of sending
        for line, message, arrival_ns in freed:
            before = self._holder(line, message.id) if line.fifo else None
            if before is None:
                self._release(line, message, arrival_ns)
            else:
                self._parked[before].append((line, message, arrival_ns))

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
            name = self._holder(line, message.id)
            assert name is not None, "a line with something parked has a rule that holds it"
        else:
            name = rule.name
        line.parked += 1
        self._parked.setdefault(name, []).append((line, message, arrival_ns))

    def _holder(self, line: Line, before: int) -> str | None:
        """Return a rule that holds something of a line that was sent before a message of that number."""
        for name, parked in self._parked.items():
            if any(other is line and message.id < before for other, message, _ in parked):
                return name
        return None

    def _problems(self, rules: Iterable[Rule]) -> Iterator[Problem]:
        for given in rules:
            other: object = given
            if not isinstance(other, Rule):
                yield Problem(
                    where="rules", key="rule", what=f"{other!r} is none", value=other, allowed="a Rule"
                )
                return
        names = [rule.name for rule in (*self._installed, *rules)]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield Problem(where="rules", key="name", what="is taken", value=name, allowed=f"not {name!r}")
        for rule in rules:
            for key, selected in zip(("senders", "receivers"), rule.selected, strict=False):
                for name in sorted(selected or ()):
                    if name not in self._peers:
                        what, known = f"nobody is named {name!r}", ", ".join(sorted(self._peers))
                        where = f"rule {rule.name!r}"
                        yield Problem(where=where, key=key, what=what, value=name, allowed=known)

    def _rank(self) -> None:
        self.active = tuple(reversed(self._installed) if self._reverse else self._installed)

    def _say(self, rule: Rule, *, installed: bool) -> None:
        selectors = (None if names is None else tuple(sorted(names)) for names in rule.selected)
        self._record(rule.name, installed, *rule.described(), *selectors)
