"""State machines for the actor system, the peg, the sync node and the consensus, each with its reference."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from alyslab.property.machines.actor import ActorMachine
from alyslab.property.machines.consensus import ConsensusMachine
from alyslab.property.machines.peg import PegMachine
from alyslab.property.machines.sync import SyncMachine

if TYPE_CHECKING:
    from alyslab.property.machine import SimulationMachine

MACHINES: Final[Mapping[str, type[SimulationMachine]]] = MappingProxyType(
    {one.__name__: one for one in (ActorMachine, PegMachine, SyncMachine, ConsensusMachine)}
)
"""Every machine by name."""
