"""Constants of Alys and of the measured network, each with its source.

They are the defaults of :func:`alyslab.harnesses.network.gossip.flood`, so a
notebook that says nothing runs the chain as it is deployed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from alyslab.model.presets import V1, V2
from alyslab.model.spec import Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotPreset:
    """How a chain divides time, and among how many authorities; read from its spec."""

    name: str
    """Which deployment the constants describe."""
    slot_ms: int
    """Length of a slot, in ms; one block is due in each."""
    authorities: int
    """How many peers take turns: the author of slot ``s`` is authority ``s mod authorities``."""
    source: str
    """Where the constants stand."""

    @classmethod
    def of(cls, name: str, spec: Spec) -> SlotPreset:
        """Return the slots of a chain."""
        return cls(
            name=name,
            slot_ms=spec.slot_ms,
            authorities=len(spec.authorities),
            source=f"alyslab.model.presets.{spec.name}, with its sources there",
        )


ALYS: Final = SlotPreset.of("Alys", V1)
ALYS_V2: Final = SlotPreset.of("Alys V2", V2)

SIMBLOCK_BLOCK_BYTES: Final = 535_000
"""Mean size of a Bitcoin block in 2019, in bytes.

Source: SimBlock, commit 5fc7f9f, SimulationConfiguration.java, BLOCK_SIZE.
"""
