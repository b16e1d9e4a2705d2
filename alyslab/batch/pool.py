"""Worker processes: started when needed, fed one notebook at a time, replaced when they die."""

from __future__ import annotations

import collections
import contextlib
import json
import os
import selectors
import shutil
import site
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal

import alyslab
from alyslab.batch.failure import Ending
from alyslab.batch.kinds import Value
from alyslab.errors import LabError

START_TIMEOUT_S = 120.0
"""A worker or a kernel that needs longer to start than this is taken for broken."""

_LOG_BYTES_SHOWN = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One notebook to execute."""

    id: str
    input: str
    """Path of the source."""
    output: str
    """Path that papermill saves to, cell by cell."""
    cwd: str
    """Working directory of the kernel."""
    parameters: Mapping[str, Value]
    """Set in the notebook after its parameters cell."""
    total: int
    """Number of cells, for the progress display."""
    cell_timeout_s: float
    """Wall-clock limit of one cell."""
    notebook_timeout_s: float
    """Wall-clock limit of the whole notebook, kernel start included."""
    start_timeout_s: float = START_TIMEOUT_S
    """Wall-clock limit of the kernel's start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a task."""

    task: Task
    what: Literal["started", "cell", "ended"]
    cell: int = 0
    """Number of the cell that starts, counted from 1."""
    ending: Ending | None = None
    """How the task ended."""
    duration_s: float = 0.0
    """Wall-clock seconds since the task was started."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Worker:
    process: subprocess.Popen[bytes]
    log: Path
    deadline_s: float
    ready: bool = False
    task: Task | None = None
    started_s: float = 0.0
    received: bytearray = field(default_factory=bytearray)

    @property
    def stdout(self) -> BinaryIO:
        assert self.process.stdout is not None
        return self.process.stdout  # type: ignore[return-value]  # Popen's pipes are raw files here


class WorkerPool:
    """At most ``size`` workers; a context manager that leaves no process behind."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._workers: list[_Worker] = []
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
                    yield self._hand_over(worker, waiting.popleft())
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
            log = folder / "log"
            with log.open("wb") as file:
                process = subprocess.Popen(
                    [sys.executable, "-m", "alyslab.batch.worker"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=file,
                    env=_environment(folder),
                    # A Ctrl-C at the terminal must reach only us; we then decide.
                    start_new_session=True,
                    bufsize=0,
                )
            worker = _Worker(process=process, log=log, deadline_s=time.monotonic() + START_TIMEOUT_S)
            self._workers.append(worker)
            self._selector.register(worker.stdout, selectors.EVENT_READ, worker)

    def _hand_over(self, worker: _Worker, task: Task) -> Event:
        worker.task = task
        worker.started_s = time.monotonic()
        worker.deadline_s = worker.started_s + task.notebook_timeout_s
        assert worker.process.stdin is not None
        # If it has just died, reading from it says so.
        with contextlib.suppress(BrokenPipeError):
            worker.process.stdin.write(json.dumps(asdict(task)).encode() + b"\n")
        return Event(task=task, what="started")

    def _read(self, worker: _Worker) -> Iterator[Event]:
        chunk = os.read(worker.stdout.fileno(), 65536)
        if not chunk:
            yield from self._lost(worker)
            return
        worker.received += chunk
        *lines, rest = worker.received.split(b"\n")
        worker.received = bytearray(rest)
        for line in lines:
            yield from self._heard(worker, json.loads(line))

    def _heard(self, worker: _Worker, message: dict[str, Any]) -> Iterator[Event]:
        if message.get("ready"):
            worker.ready = True
        elif worker.task is not None and "cell" in message:
            yield Event(task=worker.task, what="cell", cell=message["cell"], duration_s=self._age_s(worker))
        elif worker.task is not None and "end" in message:
            end = message["end"]
            ending = Ending(
                how="raised" if end["raised"] else "returned",
                name=end["raised"] or "",
                message=end.get("message", ""),
                errno=end.get("errno"),
            )
            yield self._ended(worker, ending)

    def _lost(self, worker: _Worker) -> Iterator[Event]:
        self._kill(worker)
        code = worker.process.returncode
        log = worker.log.read_bytes()[-_LOG_BYTES_SHOWN:].decode(errors="replace").strip()
        message = f"{_exit_text(code)}{f'; the end of its log: {log}' if log else ''}"
        if worker.task is None:
            raise LabError(f"a worker process could not start: {message}")
        yield self._ended(worker, Ending(how="worker died", message=message))

    def _overdue(self) -> Iterator[Event]:
        now = time.monotonic()
        for worker in [
            worker for worker in self._workers if self._watched(worker) and now >= worker.deadline_s
        ]:
            self._kill(worker)
            if worker.task is None:
                raise LabError(f"a worker process did not start within {START_TIMEOUT_S:g} s")
            limit = f"the notebook ran longer than {worker.task.notebook_timeout_s:g} s and was stopped"
            yield self._ended(worker, Ending(how="out of time", message=limit))

    def _ended(self, worker: _Worker, ending: Ending) -> Event:
        assert worker.task is not None
        event = Event(task=worker.task, what="ended", ending=ending, duration_s=self._age_s(worker))
        worker.task = None
        return event

    def _kill(self, worker: _Worker) -> None:
        import psutil

        self._workers.remove(worker)
        self._selector.unregister(worker.stdout)
        with contextlib.suppress(psutil.NoSuchProcess):
            # Kernels lead sessions of their own, so a process group would miss them.
            family = psutil.Process(worker.process.pid).children(recursive=True)
            worker.process.kill()
            for process in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
        worker.process.wait()
        for pipe in (worker.process.stdin, worker.process.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()

    # --- time --------------------------------------------------------------------------------

    @staticmethod
    def _watched(worker: _Worker) -> bool:
        return worker.task is not None or not worker.ready

    def _patience_s(self) -> float | None:
        deadlines = [worker.deadline_s for worker in self._workers if self._watched(worker)]
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None

    @staticmethod
    def _age_s(worker: _Worker) -> float:
        return time.monotonic() - worker.started_s


def _environment(folder: Path) -> dict[str, str]:
    """Return a worker's environment, which its kernels inherit."""
    environment = dict(os.environ)
    environment["JUPYTER_RUNTIME_DIR"] = str(folder)
    # The user's start-up files must not take part in an experiment.
    environment["IPYTHONDIR"] = str(folder / "ipython")
    # The debugger, which nobody attaches here, warns of frozen modules otherwise.
    environment["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    root = str(Path(alyslab.__file__).resolve().parent.parent)
    if root not in site.getsitepackages():
        # Run from a checkout that is not installed, the kernel must find this very package.
        known = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = f"{root}{os.pathsep}{known}" if known else root
    return environment


def _exit_text(code: int) -> str:
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"
