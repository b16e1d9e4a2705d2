"""Which function makes each fault real."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from alyslab.chaos.faults import faults_of
from alyslab.chaos.injection import Field, Heal, Injection
from alyslab.chaos.injectors import byzantine, clock, network, process, storage

Inject = Callable[[Field, Injection], Heal | None]
"""Begins a fault; what it returns ends it, None where nothing can."""

INJECTORS: Final[Mapping[str, Inject]] = MappingProxyType(
    {
        "process.crash": process.crash,
        "process.pause": process.pause,
        "process.slow": process.slow,
        "resource.cpu": process.starve,
        "resource.memory": network.memory,
        "resource.disk_full": storage.trouble,
        "resource.disk_slow": storage.trouble,
        "resource.io_errors": storage.trouble,
        "resource.descriptors": storage.trouble,
        "storage.lost_writes": storage.trouble,
        "storage.torn_writes": storage.trouble,
        "storage.misdirected_writes": storage.trouble,
        "storage.read_errors": storage.trouble,
        "storage.bit_rot": storage.rot,
        "clock.offset": clock.offset,
        "clock.drift": clock.drift,
        "clock.step": clock.step,
        "clock.strobe": clock.strobe,
        **network.INJECTORS,
        **dict.fromkeys(sorted(faults_of("byzantine")), byzantine.cheat),
    }
)
"""Injectors by fault; a test holds that every fault has one."""
