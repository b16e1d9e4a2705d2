"""A node: the unit that faults act on.

A node owns a clock, a disk, a random stream, a handle on the network and its
tasks.  Tasks that it spawns, and tasks that these create, belong to it.  A
crash stops them where they stand: no ``finally`` runs, as none does when a
process is killed.  A pause holds them back until the node resumes, while time
goes on.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from typing import TYPE_CHECKING, Any, Literal, Protocol

from alyslab.errors import BadInputError, NodeCrashedError, NodeError, Problem
from alyslab.runtime.clock import NodeClock
from alyslab.runtime.disk import Disk
from alyslab.runtime.task import SimTask

if TYPE_CHECKING:
    from alyslab.runtime.context import Runtime

State = Literal["running", "paused", "crashed"]

_owner: ContextVar[Node | None] = ContextVar("owner", default=None)


def owner_of(context: Context | None = None) -> Node | None:
    """Return the node to which code in this context (default: the present one) belongs."""
    return context.get(_owner) if context is not None else _owner.get()


class NetworkHandle(Protocol):
    """What a network gives a node; it is told when the node goes down and comes back."""

    def node_crashed(self) -> None:
        """Drop what is on its way inside the node; nothing is delivered until it is back."""
        ...

    def node_restarted(self) -> None:
        """Deliver again."""
        ...


class _Nowhere:
    """The gate of a crashed task: its steps never happen."""

    @staticmethod
    def append(entry: object) -> None:
        """Forget the step."""


class Node:
    """One machine of the system under test; made by ``current().node(name, boot=…)``.

    Parameters
    ----------
    name
        Unique within the run; the subject of the node's rows in the journal.
    runtime
        The run that the node belongs to.
    boot
        Async function of the node, started by :meth:`start` and again by each
        :meth:`restart`; it finds on the disk what survived.

    Timers of asyncio wake the node's tasks and are held back with them; a bare
    ``loop.call_later`` is nobody's task and fires all the same.

    Its rows are ``node.start``, ``node.crash`` (with the number of tasks
    stopped), ``node.restart``, ``node.pause`` and ``node.resume``.
    """

    def __init__(self, name: str, runtime: Runtime, boot: Callable[[Node], Awaitable[None]] | None) -> None:
        if not name or not isinstance(name, str):
            raise BadInputError(
                Problem(where="node", key="name", what="not a name", value=name, allowed="a string")
            )
        self.name = name
        self.state: State = "running"
        self.incarnation = 0
        """How often the node was restarted."""
        self.clock = NodeClock(runtime.clock)
        self.random = runtime.random(f"node:{name}")
        self.disk = Disk(name, runtime.journal, runtime.random(f"disk:{name}"))
        self.network: NetworkHandle | None = None
        self._runtime: Runtime = weakref.proxy(runtime)  # which owns the node; a cycle would outlive the run
        self._boot = boot
        self._tasks: list[asyncio.Task[Any]] = []
        self._held: list[Any] = []

    def __repr__(self) -> str:
        return f"<Node {self.name} {self.state}>"

    # --- what harness code uses ----------------------------------------------------------------

    def start(self) -> asyncio.Task[Any]:
        """Run the boot function in a task of the node, returned; raises :class:`NodeError` without one."""
        if self._boot is None:
            raise NodeError(f"node {self.name} was made without a boot function")
        self._record("node.start")
        return self.spawn(_awaited(self._boot, self), name=f"{self.name}/boot")

    def spawn(self, work: Coroutine[Any, Any, Any], *, name: str | None = None) -> asyncio.Task[Any]:
        """Run a coroutine in a task of this node.

        Raises
        ------
        NodeError
            If the node is down.  Whoever awaits a task of a node that crashes
            gets a :class:`NodeCrashedError`.
        """
        if self.state == "crashed":
            work.close()
            raise NodeError(f"node {self.name} has crashed; restart() it before it can run anything")
        context = self.context()
        task = self._runtime.event_loop.create_task(work, name=name, context=context)
        if not isinstance(task, SimTask):
            self.adopt(task)
        return task

    def context(self) -> Context:
        """Return a fresh context whose code, and whatever tasks it makes, belongs to this node."""
        context = copy_context()
        context.run(_owner.set, self)
        return context

    async def sleep(self, seconds: float) -> None:
        """Wait ``seconds`` by the node's own clock, at its present drift."""
        await asyncio.sleep(self.clock.true_delay_s(seconds))

    # --- what faults act through ---------------------------------------------------------------

    def crash(self) -> None:
        """Stop every task where it stands, lose what the disk had not synced, fall silent on the network.

        A task of the node that calls this itself goes on to its next ``await``.

        Raises
        ------
        NodeError
            If the node is down already.
        """
        self._require("crash", "running", "paused")
        victims = self.unfinished()
        self.state = "crashed"
        self._held.clear()
        self._tasks.clear()
        self._record("node.crash", tasks=len(victims))
        if self._runtime.can_pause:
            self._loop().take_ready(frozenset(task.number for task in victims if isinstance(task, SimTask)))
            self._loop().buried.extend(self._loop().generators.take(self))
        for task in victims:
            self._stop(task)
        self.disk.crash()
        if self.network is not None:
            self.network.node_crashed()

    def restart(self) -> asyncio.Task[Any] | None:
        """Come back with what the disk kept, and boot again; returns the boot task, if there is one.

        Raises
        ------
        NodeError
            If the node is not down.
        """
        self._require("restart", "crashed")
        self.state = "running"
        self.incarnation += 1
        self.disk.attach()
        if self.network is not None:
            self.network.node_restarted()
        self._record("node.restart", incarnation=self.incarnation)
        return self.start() if self._boot is not None else None

    def pause(self) -> None:
        """Hold every task back until :meth:`resume`; timers that fire meanwhile are seen late.

        Raises
        ------
        NodeError
            If the node is not running, or this is the wall clock, where
            running code can't be held.
        """
        self._require("pause", "running")
        if not self._runtime.can_pause:
            raise NodeError(
                f"node {self.name} can't be paused on the wall clock; pause its process or container"
            )
        self.state = "paused"
        self._record("node.pause")
        tasks = self._own_tasks()
        for task in tasks:
            task.gate = self._held
        self._held.extend(self._loop().take_ready(frozenset(task.number for task in tasks)))

    def resume(self) -> None:
        """Let the tasks go on, those held first; raises :class:`NodeError` if the node is not paused."""
        self._require("resume", "paused")
        self.state = "running"
        self._record("node.resume")
        for task in self._own_tasks():
            task.gate = None
        held, self._held = self._held, []
        self._loop().put_ready(held)

    def adopt(self, task: asyncio.Task[Any]) -> None:
        """Take a new task as the node's own; the runtime calls this when code of the node creates one."""
        if len(self._tasks) >= 64 and len(self._tasks) & (len(self._tasks) - 1) == 0:
            self._tasks = [other for other in self._tasks if not other.done()]
        self._tasks.append(task)
        if isinstance(task, SimTask):
            task.gate = {"running": None, "paused": self._held, "crashed": _Nowhere}[self.state]
            if self.state == "crashed":  # made by the task that crashed its own node
                self._loop().call_soon(self._end, task)

    def unfinished(self) -> list[asyncio.Task[Any]]:
        """Return the node's tasks that are not done, in the order of creation."""
        return [task for task in self._tasks if not task.done()]

    def leave(self) -> None:
        """Let go of what belongs to a run that is over."""
        self._tasks.clear()
        self._held.clear()
        self._boot = None
        self.network = None

    # --- helpers -------------------------------------------------------------------------------

    def _stop(self, task: asyncio.Task[Any]) -> None:
        if not isinstance(task, SimTask):
            task.cancel(f"node {self.name} crashed")
            return
        task.gate = _Nowhere
        if task is asyncio.current_task(self._loop()):
            self._loop().call_soon(self._end, task)  # once it has come to its next await
        else:
            self._end(task)

    def _end(self, task: SimTask) -> None:
        if not task.done():
            self._loop().buried.append(task)
            task.crash(NodeCrashedError(f"node {self.name} crashed"))

    def _own_tasks(self) -> list[SimTask]:
        return [task for task in self.unfinished() if isinstance(task, SimTask)]

    def _loop(self) -> Any:
        return self._runtime.event_loop

    def _record(self, kind: str, **fields: Any) -> None:
        self._runtime.journal.record(kind, self.name, **fields)

    def _require(self, call: str, *states: State) -> None:
        if self.state not in states:
            raise NodeError(f"node {self.name} is {self.state}; {call}() needs it {' or '.join(states)}")


async def _awaited(boot: Callable[[Node], Awaitable[None]], node: Node) -> None:
    await boot(node)
