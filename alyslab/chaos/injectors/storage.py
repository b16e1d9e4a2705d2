"""Faults of disks: errors, limits, delays, and what a crash or time does to data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from alyslab.chaos.injection import Field, Heal, Injection
from alyslab.chaos.injectors.disks import Trouble
from alyslab.runtime.disk import CrashFaults, DiskLatency
from alyslab.runtime.disk_faults import DiskFaults


def trouble(field: Field, injection: Injection) -> Heal:
    """Let the targets' disks be as the fault says, until it is healed."""
    for member in injection.targets:
        field.disks.add(member, injection.entry.id, _trouble(field, injection, member))

    def heal() -> None:
        for member in injection.targets:
            field.disks.remove(member, injection.entry.id)

    return heal


def rot(field: Field, injection: Injection) -> None:
    """Flip bits of the targets' durable files; nothing heals that but the system itself."""
    for member in injection.targets:
        node = field.live.node(member)
        if node is not None:
            flipped = node.disk.rot(int(injection.number("flips")), injection.random)
            injection.effect(member, "bits flipped", float(flipped))


def _trouble(field: Field, injection: Injection, member: str) -> Trouble:
    if injection.fault.name == "resource.disk_full":
        node = field.live.node(member)
        used = node.disk.used_bytes if node is not None else 0
        return Trouble(faults=DiskFaults(capacity_bytes=used + int(injection.number("free_bytes"))))
    return _TROUBLES[injection.fault.name](injection.number)


_TROUBLES: Final[Mapping[str, Callable[[Callable[[str], float]], Trouble]]] = {
    "resource.disk_slow": lambda number: Trouble(
        latency=DiskLatency(read_ms=number("read_ms"), write_ms=number("write_ms"), sync_ms=number("sync_ms"))
    ),
    "resource.io_errors": lambda number: Trouble(
        faults=DiskFaults(write_error_ratio=number("error_ratio"), sync_error_ratio=number("error_ratio"))
    ),
    "resource.descriptors": lambda number: Trouble(faults=DiskFaults(new_files=int(number("limit_files")))),
    "storage.read_errors": lambda number: Trouble(faults=DiskFaults(read_error_ratio=number("error_ratio"))),
    "storage.torn_writes": lambda number: _fate(torn_ratio=number("torn_ratio")),
    "storage.misdirected_writes": lambda number: _fate(misdirected_ratio=number("misdirected_ratio")),
    "storage.lost_writes": lambda number: Trouble(crash=CrashFaults(lost_ratio=number("lost_ratio"))),
}
"""What each fault makes of a disk, from its parameters."""


def _fate(**ratio: float) -> Trouble:
    """Return what a crash does with such a share; the rest is lost."""
    return Trouble(crash=CrashFaults(lost_ratio=1 - sum(ratio.values()), **ratio))
