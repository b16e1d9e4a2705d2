"""An asyncio event loop in virtual time.

One thread, no sockets, no waiting: when nothing is ready, time jumps to the
next timer.  Everything of asyncio that is built on callbacks and timers
(sleep, time-outs, locks, queues, events, task groups, cancellation) works
unchanged.

What the loop does is folded into a digest as it goes: the number of the task
of each step (-1 for a callback), and each jump of time.  It covers a program
that records nothing in a journal.

This file is longer than others here: what asyncio calls once a step are
closures over the queue and the clock, which a split would turn into look-ups.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable, Coroutine, Iterable
from contextvars import Context, copy_context
from functools import partial
from itertools import count, repeat
from typing import Any, NoReturn

from alyslab.errors import BudgetError, StallError
from alyslab.runtime.callback import CALLBACK, NS_PER_S, Callback, Timer
from alyslab.runtime.generators import Generator, Generators
from alyslab.runtime.ready import ByChoice, Entry, InOrder
from alyslab.runtime.strategy import Fifo, Strategy
from alyslab.runtime.surface import LoopSurface
from alyslab.runtime.task import SimFuture, SimTask, await_point
from alyslab.runtime.timers import Timers
from alyslab.runtime.trace import Trace

FOREVER_NS = 2**63 - 1
"""A timer at or beyond this moment never fires, as with ``asyncio.sleep(math.inf)``."""
FOREVER_S = FOREVER_NS / NS_PER_S
STEPS_PER_ACCOUNT = 4_096
"""Steps between two looks at the budget."""
STEPS_PER_COLLECTION = 65_536
"""Steps between two garbage collections, so that finalisers run at the same moments each run."""
TASKS_KEPT = 1_000
"""Tasks that are kept at least before those that are done are let go."""
_SLEEP = asyncio.sleep.__code__
_INTERNAL = frozenset(f"asyncio.{name}" for name in ("tasks", "queues", "locks", "timeouts", "taskgroups"))
"""Modules whose futures are in nobody's sets."""


class _MainDone(BaseException):
    """Leaves the inner loop as soon as main is done, without a test at each step."""


class Primitives:
    """What queues, locks and events of asyncio get as their loop: all that they do with it is make futures.

    Theirs are in nobody's sets, and this way nobody has to look who asks.
    """

    def __init__(self, loop: SimulationLoop) -> None:
        self.create_future = partial(asyncio.Future, loop=loop)


