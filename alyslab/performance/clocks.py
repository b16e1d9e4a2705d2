"""Two clocks for one program, and who else used the machine meanwhile.

A wall clock tells what a user waits for, if the machine does nothing else.
Where others use it, the wall clock tells mostly how much they left, and
processor time is the better answer.  So both are taken, the share of the
others is measured, and a check says which of the two was judged.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from alyslab.performance.measure import Ratio, Timings

QUIET_MOST = 0.10
"""Share of all processors that others may use for the wall clock to be judged."""


class Neighbours:
    """Context manager that measures how much of the machine others used meanwhile."""

    share: float = 0.0
    """Processor time of all other programs, over that of all processors; 0 to 1."""

    def __enter__(self) -> Self:
        self._before = _busy_s()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        everybody, own, wall = (after - before for after, before in zip(_busy_s(), self._before, strict=True))
        self.share = max(0.0, everybody - own) / (wall * _processors())

    @property
    def quiet(self) -> bool:
        """Whether the wall clock may be judged."""
        return self.share <= QUIET_MOST

    def __str__(self) -> str:
        return f"others used {self.share:.0%} of the machine"


def _processors() -> int:
    import psutil

    return psutil.cpu_count() or 1


def _busy_s() -> tuple[float, float, float]:
    """Return seconds of everybody's work, of this program's with its workers, and of the wall clock."""
    import psutil

    times = psutil.cpu_times()
    everybody = sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0)
    here = psutil.Process()
    own = [here.cpu_times(), *(child.cpu_times() for child in here.children(recursive=True))]
    return everybody, sum(each.user + each.system for each in own), time.perf_counter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What candidates took by both clocks, and who else was there."""

    wall: Timings
    """By the wall clock."""
    cpu: Timings
    """In processor time."""
    neighbours: Neighbours
    """Who else used the machine."""

    def judged(self) -> Timings:
        """Return the timings that a limit is held against."""
        return self.wall if self.neighbours.quiet else self.cpu

    @property
    def clock(self) -> str:
        """What these are, for the unit of a check."""
        return "wall time" if self.neighbours.quiet else "processor time"

    def ratio(self, candidate: str, baseline: str) -> Ratio:
        """Return baseline's time over candidate's, by the clock that is judged."""
        return self.judged().ratio(candidate, baseline)

    def note(self, candidate: str, baseline: str) -> str:
        """Return the ratio by both clocks, and the share of the others."""
        wall, cpu = (timings.ratio(candidate, baseline) for timings in (self.wall, self.cpu))
        return f"wall {wall}, processor {cpu}; {self.neighbours}"


def both_turns(candidates: Mapping[str, Callable[[], float | None]], *, rounds: int) -> Measured:
    """Time candidates in turn by both clocks, after one round that does not count.

    A candidate may return the processor seconds that other processes spent for
    it in a row; they are added to this thread's.  As in timeit, the collector
    is off meanwhile; its cost is that of everything else in the process.
    """
    wall: dict[str, list[float]] = {name: [] for name in candidates}
    cpu: dict[str, list[float]] = {name: [] for name in candidates}
    with Neighbours() as neighbours:
        for counted in [False, *[True] * rounds]:
            for name, candidate in candidates.items():
                gc.collect()
                gc.disable()
                try:
                    began_wall, began_cpu = time.perf_counter(), time.thread_time()
                    elsewhere_s = candidate()
                    taken_cpu = time.thread_time() - began_cpu + (elsewhere_s or 0.0)
                    taken_wall = time.perf_counter() - began_wall
                finally:
                    gc.enable()
                if counted:
                    wall[name].append(taken_wall)
                    cpu[name].append(taken_cpu)
    return Measured(
        wall=Timings(seconds={name: tuple(taken) for name, taken in wall.items()}),
        cpu=Timings(seconds={name: tuple(taken) for name, taken in cpu.items()}),
        neighbours=neighbours,
    )
