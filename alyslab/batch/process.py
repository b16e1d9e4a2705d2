"""One worker process: how it is started, fed, listened to, and ended with all that it began."""

from __future__ import annotations

import contextlib
import json
import os
import site
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import alyslab
from alyslab.batch.task import START_TIMEOUT_S, Task

_LOG_BYTES_SHOWN = 2000


@dataclass(slots=True, kw_only=True, eq=False)
class Worker:
    """A process that executes one notebook at a time; reads the wall clock."""

    process: subprocess.Popen[bytes]
    log: Path
    """What it writes to its standard error."""
    deadline_s: float
    """When it is taken for broken, or its notebook for too long; of the monotonic clock."""
    ready: bool = False
    """Whether it has said that it waits for work."""
    task: Task | None = None
    """What it is at."""
    started_s: float = 0.0
    received: bytearray = field(default_factory=bytearray)

    @classmethod
    def start(cls, folder: Path) -> Worker:
        """Start a process whose log and sockets are in ``folder``."""
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
        return cls(process=process, log=log, deadline_s=time.monotonic() + START_TIMEOUT_S)

    @property
    def stdout(self) -> BinaryIO:
        """Where its messages come from."""
        assert self.process.stdout is not None
        return self.process.stdout  # type: ignore[return-value]  # Popen's pipes are raw files here

    @property
    def watched(self) -> bool:
        """Whether its deadline counts: it starts, or is at work."""
        return self.task is not None or not self.ready

    @property
    def age_s(self) -> float:
        """Wall-clock seconds since it was given its task."""
        return time.monotonic() - self.started_s

    def give(self, task: Task) -> None:
        """Hand it a notebook."""
        self.task = task
        self.started_s = time.monotonic()
        self.deadline_s = self.started_s + task.notebook_timeout_s
        assert self.process.stdin is not None
        # If it has just died, reading from it says so.
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(asdict(task)).encode() + b"\n")

    def messages(self) -> list[dict[str, Any]] | None:
        """Return what it has said since; waits for something, and is None once the process is gone."""
        chunk = os.read(self.stdout.fileno(), 65536)
        if not chunk:
            return None
        self.received += chunk
        *lines, rest = self.received.split(b"\n")
        self.received = bytearray(rest)
        return [json.loads(line) for line in lines]

    def kill(self) -> None:
        """End it, its kernel and whatever that started."""
        import psutil

        with contextlib.suppress(psutil.NoSuchProcess):
            # Kernels lead sessions of their own, so a process group would miss them.
            family = psutil.Process(self.process.pid).children(recursive=True)
            self.process.kill()
            for process in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()

    def last_words(self) -> str:
        """Return how the process ended, and the end of its log."""
        log = self.log.read_bytes()[-_LOG_BYTES_SHOWN:].decode(errors="replace").strip()
        return f"{_exit_text(self.process.returncode)}{f'; the end of its log: {log}' if log else ''}"


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
