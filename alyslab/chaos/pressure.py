"""Real pressure on this machine, inside limits: a child process that holds memory, disk and files.

The child has hard caps of its own (address space, CPU time, size of a file,
descriptors, a nice value), ends when its parent does, and is killed when the
block ends, whatever happened; its files go with it.  Linux and other systems
with ``resource`` only.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from alyslab.chaos.faults import FAULTS
from alyslab.errors import HarnessError

if TYPE_CHECKING:
    from alyslab.chaos.plan import Plan

MOST_BYTES: Final = 256 * 1024 * 1024
"""Memory that pressure may take, however strong the fault; and disk, as much again."""
MOST_FREE_RATIO: Final = 0.25
"""Share of the disk's free room that it may take at most."""
MOST_FILES: Final = 512
MOST_S: Final = 60.0
"""How long it may last, in real s."""
SYNC_MS: Final = 1_000.0
"""A disk that is to take so long for a sync is kept busy all the time."""
START_S: Final = 30.0
CHILD: Final = Path(__file__).with_name("pressure_child.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What the child is to do."""

    held_bytes: int = 0
    """Memory to hold."""
    busy_ratio: float = 0.0
    """Share of one processor to burn."""
    file_bytes: int = 0
    """Room on the disk to take."""
    sync_ratio: float = 0.0
    """Share of time to write and sync."""
    files: int = 0
    """Descriptors to hold open."""
    error_ratio: float = 0.0
    """Share of the child's own writes that its kernel is to refuse."""

    @property
    def allowed(self) -> bool:
        """Whether it stays within the limits that protect the machine."""
        sizes = (self.held_bytes, self.file_bytes)
        return (
            all(0 <= size <= MOST_BYTES for size in sizes)
            and 0 <= self.files <= MOST_FILES
            and min(self.busy_ratio, self.sync_ratio) >= 0
            and self.busy_ratio + self.sync_ratio <= 1
            and 0 <= self.error_ratio <= 1
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the child has taken, as the operating system says."""

    held_bytes: int
    """Resident memory."""
    cpu_s: float
    file_bytes: int
    """Room that its files take."""
    files: int
    """Descriptors open."""
    errors: int
    """Writes of the child's that the kernel has refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Felt:
    """What one fault did to the machine, as the operating system measured it."""

    entry: str
    fault: str
    held_bytes: int
    cpu_s: float
    file_bytes: int
    files: int
    errors: int
    wall_s: float


class Pressure:
    """A child process that presses; made by :func:`pressing`."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process = process
        self._folder = folder

    def measure(self) -> Measured:
        """Ask the operating system what the child has; raises HarnessError if it has ended."""
        import psutil

        try:
            child = psutil.Process(self._process.pid)
            times = child.cpu_times()
            return Measured(
                held_bytes=child.memory_info().rss,
                cpu_s=times.user + times.system,
                file_bytes=sum(file.stat().st_blocks * 512 for file in self._folder.iterdir()),
                files=child.num_fds(),
                errors=self._errors(),
            )
        except psutil.Error as error:
            raise HarnessError(f"the child that presses has ended: {error}") from error

    def _errors(self) -> int:
        """Return what the child has counted, as only who wrote is told of a refusal."""
        try:
            return int((self._folder / "errors").read_text().split()[0])
        except (FileNotFoundError, IndexError):  # none yet, or just being written
            return 0


@contextmanager
def pressing(load: Load, *, longest_s: float = MOST_S) -> Iterator[Pressure]:
    """Put a load on this machine from a child process until the block ends.

    Parameters
    ----------
    load
        How much, within the limits above.
    longest_s
        When the child ends by itself, in real s; at most :data:`MOST_S`.

    Raises
    ------
    HarnessError
        If the limits are exceeded, or the child can't be started within them.
    """
    if not (load.allowed and 0 < longest_s <= MOST_S):
        raise HarnessError(
            f"{load} for {longest_s:g} s is more pressure than is allowed: {MOST_BYTES} bytes of memory and "
            f"of disk, one processor, {MOST_FILES} files, {MOST_S:g} s"
        )
    with TemporaryDirectory(prefix="alyslab-pressure-") as name:
        folder = Path(name)
        _require_room(folder, load)
        caps = {**asdict(load), "longest_s": max(1, round(longest_s)), "folder": name}
        process = subprocess.Popen(
            [sys.executable, "-I", str(CHILD), json.dumps(caps)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            ready = process.stdout.readline() if process.stdout is not None else ""
            if not ready:
                said = process.communicate()[1][-500:]
                raise HarnessError(f"the child that presses did not start: {said}")
            yield Pressure(process, folder)
        finally:
            process.kill()
            process.communicate(timeout=START_S)


def _require_room(folder: Path, load: Load) -> None:
    import shutil

    free_bytes = shutil.disk_usage(folder).free
    if load.file_bytes > free_bytes * MOST_FREE_RATIO:
        raise HarnessError(
            f"{load.file_bytes} bytes are more than {MOST_FREE_RATIO:.0%} of what is free: {free_bytes}"
        )


def _left(most: int, limit: float) -> int:
    """Return what must be taken so that of the most that may be only a limit is left."""
    return most - min(most, int(limit))


LOADS: Final[Mapping[str, Callable[[Mapping[str, float]], Load]]] = MappingProxyType(
    {
        "resource.memory": lambda values: Load(held_bytes=_left(MOST_BYTES, values["limit_bytes"])),
        "resource.cpu": lambda values: Load(busy_ratio=values["stolen_ratio"]),
        "resource.disk_full": lambda values: Load(file_bytes=_left(MOST_BYTES, values["free_bytes"])),
        "resource.disk_slow": lambda values: Load(sync_ratio=min(1.0, values["sync_ms"] / SYNC_MS)),
        "resource.io_errors": lambda values: Load(error_ratio=values["error_ratio"]),
        "resource.descriptors": lambda values: Load(files=_left(MOST_FILES, values["limit_files"])),
    }
)
"""What each fault asks of the machine, from its parameters.

Errors are the child's alone: to make the writes of another process fail takes rights over the machine.
"""


def press_plan(plan: Plan) -> list[Felt]:
    """Press on this machine as the plan's entries say, one after the other, and measure each.

    Raises
    ------
    HarnessError
        If an entry asks for more than is allowed.
    """
    import time

    felt = []
    for entry in plan.entries:
        values = FAULTS[entry.fault].resolve(entry.intensity, entry.parameters)
        numbers = {name: value for name, value in values.items() if isinstance(value, int | float)}
        began_s = time.monotonic()
        lasts_s = plan.end_s(entry) - entry.start_s
        with pressing(LOADS[entry.fault](numbers), longest_s=lasts_s + 1) as pressure:
            time.sleep(lasts_s)
            seen = pressure.measure()
        felt.append(
            Felt(entry=entry.id, fault=entry.fault, wall_s=time.monotonic() - began_s, **asdict(seen))
        )
    return felt
