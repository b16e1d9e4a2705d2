"""A simulated world: virtual time, nodes, randomness and a journal, isolated from the real one."""

from __future__ import annotations

import asyncio
import inspect
import traceback
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from alyslab.errors import BadInputError, Problem, StateError, UnhandledError
from alyslab.runtime.callback import NS_PER_S
from alyslab.runtime.context import Runtime
from alyslab.runtime.isolation import GlobalRandomness, isolated, real_perf_counter
from alyslab.runtime.loop import SimulationLoop
from alyslab.runtime.node import owner_of
from alyslab.runtime.randomness import Streams
from alyslab.runtime.strategy import make_strategy
from alyslab.runtime.task import SimTask

if TYPE_CHECKING:
    from alyslab.runtime.timers import Post

T = TypeVar("T")

MAX_STEPS = 100_000_000
"""Default budget of steps: some ten minutes of real time."""
MAX_TIME_S = 10 * 365 * 86_400.0
"""Default budget of virtual time, and the largest that may be asked for: ten years."""
CLOSING_STEPS = 100_000
CLOSING_TIME_NS = 60 * NS_PER_S
"""What the tasks that are left have for their ``finally`` blocks when a simulation is closed."""


class Simulation(Runtime):
    """One simulated world; a context manager that may run several functions, one after the other.

    Parameters
    ----------
    seed
        0 to 2**63 - 1; everything random derives from it.
    strategy
        ``fifo``, ``random``, ``pct``, ``pct:DEPTH:HORIZON`` or ``recorded``.
    choices
        The schedule for ``recorded``, from :attr:`Run.choices`.
    planted
        Defects to switch on, by name.
    activation_ratio
        Share of fault sites that this run makes active; 0, the default, is none.
    max_steps, max_time_s
        Budgets, over all its runs together.

    Raises
    ------
    BadInputError
        If an argument is not what it should be; nothing has started then.
    """

    can_pause = True

    def __init__(
        self,
        *,
        seed: int,
        strategy: str = "fifo",
        choices: Sequence[int] = (),
        planted: Iterable[str] = (),
        activation_ratio: float = 0.0,
        max_steps: int = MAX_STEPS,
        max_time_s: float = MAX_TIME_S,
    ) -> None:
        _check_budget("max_steps", max_steps, (int,), 10**15)
        _check_budget("max_time_s", max_time_s, (int, float), MAX_TIME_S)
        # Made before the base class, which needs it as the clock; the stream comes from the same seed.
        self.loop = _make_loop(seed, strategy, choices, max_steps, max_time_s)
        super().__init__(seed, planted=planted, activation_ratio=activation_ratio, clock=self.loop)
        self.strategy = strategy
        self.wall_s = 0.0
        self._randomness = GlobalRandomness(self.streams)
        self._state = "open"
        self.loop.adopt = self._adopt
        self.loop.generators.owner = owner_of

    @property
    def now_ns(self) -> int:
        """Virtual nanoseconds since the simulation began."""
        return self.loop.now_ns

    @property
    def event_loop(self) -> SimulationLoop:
        """The simulation's loop, whether it runs at this moment or not."""
        return self.loop

    def poster(self) -> Post:
        """Return the loop's own function; a handle would be an object more for each message."""
        return self.loop.post

    def run(
        self, main: Callable[..., Coroutine[Any, Any, T]] | Coroutine[Any, Any, T], /, **parameters: Any
    ) -> T:
        """Run a coroutine, or an async function with these parameters, and return its result.

        Other tasks stay where they are when it is done, and go on in the next
        run.  An exception that it raises passes through.

        Raises
        ------
        StallError, BudgetError
            If it can't go on; see :class:`~alyslab.runtime.loop.SimulationLoop`.
        StateError
            If the simulation is closed, or runs already.
        """
        if not asyncio.iscoroutine(main) and not inspect.iscoroutinefunction(main):
            what = "not an async function"
            raise BadInputError(Problem(where="Simulation.run()", key="main", what=what, value=main))
        work = main if asyncio.iscoroutine(main) else main(**parameters)
        task: SimTask | None = None
        try:
            with self._entered("run"):
                task = self.loop.create_task(work, name="main")
                self.loop.run_until_done(task)
                result: T = task.result()
                return result
        finally:
            if task is None:
                work.close()  # it never began
            else:
                task.forget()

    def close(self) -> None:
        """End the simulation: cancel what is left in order, close generators, seal the journal.

        Raises
        ------
        UnhandledError
            If a background task or callback had failed and nobody looked.
        """
        if self._state == "closed":
            return
        self._require("close", "open")
        try:
            with self._entered("close"):
                self._cancel_all()
                self.loop.report_unseen()
                self.journal.close()
                self._discard_buried()
        finally:
            self._state = "closed"
            self.journal.close()
            self.loop.close()
            for node in self.nodes.values():
                node.leave()
        if self.loop.unhandled:
            raise UnhandledError(_describe(context) for context in self.loop.unhandled)

    def __enter__(self) -> Simulation:
        return self

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        try:
            self.close()
        except Exception as closing:  # what ended the block is the better story
            if error is None:
                raise
            error.add_note(f"and closing the simulation failed: {closing}")

    @property
    def choices(self) -> tuple[int, ...]:
        """The schedule so far, without the zeros at its end."""
        choices = self.loop.choices
        end = len(choices)
        while end and choices[end - 1] == 0:
            end -= 1
        return tuple(choices[:end])

    @contextmanager
    def _entered(self, call: str) -> Iterator[None]:
        """Be the running simulation on this thread for a block, and time the block."""
        self._require(call, "open")
        self._state = "running"
        started = real_perf_counter()
        try:
            with self.running(), isolated(self.loop, self._randomness):
                yield
        finally:
            self.wall_s += real_perf_counter() - started
            self._state = "open"

    def _adopt(self, task: SimTask, context: Any) -> None:
        owner = owner_of(context)
        if owner is not None:
            owner.adopt(task)

    def _cancel_all(self) -> None:
        """Do what ``asyncio.run`` does at its end, in a fixed order."""
        for node in self.nodes.values():
            if node.state == "paused":
                node.resume()
        self.loop.allow(steps=CLOSING_STEPS, time_ns=CLOSING_TIME_NS)
        left = self.loop.tasks()
        for task in left:
            task.cancel()
        if left:
            self._drain(_all_done(left))
        generators = self.loop.generators.open()
        if generators:
            self._drain(_close_all(generators, self.loop))
        for task in left:
            if not task.cancelled() and task.exception() is not None:
                self.loop.call_exception_handler(
                    {
                        "message": f"{task.get_name()} failed while it was cancelled",
                        "exception": task.exception(),
                    }
                )

    def _drain(self, work: Coroutine[Any, Any, None]) -> None:
        task = self.loop.create_task(work, name="close")
        try:
            self.loop.run_until_done(task)
        except BaseException:
            task.forget()
            work.close()
            raise
        task.result()

    def _discard_buried(self) -> None:
        """Let go of crashed tasks, now that nothing they do on the way out can reach the journal."""
        while self.loop.buried:
            dead = self.loop.buried.pop()
            try:
                if isinstance(dead, SimTask) and (coroutine := dead.get_coro()) is not None:
                    coroutine.close()
            except BaseException:  # a dead process's last words go nowhere
                pass

    def _require(self, call: str, state: str) -> None:
        if self._state != state:
            raise StateError(
                f"Simulation.{call}()", self._state, ["run", "close"] if self._state == "open" else []
            )


