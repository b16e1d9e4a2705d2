"""The client in each member: it writes keys of its own and reads those of all, through majorities."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from alyslab.chaos.quorum.shelf import Shelf, Version

if TYPE_CHECKING:
    from alyslab.chaos.quorum.defects import Defects
    from alyslab.chaos.quorum.question import Questions
    from alyslab.runtime import Node, Runtime

WRITES_A_KEY: Final = 4
"""After so many writes a member goes on to a new key, so that old ones depend on gossip."""
READ_RATIO: Final = 0.5
"""Share of operations that read."""
RECENT: Final = 10
"""Keys that count as recent: the last that a member has heard of."""
RECENT_RATIO: Final = 0.6
"""Share of reads that look at a recent key, where another member may be writing at this moment."""
LATE_S: Final = 1.0


class Client:
    """Operates on the store until its node goes down.

    Parameters
    ----------
    interval_s
        Mean pause between operations, in s.
    """

    def __init__(
        self,
        node: Node,
        shelf: Shelf,
        questions: Questions,
        runtime: Runtime,
        defects: Defects,
        *,
        interval_s: float,
    ) -> None:
        self.served_ns = 0
        """When its last operation was done."""
        self._node, self._shelf, self._questions = node, shelf, questions
        self._runtime, self._defects, self._interval_s = runtime, defects, interval_s
        self._writes = 0
        record = runtime.journal.recorder
        self._started = record("quorum.write", "key", "value")
        self._ended = record("quorum.operation", "what", "key", "value", "started_ns", "outcome")

    async def work(self) -> None:
        """Read and write in turns that the node's randomness decides."""
        random = self._node.random
        while True:
            due_ns = self._runtime.now_ns + LATE_S * 1e9 + self._interval_s * 3e9
            await asyncio.sleep(random.uniform(0.5, 1.5) * self._interval_s)
            if self._defects.timer_lost_on_pause and self._runtime.now_ns > due_ns:
                return
            keys = list(self._shelf.versions)
            if random.random() >= READ_RATIO:
                await self._write(
                    f"{self._node.name}/{self._node.incarnation}/{self._writes // WRITES_A_KEY}"
                )
            elif keys:
                await self._read(random.choice(keys[-RECENT:] if random.random() < RECENT_RATIO else keys))

    async def _write(self, key: str) -> None:
        self._writes += 1
        started_ns = value = self._runtime.now_ns
        self._started(self._node.name, key, value)
        done = False
        newest = await self._newest(key)
        if newest is not None:
            number = self._node.clock.time_ns() if self._defects.tags_from_clock else newest.number + 1
            done = await self._store(key, Version(number, self._node.name, value))
        self._end("write", key, value, started_ns, done=done)

    async def _read(self, key: str) -> None:
        started_ns = self._runtime.now_ns
        if self._defects.reads_own_copy:
            self._end("read", key, self._shelf.get(key).value, started_ns, done=True)
            return
        newest = await self._newest(key)
        done = newest is not None and await self._store(key, newest)
        self._end("read", key, newest.value if newest is not None else 0, started_ns, done=done)

    def _end(self, what: str, key: str, value: int, started_ns: int, *, done: bool) -> None:
        self._ended(self._node.name, what, key, value, started_ns, "done" if done else "unknown")
        if done:
            self.served_ns = self._runtime.now_ns

    async def _newest(self, key: str) -> Version | None:
        answers = await self._questions.ask_majority({"do": "get", "key": key})
        return None if answers is None else max(Version(*answer["version"]) for answer in answers.values())

    async def _store(self, key: str, version: Version) -> bool:
        ask = {"do": "put", "key": key, "version": version}
        return await self._questions.ask_majority(ask) is not None
