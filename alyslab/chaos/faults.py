"""Every fault that a plan can name.

What a system or a back end can't do is its own to say
(:mod:`alyslab.chaos.system`, :mod:`alyslab.chaos.backend`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from alyslab.chaos.byzantine import BYZANTINE
from alyslab.chaos.families.clock import CLOCK
from alyslab.chaos.families.network import NETWORK
from alyslab.chaos.families.process import PROCESS
from alyslab.chaos.families.resource import RESOURCE
from alyslab.chaos.families.storage import STORAGE
from alyslab.chaos.vocabulary import Fault

FAULTS: Final[Mapping[str, Fault]] = MappingProxyType(
    {fault.name: fault for fault in (*NETWORK, *PROCESS, *RESOURCE, *STORAGE, *CLOCK, *BYZANTINE)}
)
"""Every fault by its name."""


def faults_of(*families: str) -> frozenset[str]:
    """Return the names of all faults of these families."""
    return frozenset(name for name, fault in FAULTS.items() if fault.family in families)
