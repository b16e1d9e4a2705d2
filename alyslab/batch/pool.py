"""Worker processes: started when needed, fed one notebook at a time, replaced when they die."""

from __future__ import annotations

import collections
import selectors
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from alyslab.batch.failure import Ending
from alyslab.batch.process import Worker
from alyslab.batch.task import START_TIMEOUT_S, Event, Task
from alyslab.errors import LabError


class WorkerPool:
    """At most ``size`` workers; a context manager that leaves no process behind."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._workers: list[Worker] = []
        self._selector = selectors.DefaultSelector()
        self._serial = 0

    def __enter__(self) -> WorkerPool:
        # Short, because Unix sockets live here, whose paths may have about 100 characters.
        self._folder = Path(tempfile.mkdtemp(prefix="alys-"))
        return self

    def __exit__(self, *_: object) -> None:
        for worker in list(self._workers):
            self._kill(worker)
        self._selector.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, tasks: Iterable[Task]) -> Iterator[Event]:
        """Execute all tasks and yield what happens; each task ends with exactly one ``ended``.

        Raises
        ------
        LabError
            If a worker can't even start; its log is in the message.
        """
        waiting = collections.deque(tasks)
        while waiting or any(worker.task for worker in self._workers):
            self._start_workers(len(waiting))
            for worker in self._workers:
                if waiting and worker.ready and worker.task is None:
                    task = waiting.popleft()
                    worker.give(task)
                    yield Event(task=task, what="started")
            for key, _ in self._selector.select(self._patience_s()):
                yield from self._read(key.data)
            yield from self._overdue()

    # --- one worker --------------------------------------------------------------------------

    def _start_workers(self, waiting: int) -> None:
        idle = sum(worker.task is None for worker in self._workers)
        for _ in range(min(waiting - idle, self.size - len(self._workers))):
            self._serial += 1
            folder = self._folder / str(self._serial)
            folder.mkdir()
            worker = Worker.start(folder)
            self._workers.append(worker)
            self._selector.register(worker.stdout, selectors.EVENT_READ, worker)

    def _read(self, worker: Worker) -> Iterator[Event]:
        messages = worker.messages()
        if messages is None:
            yield from self._lost(worker)
            return
        for message in messages:
            yield from self._heard(worker, message)

    def _heard(self, worker: Worker, message: dict[str, Any]) -> Iterator[Event]:
        if message.get("ready"):
            worker.ready = True
        elif worker.task is not None and "cell" in message:
            yield Event(task=worker.task, what="cell", cell=message["cell"], duration_s=worker.age_s)
        elif worker.task is not None and "end" in message:
            end = message["end"]
            ending = Ending(
                how="raised" if end["raised"] else "returned",
                name=end["raised"] or "",
                message=end.get("message", ""),
                errno=end.get("errno"),
            )
            yield self._ended(worker, ending)

    def _lost(self, worker: Worker) -> Iterator[Event]:
        self._kill(worker)
        message = worker.last_words()
        if worker.task is None:
            raise LabError(f"a worker process could not start: {message}")
        yield self._ended(worker, Ending(how="worker died", message=message))

    def _overdue(self) -> Iterator[Event]:
        now = time.monotonic()
        for worker in [worker for worker in self._workers if worker.watched and now >= worker.deadline_s]:
            self._kill(worker)
            if worker.task is None:
                raise LabError(f"a worker process did not start within {START_TIMEOUT_S:g} s")
            limit = f"the notebook ran longer than {worker.task.notebook_timeout_s:g} s and was stopped"
            yield self._ended(worker, Ending(how="out of time", message=limit))

    def _ended(self, worker: Worker, ending: Ending) -> Event:
        assert worker.task is not None
        event = Event(task=worker.task, what="ended", ending=ending, duration_s=worker.age_s)
        worker.task = None
        return event

    def _kill(self, worker: Worker) -> None:
        self._workers.remove(worker)
        self._selector.unregister(worker.stdout)
        worker.kill()

    def _patience_s(self) -> float | None:
        deadlines = [worker.deadline_s for worker in self._workers if worker.watched]
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None
