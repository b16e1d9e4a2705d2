"""What is ready to run, in order or by choice.

Both queues hold :data:`Entry` tuples and have ``append``, ``popleft``, ``take``
and a length, so that the loop need not know which it has.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from contextvars import Context
from itertools import count
from typing import Any

from alyslab.runtime.callback import CALLBACK, Callback
from alyslab.runtime.strategy import Strategy

Entry = tuple[int, Callable[..., object], tuple[Any, ...], Context] | Callback
"""Task number or :data:`CALLBACK`, what to call, with what, in which context."""


class InOrder(deque[Entry]):
    """First in, first out, as in stock asyncio."""

    __slots__ = ()

    def take(self, tasks: frozenset[int]) -> list[Entry]:
        """Take the steps of these tasks out, in their order."""
        taken = [entry for entry in self if entry[0] in tasks]
        kept = [entry for entry in self if entry[0] not in tasks]
        self.clear()
        self.extend(kept)
        return taken


class ByChoice:
    """A strategy chooses among task steps; a callback runs before every step that became ready after it.

    With the choice 0 each time, the order is that of :class:`InOrder`.
    """

    def __init__(self, strategy: Strategy) -> None:
        self.choices: list[int] = []
        """The answers so far, one for each moment with two or more steps."""
        self._strategy = strategy
        self._arrivals = count()
        self._steps: list[tuple[int, Entry]] = []
        self._tasks: list[int] = []  # the task numbers of _steps, as the strategy wants them
        self._callbacks: deque[tuple[int, Entry]] = deque()
        self._chosen: int | None = None  # kept while older callbacks run first

    def __len__(self) -> int:
        return len(self._steps) + len(self._callbacks)

    def append(self, entry: Entry) -> None:
        """Add an entry behind all others."""
        item = (next(self._arrivals), entry)
        if entry[0] == CALLBACK:
            self._callbacks.append(item)
            return
        if not entry[2]:  # a step without a future that woke it: the task gave way, or begins
            self._strategy.yielded(entry[0])
        self._steps.append(item)
        self._tasks.append(entry[0])

    def extend(self, entries: Iterable[Entry]) -> None:
        """Add entries behind all others, in their order."""
        for entry in entries:
            self.append(entry)

    def popleft(self) -> Entry:
        """Take the chosen step, or first a callback that became ready before it."""
        steps, callbacks = self._steps, self._callbacks
        if not steps:
            return callbacks.popleft()[1]
        if self._chosen is None:
            self._chosen = self._choose()
        if callbacks and callbacks[0][0] < steps[self._chosen][0]:
            return callbacks.popleft()[1]
        index, self._chosen = self._chosen, None
        del self._tasks[index]
        return steps.pop(index)[1]

    def take(self, tasks: frozenset[int]) -> list[Entry]:
        """Take the steps of these tasks out, in their order; a choice that was made is made anew."""
        taken = [entry for _, entry in self._steps if entry[0] in tasks]
        self._steps = [item for item in self._steps if item[1][0] not in tasks]
        self._tasks = [entry[0] for _, entry in self._steps]
        self._chosen = None
        return taken

    def clear(self) -> None:
        """Forget everything."""
        self._steps.clear()
        self._tasks.clear()
        self._callbacks.clear()

    def _choose(self) -> int:
        if len(self._steps) == 1:
            return 0
        choice = self._strategy.choose(self._tasks)
        self.choices.append(choice)
        return choice