class SimulationLoop(LoopSurface):
    """The event loop of one simulation, made and driven by :class:`~alyslab.runtime.simulation.Simulation`.

    Parameters
    ----------
    strategy
        Chooses among ready tasks.
    max_steps
        Steps after which the simulation ends with :class:`BudgetError`.
    max_time_ns
        Virtual time after which it does.
    """

    def __init__(self, strategy: Strategy, *, max_steps: int, max_time_ns: int) -> None:
        super().__init__()
        self.now_ns = 0
        self.steps = 0
        self.adopt: Callable[[SimTask, Context | None], None] | None = None
        """Hears of each new task before it is scheduled."""
        self.generators = Generators(owner=_nobody)
        self.buried: list[SimTask | Generator] = []
        """What crashed, kept so that its ``finally`` blocks do not run before the simulation is over."""
        self._max_steps = max_steps
        self._max_time_ns = max_time_ns
        self._ready = InOrder() if isinstance(strategy, Fifo) else ByChoice(strategy)
        self._timers = Timers()
        # Held, unlike by asyncio: one that only waits for what itself holds would be collected, not found.
        self._tasks: list[SimTask] = []
        self._prune_at = TASKS_KEPT
        self._task_numbers = count()
        self._main: asyncio.Future[Any] | None = None
        self._trace = Trace()
        self._steps_to_collection = STEPS_PER_COLLECTION
        self._closed = False
        # Instance attributes, because a closure over the queue is a third faster than a method,
        # and asyncio calls these once a step.
        self.call_soon = self._make_call_soon()  # type: ignore[assignment,method-assign]
        self.call_later = self._make_call_later()  # type: ignore[assignment,method-assign]
        self.post = self._timers.poster(self, self._ready.append)
        """Lets a callback run at a moment, for where a handle costs too much."""
        self.create_future = self._make_create_future()  # type: ignore[method-assign]
        self.primitives = Primitives(self)

    # --- what asyncio asks of a loop ---------------------------------------------------------

    def time(self) -> float:
        """Return the virtual time in seconds since the simulation began."""
        return self.now_ns / NS_PER_S

    def _make_call_soon(self) -> Callable[..., Any]:
        append = self._ready.append

        def call_soon(
            callback: Callable[..., object], *args: Any, context: Context | None = None
        ) -> Callback | None:
            if context is None:
                context = copy_context()
            else:
                task = getattr(callback, "__self__", None)
                if type(task) is SimTask:
                    # A step of a task: nobody holds a handle on it.
                    (append if task.gate is None else task.gate.append)(
                        (task.number, callback, args, context)
                    )
                    return None
            handle = Callback((CALLBACK, callback, args, context))
            append(handle)
            return handle

        return call_soon

    def _make_call_later(self) -> Callable[..., Timer]:
        add, ready = self._timers.add, self._ready

        def call_later(
            delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
        ) -> Timer:
            now_ns = self.now_ns
            when_ns = now_ns + round(delay * NS_PER_S) if delay < FOREVER_S else FOREVER_NS
            timer = Timer((CALLBACK, callback, args, copy_context() if context is None else context))
            timer.when_ns = when_ns
            if when_ns <= now_ns:
                timer.when_ns = now_ns
                ready.append(timer)  # or a task that yields in a spin would starve it
            elif when_ns < FOREVER_NS:
                add(timer)
            return timer

        return call_later

    def _make_create_future(self) -> Callable[[], asyncio.Future[Any]]:
        numbers, caller = count(), sys._getframe

        def create_future() -> asyncio.Future[Any]:
            frame = caller(1)
            if frame.f_code is _SLEEP or frame.f_globals["__name__"] in _INTERNAL:
                return asyncio.Future(loop=self)
            future = SimFuture(loop=self)
            future.number = next(numbers)
            return future

        return create_future

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Timer:
        """Schedule a callback at ``when`` virtual seconds; the past means as soon as possible."""
        return self.call_later(when - self.time(), callback, *args, context=context)  # type: ignore[return-value]

    def create_task(
        self,
        coro: Coroutine[Any, Any, Any] | Any,
        *,
        name: str | None = None,
        context: Context | None = None,
    ) -> SimTask:
        """Return a task of this loop, numbered in the order of creation, named ``task-N`` unless told."""
        if not asyncio.iscoroutine(coro):
            raise TypeError(f"a coroutine was expected, got {coro!r}")
        task = SimTask.__new__(SimTask)
        task.number = number = next(self._task_numbers)
        task.gate = None
        if self.adopt is not None:
            self.adopt(task, context)
        SimTask.__init__(task, coro, loop=self, name=name or f"task-{number}", context=context)
        self._tasks.append(task)
        if len(self._tasks) >= self._prune_at:
            self._tasks = [task for task in self._tasks if not task.done() or task.unseen]
            self._prune_at = max(TASKS_KEPT, 2 * len(self._tasks))
        return task

    def is_closed(self) -> bool:
        """Return whether the simulation is over."""
        return self._closed

    def close(self) -> None:
        """Let nothing more run."""
        self._closed = True
        self._ready.clear()
        self._timers.clear()
        self._tasks.clear()
        # Closures over the loop and hooks into the simulation are cycles, which would keep the
        # journals of finished runs until the collector next looks at the oldest generation.
        self.generators.end()
        self.adopt, self.generators.owner = None, _nobody
        self.call_soon = self.call_later = self.post = _refuse_closed  # type: ignore[assignment,method-assign]
        self.create_future = self.primitives.create_future = _refuse_closed  # type: ignore[assignment,method-assign]

    # --- running -----------------------------------------------------------------------------

    def run_until_done(self, main: asyncio.Future[Any]) -> None:
        """Run until ``main`` is done; other tasks stay where they are and go on at the next call.

        Raises
        ------
        StallError
            If nothing is ready and nothing is scheduled.
        BudgetError
            If the steps or the virtual time are used up.
        """
        self._main = main
        main.add_done_callback(self._leave)
        try:
            self.generators.begin(self.create_task)
            self._run()
        except _MainDone:
            pass
        finally:
            self._main = None
            self.generators.pause()
            main.remove_done_callback(self._leave)
            self._account()

    def _leave(self, main: asyncio.Future[Any]) -> None:
        if main is self._main:  # not a leftover of a run that something else ended
            raise _MainDone

    def _run(self) -> NoReturn:
        ready, note, advance = self._ready, self._trace.step, self._advance
        popleft = ready.popleft
        while True:
            for _ in repeat(None, min(STEPS_PER_ACCOUNT, self._max_steps - self.steps)):
                if not ready:
                    advance()
                number, callback, args, context = popleft()
                note(number)
                try:
                    context.run(callback, *args)
                except (SystemExit, KeyboardInterrupt, _MainDone):
                    raise
                except BaseException as error:  # a callback's: what a task raises is its result
                    what = {"message": f"callback {callback!r} failed", "exception": error}
                    self.call_exception_handler(what)
            self._account()
            if self.steps >= self._max_steps:
                raise BudgetError("max_steps", self._max_steps, self.waiting())

    def _advance(self) -> None:
        """Jump to the next timer and make everything that is due then ready."""
        found = self._timers.next_due(self._max_time_ns)
        if found is None:
            what = f"the simulation stalled at {self.time():.9f} s: nothing is ready, nothing is scheduled"
            raise StallError(what, self.waiting())
        when_ns, due = found
        if not due:
            raise BudgetError("max_time_s", self._max_time_ns / NS_PER_S, self.waiting())
        self.now_ns = when_ns
        self._trace.jump(when_ns)
        self._ready.extend(due)

    def _account(self) -> None:
        """Fold the trace into the digest, count the steps, clear up when it is time."""
        done = self._trace.fold()
        self.steps += done
        self._steps_to_collection -= done
        if self._steps_to_collection <= 0:
            self._steps_to_collection = STEPS_PER_COLLECTION
            self._timers.clear_cancelled(all_of_them=True)
            gc.collect()
        else:
            self._timers.clear_cancelled(all_of_them=False)

    # --- what the simulation and its nodes ask -----------------------------------------------

    @property
    def choices(self) -> list[int]:
        """The strategy's answers so far; always 0 and left out for first-in-first-out."""
        return self._ready.choices if isinstance(self._ready, ByChoice) else []

    @property
    def choices_digest(self) -> str:
        """The digest of everything scheduled so far, 32 hexadecimal digits."""
        return self._trace.digest

    def tasks(self) -> list[SimTask]:
        """Return the unfinished tasks by number."""
        return [task for task in self._tasks if not task.done()]

    def waiting(self) -> list[str]:
        """Return a line for each unfinished task with its await point."""
        return [await_point(task) for task in self.tasks()]

    def take_ready(self, numbers: frozenset[int]) -> list[Entry]:
        """Take the ready steps of these tasks out of the queue, in their order."""
        return self._ready.take(numbers)

    def put_ready(self, entries: Iterable[Entry]) -> None:
        """Make these steps ready, behind everything that is."""
        self._ready.extend(entries)

    def report_unseen(self) -> None:
        """Report failed tasks whose exception nobody has looked at, without waiting for the collector."""
        for task in self._tasks:
            if task.done() and task.unseen:
                what = {"message": "failed, and nobody looked", "exception": task.exception(), "future": task}
                self.call_exception_handler(what)
                task.forget()

    def allow(self, *, steps: int, time_ns: int) -> None:
        """Allow at least this much from now on, so that a run whose budget is used up can be closed."""
        self._max_steps = max(self._max_steps, self.steps + steps)
        self._max_time_ns = max(self._max_time_ns, self.now_ns + time_ns)


def _refuse_closed(*_: Any, **__: Any) -> NoReturn:
    raise RuntimeError("the event loop is closed: the simulation is over")


def _nobody() -> None:
    return None
