"""Real pressure on this machine, inside limits: a child process that holds memory and burns time.

The child has hard caps of its own (address space, CPU time, a nice value), ends
when its parent does, and is killed when the block ends, whatever happened.
Linux and other systems with ``resource`` only.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from alyslab.chaos.faults import FAULTS
from alyslab.errors import HarnessError

if TYPE_CHECKING:
    from alyslab.chaos.plan import Plan

MOST_BYTES: Final = 256 * 1024 * 1024
"""Memory that pressure may take, however strong the fault."""
MOST_S: Final = 60.0
"""How long it may last, in real s."""
START_S: Final = 30.0

_CHILD: Final = """
import json, os, resource, sys, time
held_bytes, busy_ratio, cap_bytes, cap_s = json.loads(sys.argv[1])
os.nice(10)
resource.setrlimit(resource.RLIMIT_AS, (cap_bytes, cap_bytes))
resource.setrlimit(resource.RLIMIT_CPU, (cap_s, cap_s))
held = bytearray(held_bytes)
for at in range(0, held_bytes, 4096):
    held[at] = 1
print(json.dumps(len(held)), flush=True)
parent = os.getppid()
end = time.monotonic() + cap_s
while time.monotonic() < end and os.getppid() == parent:
    busy = time.monotonic() + 0.05 * busy_ratio
    while time.monotonic() < busy:
        pass
    time.sleep(0.05 * (1 - busy_ratio))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Felt:
    """What one fault did to the machine, as the operating system measured it."""

    entry: str
    fault: str
    held_bytes: int
    """Memory that the child had resident."""
    cpu_s: float
    """Processor time that it used."""
    wall_s: float


class Pressure:
    """A child process that presses; made by :func:`pressing`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def measure(self) -> tuple[int, float]:
        """Return the child's resident bytes and its CPU seconds; raises HarnessError if it has ended."""
        import psutil

        try:
            child = psutil.Process(self._process.pid)
            times = child.cpu_times()
            return child.memory_info().rss, times.user + times.system
        except psutil.Error as error:
            raise HarnessError(f"the child that presses has ended: {error}") from error


@contextmanager
def pressing(
    *, held_bytes: int = 0, busy_ratio: float = 0.0, longest_s: float = MOST_S
) -> Iterator[Pressure]:
    """Hold memory and burn processor time in a child until the block ends.

    Parameters
    ----------
    held_bytes
        Memory to hold; at most :data:`MOST_BYTES`.
    busy_ratio
        Share of one processor to burn, 0 to 1.
    longest_s
        When the child ends by itself, in real s; at most :data:`MOST_S`.

    Raises
    ------
    HarnessError
        If the limits are exceeded, or the child can't be started within them.
    """
    if not (0 <= held_bytes <= MOST_BYTES and 0 <= busy_ratio <= 1 and 0 < longest_s <= MOST_S):
        raise HarnessError(
            f"{held_bytes} bytes at {busy_ratio:g} for {longest_s:g} s is more pressure than is allowed: "
            f"{MOST_BYTES} bytes, one processor, {MOST_S:g} s"
        )
    caps = [held_bytes, busy_ratio, held_bytes + 512 * 1024 * 1024, max(1, round(longest_s))]
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", _CHILD, json.dumps(caps)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        ready = process.stdout.readline() if process.stdout is not None else ""
        if not ready:
            raise HarnessError(f"the child that presses did not start: {process.communicate()[1][-500:]}")
        yield Pressure(process)
    finally:
        process.kill()
        process.communicate(timeout=START_S)


def press_plan(plan: Plan) -> list[Felt]:
    """Press on this machine as the plan's entries say, one after the other, and measure each.

    Memory is held up to what the fault's limit leaves of :data:`MOST_BYTES`,
    processor time up to the share that it steals.

    Raises
    ------
    HarnessError
        If an entry asks for more than is allowed.
    """
    import time

    felt = []
    for entry in plan.entries:
        values = FAULTS[entry.fault].resolve(entry.intensity, entry.parameters)
        memory = entry.fault == "resource.memory"
        began_s = time.monotonic()
        lasts_s = plan.end_s(entry) - entry.start_s
        held = MOST_BYTES - min(MOST_BYTES, int(float(str(values["limit_bytes"])))) if memory else 0
        busy = 0.0 if memory else float(str(values["stolen_ratio"]))
        with pressing(held_bytes=held, busy_ratio=busy, longest_s=lasts_s + 1) as pressure:
            time.sleep(lasts_s)
            held_bytes, cpu_s = pressure.measure()
        felt.append(
            Felt(
                entry=entry.id,
                fault=entry.fault,
                held_bytes=held_bytes,
                cpu_s=cpu_s,
                wall_s=time.monotonic() - began_s,
            )
        )
    return felt
