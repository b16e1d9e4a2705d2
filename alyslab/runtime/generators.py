"""The async generators of a simulation: who iterates over them, and who closes them.

Python hands an abandoned async generator to the event loop
(``sys.set_asyncgen_hooks``).  Here it is closed in a task of its own while the
simulation runs, and at the beginning of the next run if it was abandoned
between two.
"""

from __future__ import annotations

import weakref
from collections.abc import AsyncGenerator, Callable, Coroutine
from itertools import count
from typing import Any

Generator = AsyncGenerator[Any, Any]


class Generators:
    """Remembers async generators in the order of their first iteration, each with its owner.

    Parameters
    ----------
    owner
        Says to which node the code that runs belongs; None for none.
    """

    def __init__(self, owner: Callable[[], object]) -> None:
        self.owner = owner
        self.run: Callable[[Coroutine[Any, Any, Any]], object] | None = None
        """Runs a coroutine in a task; None between two runs."""
        self._numbers = count()
        self._known: dict[int, tuple[weakref.ref[Generator], object]] = {}
        self._abandoned: list[Generator] = []
        self._over = False

    def first_iteration(self, generator: Generator) -> None:
        """Remember a generator; Python's first hook."""
        number = next(self._numbers)
        self._known[number] = (weakref.ref(generator, lambda _: self._known.pop(number, None)), self.owner())

    def finalise(self, generator: Generator) -> None:
        """Close an abandoned generator as soon as a task can; Python's second hook."""
        if self.run is not None:
            self.run(generator.aclose())
        elif not self._over:
            self._abandoned.append(generator)

    def begin(self, run: Callable[[Coroutine[Any, Any, Any]], object]) -> None:
        """Close from now on by ``run``, first what was abandoned since the last run."""
        self.run = run
        abandoned, self._abandoned = self._abandoned, []
        for generator in abandoned:
            run(generator.aclose())

    def pause(self) -> None:
        """Keep what is abandoned until the next run begins."""
        self.run = None

    def end(self) -> None:
        """Let go of everything; what is abandoned from now on is not closed."""
        self._over, self.run = True, None
        self._known.clear()
        self._abandoned.clear()

    def open(self) -> list[Generator]:
        """Return those that are not closed yet."""
        found = [reference() for _, (reference, _) in sorted(self._known.items(), key=_number)]
        return [generator for generator in found if generator is not None]

    def take(self, owner: object) -> list[Generator]:
        """Take out what crashed code was iterating over, so that it is not closed as if it had lived on."""
        taken = []
        for number, (reference, of) in sorted(self._known.items(), key=_number):
            generator = reference()
            if of is owner and generator is not None:
                taken.append(generator)
                del self._known[number]
        return taken


def _number(item: tuple[int, Any]) -> int:
    return item[0]