def _make_loop(
    seed: int, strategy: str, choices: Sequence[int], max_steps: int, max_time_s: float
) -> SimulationLoop:
    chooser = make_strategy(strategy, Streams(seed).stream("runtime/schedule"), choices)
    return SimulationLoop(  # type: ignore[abstract]  # what it refuses is set by surface.py
        chooser, max_steps=max_steps, max_time_ns=round(max_time_s * NS_PER_S)
    )


def _check_budget(key: str, value: object, kinds: tuple[type, ...], limit: float) -> None:
    if type(value) not in kinds or not 0 < value <= limit:  # type: ignore[operator]
        allowed = f"a number above 0, at most {limit:g}"
        raise BadInputError(
            Problem(where="simulate()", key=key, what="not a budget", value=value, allowed=allowed)
        )


async def _all_done(tasks: list[SimTask]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


async def _close_all(generators: list[Any], loop: SimulationLoop) -> None:
    for generator in generators:
        try:
            await generator.aclose()
        except Exception as error:
            loop.call_exception_handler({"message": f"closing {generator!r} failed", "exception": error})


def _describe(context: Mapping[str, Any]) -> str:
    error = context.get("exception")
    where = ""
    if isinstance(error, BaseException) and error.__traceback__ is not None:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f" at {frame.filename}:{frame.lineno} in {frame.name}"
    task = context.get("future") or context.get("task")
    name = f"{task.get_name()}: " if isinstance(task, SimTask) else ""
    return f"  {name}{context.get('message', 'failed')}: {error!r}{where}"
