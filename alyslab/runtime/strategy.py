"""Which of several ready tasks runs next.

A strategy is asked only when two or more task steps are ready, and answers
with an index into them in the order in which they became ready.  Index 0 is
what stock asyncio would do.  Callbacks are never reordered: one runs before
every task step that became ready after it.

The list of answers is the run's *choices*.  Given to :class:`Recorded`, it
repeats the run; shortened or with entries set to 0, it is a simpler schedule,
which is what shrinking works on.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol

from alyslab.errors import BadInputError, Problem

NAMES = ("fifo", "random", "pct", "recorded")


class Strategy(Protocol):
    """Chooses among ready task steps."""

    spec: str
    """What :func:`make_strategy` makes the same strategy from, given the seed."""

    def choose(self, ready: Sequence[int]) -> int:
        """Return an index into ``ready``, the numbers (two or more) of the tasks that could go on."""
        ...

    def yielded(self, task: int) -> None:
        """Learn that the task gave way without waiting for anything (its first step included)."""
        ...


class Fifo:
    """First in, first out: the order of stock asyncio."""

    spec = "fifo"

    def choose(self, ready: Sequence[int]) -> int:  # noqa: ARG002 - the protocol's
        """Return 0."""
        return 0

    def yielded(self, task: int) -> None:
        """Do nothing."""


class SeededRandom:
    """Any ready task, with equal chance; consumes one draw a choice."""

    spec = "random"

    def __init__(self, rng: random.Random) -> None:
        self._random = rng.random

    def choose(self, ready: Sequence[int]) -> int:
        """Return a uniformly drawn index."""
        return int(self._random() * len(ready))

    def yielded(self, task: int) -> None:
        """Do nothing."""


class Pct:
    """Probabilistic concurrency testing: run by random priorities, lowered at few random moments.

    A bug that needs ``depth`` ordering constraints among n tasks and k choices
    is met with probability of at least 1 / (n · k^(depth-1)) a run.  A task
    that yields in a spin drops below all others, or it would starve them.

    Source: Burckhardt, Kothari, Musuvathi, Nagarakatte, "A Randomized
    Scheduler with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010.

    Parameters
    ----------
    rng
        The run's stream for scheduling.
    depth
        Ordering constraints to aim at, 1 or more; one change point fewer.
    horizon
        Choices among which the change points are spread, at least ``depth``.
    """

    def __init__(self, rng: random.Random, depth: int = 3, horizon: int = 1_000) -> None:
        self.spec = "pct" if (depth, horizon) == (3, 1_000) else f"pct:{depth}:{horizon}"
        self._rng = rng
        self._priority: dict[int, float] = {}
        self._lowest = 0.0
        self._change_at = frozenset(rng.sample(range(1, horizon + 1), depth - 1))
        self._choices = 0

    def choose(self, ready: Sequence[int]) -> int:
        """Return the index of the highest priority; at a change point that task drops below all first."""
        self._choices += 1
        for task in ready:
            if task not in self._priority:
                self._priority[task] = self._rng.random()
        best = self._best(ready)
        if self._choices in self._change_at:
            self._drop(ready[best])
            best = self._best(ready)
        return best

    def yielded(self, task: int) -> None:
        """Drop a task that has run before below all others."""
        if task in self._priority:
            self._drop(task)
        else:
            self._priority[task] = self._rng.random()

    def _best(self, ready: Sequence[int]) -> int:
        priority = self._priority
        return max(range(len(ready)), key=lambda index: priority[ready[index]])

    def _drop(self, task: int) -> None:
        self._lowest -= 1.0
        self._priority[task] = self._lowest


class Recorded:
    """Repeats a list of choices, then goes on first-in-first-out.

    A choice beyond the tasks that are ready means the last of them, so that an
    edited list is always a schedule.
    """

    spec = "recorded"

    def __init__(self, choices: Sequence[int]) -> None:
        self._left = iter(choices)

    def choose(self, ready: Sequence[int]) -> int:
        """Return the next recorded choice, or 0 when there are no more."""
        return min(next(self._left, 0), len(ready) - 1)

    def yielded(self, task: int) -> None:
        """Do nothing."""


def make_strategy(spec: str, rng: random.Random, choices: Sequence[int] = ()) -> Strategy:
    """Make a strategy from its name: ``fifo``, ``random``, ``pct``, ``pct:DEPTH:HORIZON`` or ``recorded``.

    Raises
    ------
    BadInputError
        For another name, a malformed or impossible depth or horizon, choices
        that are not integers from 0, or choices without ``recorded``.
    """
    if not isinstance(spec, str):
        raise _problem("strategy", f"{spec!r} is not the name of a strategy", ", ".join(NAMES))
    if not isinstance(choices, list | tuple):
        raise _problem("choices", f"{choices!r} is not a list", "the choices of a run")
    name, _, arguments = spec.partition(":")
    if choices and name != "recorded":
        raise _problem("choices", f"given to strategy {name!r}", 'strategy="recorded"')
    if name == "fifo" and not arguments:
        return Fifo()
    if name == "random" and not arguments:
        return SeededRandom(rng)
    if name == "recorded" and not arguments:
        if not all(type(choice) is int and choice >= 0 for choice in choices):
            raise _problem("choices", "a choice is not an integer from 0", "the choices of a run")
        return Recorded(choices)
    if name == "pct":
        depth, horizon = _pct_arguments(arguments)
        return Pct(rng, depth, horizon)
    raise _problem("strategy", f"no strategy is named {spec!r}", ", ".join(NAMES))


def _pct_arguments(arguments: str) -> tuple[int, int]:
    parts = arguments.split(":") if arguments else ["3", "1000"]
    if len(parts) == 2 and all(part.isascii() and part.isdigit() for part in parts):
        depth, horizon = int(parts[0]), int(parts[1])
        if 1 <= depth <= horizon <= 10**9:
            return depth, horizon
    raise _problem(
        "strategy", f"pct:{arguments} is not a depth and a horizon", "pct:3:1000, with 1 <= depth <= horizon"
    )


def _problem(key: str, what: str, allowed: str) -> BadInputError:
    return BadInputError(Problem(where="simulate()", key=key, what=what, allowed=allowed))
