"""What this process uses, read from the operating system at a set interval."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TypeVar

from alyslab.errors import LabError, StateError
from alyslab.metrics.collector import MetricsCollector
from alyslab.metrics.row import MetricError

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceSample:
    """What the operating system said about this process at one moment; None where it said nothing."""

    at_s: float
    """When, in seconds of the monotonic wall clock."""
    cpu_s: float | None
    """CPU time that this process has used since it started, user and system, without its children."""
    resident_bytes: int | None
    """Memory that is in RAM."""
    descriptors: int | None
    """Open file descriptors; None on Windows, which has none."""
    threads: int | None
    """Threads, the sampler's own among them."""


def read_process() -> ResourceSample:
    """Read this process's resources now; a reading that the system refuses is None."""
    import psutil

    process = psutil.Process()

    def reading(read: Callable[[], T] | None) -> T | None:
        try:
            return read() if read else None
        except (psutil.Error, OSError):  # such as no descriptor left to read /proc with
            return None

    return ResourceSample(
        at_s=time.monotonic(),
        cpu_s=reading(lambda: float(sum(process.cpu_times()[:2]))),
        resident_bytes=reading(lambda: int(process.memory_info().rss)),
        descriptors=reading(getattr(process, "num_fds", None)),
        threads=reading(process.num_threads),
    )


class ResourceSampler:
    """Samples this process while a block runs, and records what it saw in a collector.

    ::

        async with ResourceSampler(collector, interval_s=1.0):
            ...

    One sample is taken on entry, one every ``interval_s`` seconds of wall
    time, and a last one on exit, also after an exception or a cancellation.
    They are recorded on exit: the counter ``process_cpu_s`` (used within the
    block) and the histograms ``process_resident_bytes``,
    ``process_descriptors`` and ``process_threads``.

    A thread of its own samples, since a simulation keeps the event loop busy
    until it ends and a task would see nothing of it.  The thread ends with the
    block.  Not for use inside a simulation, where threads are refused.

    Parameters
    ----------
    collector
        Where the numbers go; touched on entry's and exit's own thread only.
    interval_s
        Time between samples, more than 0.
    read
        Takes one sample; replaced in tests.

    Raises
    ------
    MetricError
        For an interval that is not a positive, finite number.
    """

    def __init__(
        self,
        collector: MetricsCollector,
        interval_s: float,
        *,
        read: Callable[[], ResourceSample] = read_process,
    ) -> None:
        if not (math.isfinite(interval_s) and interval_s > 0):
            raise MetricError(f"interval_s is {interval_s!r}, and must be a positive number")
        self._collector = collector
        self._interval_s = interval_s
        self._read = read
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._samples: list[ResourceSample] = []
        self._failure: Exception | None = None

    @property
    def samples(self) -> tuple[ResourceSample, ...]:
        """What was sampled so far, in order."""
        return tuple(self._samples)

    def __enter__(self) -> ResourceSampler:
        """Take the first sample and start; raises StateError when it was used before."""
        if self._thread is not None:
            raise StateError("entering a ResourceSampler", "used", ["a new ResourceSampler"])
        self._samples.append(self._read())
        self._thread = threading.Thread(target=self._sample, name="alyslab-resources", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the last sample, stop and record; raises LabError when sampling itself failed."""
        assert self._thread is not None
        self._stop.set()
        self._thread.join()
        self._record()
        if self._failure is not None and error is None:
            raise LabError(f"sampling this process failed: {self._failure}") from self._failure

    async def __aenter__(self) -> ResourceSampler:
        """Enter as ``with`` does; nothing is awaited."""
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave as ``with`` does: waits for at most one sample, and no cancellation can come between."""
        self.__exit__(kind, error, trace)

    def _sample(self) -> None:
        stopping = False
        try:
            while not stopping:
                stopping = self._stop.wait(self._interval_s)
                self._samples.append(self._read())
        except Exception as failure:  # kept for the thread that leaves the block
            self._failure = failure

    def _record(self) -> None:
        collector = self._collector
        used_s = [sample.cpu_s for sample in self._samples if sample.cpu_s is not None]
        if len(used_s) > 1:
            cpu = collector.counter("process_cpu_s", "s", meaning="CPU time of this process.")
            cpu.add(used_s[-1] - used_s[0])
        for name, unit, meaning, values in (
            ("process_resident_bytes", "bytes", "Memory in RAM.", [s.resident_bytes for s in self._samples]),
            ("process_descriptors", "", "Open file descriptors.", [s.descriptors for s in self._samples]),
            ("process_threads", "", "Threads.", [s.threads for s in self._samples]),
        ):
            for value in values:
                if value is not None:
                    collector.histogram(name, unit, meaning=meaning).observe(value)
