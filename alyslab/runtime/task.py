"""Tasks and futures that hash by number, and where a task is waiting.

asyncio keeps tasks in sets (cancellation of a task group, ``wait``,
``all_tasks``), and a set iterates by hash.  The default hash is an address, so
two runs of one program in one process can differ.  These hash by a number that
counts up within the simulation.

Futures that asyncio makes for its own queues, locks and timers are in nobody's
sets and stay plain, as a subclass costs a sixth of the loop's speed.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

_NOT_OWN = (str(Path(asyncio.__file__).parent), str(Path(__file__).with_name("ordered.py")))
"""Where asyncio's code stands, and what stands in for it during a run."""


class SimTask(asyncio.Task[Any]):
    """A task of the simulation.

    ``number`` counts the simulation's tasks from 0.  ``gate`` is None while
    the task may run; otherwise its steps are put there instead of the ready
    queue, which is how a node is paused or crashed.
    """

    __slots__ = ("gate", "number")
    number: int
    gate: Any

    _fut_waiter: asyncio.Future[Any] | None
    _log_destroy_pending: bool
    _log_traceback: bool

    def __hash__(self) -> int:
        return self.number

    @property
    def unseen(self) -> bool:
        """Whether the task failed and nobody has looked at its exception; asyncio keeps the note."""
        return self._log_traceback

    def forget(self) -> None:
        """Say nothing of this task when it is collected; what became of it was told otherwise."""
        self._log_destroy_pending = False
        self._log_traceback = False

    def crash(self, error: BaseException) -> None:
        """End as failed without another step, for whoever awaits the task.

        ``Task.set_exception`` refuses; the base class's does not mind, and the
        caller sees to it that no step is left that could set another result.
        An exception that was on its way to the task dies with it: whom it was
        for is dead, so nobody can be blamed for not looking at it.
        """
        waited = self._fut_waiter
        if waited is not None and waited.done() and not waited.cancelled():
            waited.exception()
        asyncio.Future.set_exception(self, error)
        self.forget()


class SimFuture(asyncio.Future[Any]):
    """A future that code outside asyncio made."""

    __slots__ = ("number",)
    number: int

    def __hash__(self) -> int:
        return self.number


def await_frames(task: asyncio.Task[Any]) -> list[tuple[CodeType, int]]:
    """Return the code and line of each frame that the task is suspended in, outermost first."""
    frames: list[tuple[CodeType, int]] = []
    waiting: Any = task.get_coro()
    while waiting is not None:
        frame: FrameType | None = (
            getattr(waiting, "cr_frame", None)
            or getattr(waiting, "gi_frame", None)
            or getattr(waiting, "ag_frame", None)
        )
        if frame is None:
            break
        frames.append((frame.f_code, frame.f_lineno))
        waiting = (
            getattr(waiting, "cr_await", None)
            or getattr(waiting, "gi_yieldfrom", None)
            or getattr(waiting, "ag_await", None)
        )
    return frames


def await_point(task: asyncio.Task[Any]) -> str:
    """Say in one line where the task waits: its own code's innermost line, and the primitive called there."""
    frames = await_frames(task)
    own = [frame for frame in frames if not frame[0].co_filename.startswith(_NOT_OWN)]
    if not own:
        return f"{task.get_name()}: not started"
    code, line = own[-1]
    place = f"{Path(code.co_filename).name}:{line} in {code.co_qualname}"
    inner = frames[-1][0]
    primitive = "" if inner is code else f" awaits {inner.co_qualname}"
    return f"{task.get_name()}{primitive} at {place}"
