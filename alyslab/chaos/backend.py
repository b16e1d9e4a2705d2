"""Where faults are made real, and which ones each place can do."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from alyslab.chaos.faults import FAULTS

BACK_ENDS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "simulation": frozenset(FAULTS),
        "pressure": frozenset(
            {
                "resource.memory",
                "resource.cpu",
                "resource.disk_full",
                "resource.disk_slow",
                "resource.io_errors",
                "resource.descriptors",
            }
        ),
    }
)
"""Faults by back end: virtual time, and real pressure in a child process on the wall clock.

What the simulation can do to one system is that system's to say.
"""
