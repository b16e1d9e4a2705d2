"""Disks that fail in several ways at once: each fault contributes, and takes back its own part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Final

from alyslab.runtime.disk import CrashFaults, DiskLatency
from alyslab.runtime.disk_faults import NONE, DiskFaults

if TYPE_CHECKING:
    from alyslab.runtime import Node


AT_ONCE: Final = DiskLatency()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What one fault adds to a disk."""

    latency: DiskLatency = AT_ONCE
    faults: DiskFaults = NONE
    crash: CrashFaults | None = None


class Disks:
    """Keeps each disk at the sum of its troubles, and as it was where there is none.

    Delays add up; chances of errors combine as independent; the tightest limit
    counts; of the fates at a crash, the greatest share of each.

    Parameters
    ----------
    node
        Returns the node of a member.
    """

    def __init__(self, node: Callable[[str], Node | None]) -> None:
        self._node = node
        self._troubles: dict[str, dict[str, Trouble]] = {}
        self._before: dict[str, Trouble] = {}

    def add(self, member: str, entry: str, trouble: Trouble) -> None:
        """Let a fault act on a member's disk."""
        node = self._node(member)
        if node is None:
            raise LookupError(f"{member} has no disk of its own")
        if not self._troubles.get(member):
            disk = node.disk
            self._before[member] = Trouble(latency=disk.latency, faults=disk.faults, crash=disk.crash_faults)
        self._troubles.setdefault(member, {})[entry] = trouble
        self._apply(member, node)

    def remove(self, member: str, entry: str) -> None:
        """Take the fault's part back."""
        node = self._node(member)
        if node is not None and self._troubles.get(member, {}).pop(entry, None) is not None:
            self._apply(member, node)

    def _apply(self, member: str, node: Node) -> None:
        before = self._before[member]
        troubles = [before, *self._troubles[member].values()]
        node.disk.latency = reduce(_slower, (trouble.latency for trouble in troubles))
        node.disk.faults = reduce(_worse, (trouble.faults for trouble in troubles))
        fates = [trouble.crash for trouble in troubles[1:] if trouble.crash is not None]
        node.disk.crash_faults = _fate(fates) if fates else before.crash or CrashFaults()


def _slower(one: DiskLatency, other: DiskLatency) -> DiskLatency:
    return DiskLatency(
        read_ms=one.read_ms + other.read_ms,
        write_ms=one.write_ms + other.write_ms,
        sync_ms=one.sync_ms + other.sync_ms,
    )


def _worse(one: DiskFaults, other: DiskFaults) -> DiskFaults:
    if one is NONE or other is NONE:
        return other if one is NONE else one  # the disk looks for NONE itself to stay quick
    return DiskFaults(
        read_error_ratio=_either(one.read_error_ratio, other.read_error_ratio),
        write_error_ratio=_either(one.write_error_ratio, other.write_error_ratio),
        sync_error_ratio=_either(one.sync_error_ratio, other.sync_error_ratio),
        capacity_bytes=_tighter(one.capacity_bytes, other.capacity_bytes),
        new_files=_tighter(one.new_files, other.new_files),
    )


def _either(one: float, other: float) -> float:
    return 1 - (1 - one) * (1 - other)


def _tighter(one: int | None, other: int | None) -> int | None:
    given = [limit for limit in (one, other) if limit is not None]
    return min(given, default=None)


def _fate(fates: list[CrashFaults]) -> CrashFaults:
    """Join what faults say of pending writes; what none of them speaks of is lost, as without a fault."""
    torn = max(fate.torn_ratio for fate in fates)
    misdirected = max(fate.misdirected_ratio for fate in fates)
    lost = max(fate.lost_ratio for fate in fates)
    scale = max(1.0, torn + misdirected + lost)
    return CrashFaults(
        torn_ratio=torn / scale, misdirected_ratio=misdirected / scale, lost_ratio=lost / scale
    )
