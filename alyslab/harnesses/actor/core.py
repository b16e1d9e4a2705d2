"""What the parts of one actor system share: surroundings, books, and the tasks that must not outlive it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from itertools import count
from typing import TYPE_CHECKING, Any

from alyslab.errors import NodeCrashedError
from alyslab.harnesses.actor.breakdown import Breakdown
from alyslab.harnesses.actor.causality import VectorClocks
from alyslab.harnesses.actor.deadlines import Deadlines
from alyslab.harnesses.actor.defects import Defects
from alyslab.harnesses.actor.reference import Ref
from alyslab.harnesses.actor.tracking import Recording, Tracker

if TYPE_CHECKING:
    from alyslab.harnesses.actor.cell import Cell
    from alyslab.harnesses.actor.supervisor import Supervisor
    from alyslab.runtime import Node, Runtime


class Core:
    """The inside of an actor system.

    Parameters
    ----------
    runtime
        Time, chance and the journal.
    node
        The machine that the actors live on.
    recording
        How much is written about each message.
    causal
        Whether vector clocks are kept.
    """

    def __init__(self, runtime: Runtime, node: Node, recording: Recording, *, causal: bool) -> None:
        self.runtime = runtime
        self.node = node
        self.recording = recording
        self.loop = asyncio.get_running_loop()
        self.defects = Defects.read()
        self.clocks = VectorClocks(merges=not self.defects.clock_not_merged) if causal else None
        self.tracker = Tracker(runtime, recording, self.clocks)
        self.cells: dict[str, Cell] = {}
        self.supervisors: dict[str, Supervisor] = {}
        self.deadlines = Deadlines(self.loop)
        self.breakdown = Breakdown()
        self._closing = False
        self._opener = asyncio.current_task()
        self.next_number = count(1).__next__
        self._refs: dict[tuple[str, str], Ref] = {}
        self._tasks: dict[int, asyncio.Task[Any]] = {}
        self._next_task = count().__next__

    @property
    def now_ns(self) -> int:
        """Nanoseconds since the run began."""
        return self.tracker.clock.now_ns

    @property
    def closing(self) -> bool:
        """Whether everything is being cancelled: by the system, or at the end of a run that left it open."""
        return self._closing or self._opener is None or self._opener.done()

    def ref(self, sender: str, cell: Cell) -> Ref:
        """Return the reference of this pair, which numbers the messages between the two."""
        found = self._refs.get((sender, cell.name))
        if found is None:
            found = self._refs[sender, cell.name] = Ref(self, sender, cell)
        return found

    def refs(self) -> list[Ref]:
        """Return every reference, in the order in which they were made."""
        return list(self._refs.values())

    def current_cell(self, sender: str) -> Cell | None:
        """Return the sender's cell if the code that runs now is its handler."""
        cell = self.cells.get(sender)
        return cell if cell is not None and asyncio.current_task() is cell.task else None

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run ``work`` on the system's node, and know about it until it is done.

        No task of the system raises: an actor's errors go to its supervisor.  One that does ends the run.
        """
        task = self.node.spawn(work, name=name)
        key = self._next_task()
        self._tasks[key] = task
        task.add_done_callback(lambda done: self._ended(key, done))
        return task

    def _ended(self, key: int, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(key, None)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, NodeCrashedError):
            self.breakdown.report(error)

    async def cancel_all(self) -> None:
        """Cancel every task that is left and wait until each has ended.

        In virtual time that includes the tasks that handlers made; on the wall clock the
        node knows only those of the system.
        """
        self._closing = True
        self.deadlines.close()
        left = [task for task in self.node.unfinished() if task is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    @property
    def tasks(self) -> list[asyncio.Task[Any]]:
        """The tasks that are not done."""
        return list(self._tasks.values())
