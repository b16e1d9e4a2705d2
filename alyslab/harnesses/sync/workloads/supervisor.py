"""Starts a node again whose process ended because its disk failed.

Source: alys-system.md §2, supervision of the storage: exponential from 500 ms,
doubling, up to 60 s.  A log that is refused, of another version or of another
spec, is for an operator: that node stays down.
"""

from __future__ import annotations

import asyncio
from contextvars import copy_context
from typing import Final

from alyslab.errors import DiskError
from alyslab.harnesses.sync.errors import StoreError
from alyslab.runtime import Node, Runtime

FIRST_S: Final = 0.5
MOST_S: Final = 60.0
STEADY_S: Final = 60.0
"""Who ran for so long begins again with the shortest wait; no document says so."""


class Supervisor:
    """Watches over the processes of one world; made outside any node, whose crash it must outlive."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._context = copy_context()
        self._ended: dict[str, tuple[int, int]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.refused: dict[str, StoreError] = {}
        """Nodes whose log can't be used, and why."""

    def ended(self, node: Node, error: DiskError | StoreError) -> None:
        """End the node's process, which met this error, and see to its restart; called by its own code."""
        now_ns = self._runtime.now_ns
        last_ns, number = self._ended.get(node.name, (now_ns, 0))
        number = 0 if now_ns - last_ns > STEADY_S * 1e9 else number
        self._ended[node.name] = now_ns, number + 1
        refused = isinstance(error, StoreError)
        rule = error.rule if isinstance(error, StoreError) else "disk_failed"
        self._runtime.journal.record("sync.stopped", node.name, rule=rule, for_good=refused)
        node.crash()
        if isinstance(error, StoreError):
            self.refused[node.name] = error
            return
        wait_s = min(FIRST_S * 2**number, MOST_S)
        work = self._restart(node, node.incarnation, wait_s)
        task = asyncio.get_running_loop().create_task(work, context=self._context)
        self._tasks.add(task)  # the loop holds tasks weakly
        task.add_done_callback(self._tasks.discard)

    @staticmethod
    async def _restart(node: Node, incarnation: int, wait_s: float) -> None:
        """Start the node unless somebody else has meanwhile."""
        await asyncio.sleep(wait_s)
        if node.state == "crashed" and node.incarnation == incarnation:
            node.restart()
