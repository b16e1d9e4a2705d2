"""Constants of Alys and of the measured network, each with its source.

They are the defaults of :func:`alyslab.harnesses.network.gossip.flood`, so a
notebook that says nothing runs the chain as it is deployed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotPreset:
    """How a chain divides time, and among how many authorities."""

    name: str
    """Which deployment the constants describe."""
    slot_ms: int
    """Length of a slot, in ms; one block is due in each."""
    authorities: int
    """How many peers take turns: the author of slot ``s`` is authority ``s mod authorities``."""
    source: str
    """Where the constants stand."""


ALYS: Final = SlotPreset(
    name="Alys",
    slot_ms=5_000,
    authorities=3,
    source="alys etc/config/chain.json: slotDuration, authorities",
)

SIMBLOCK_BLOCK_BYTES: Final = 535_000
"""Mean size of a Bitcoin block in 2019, in bytes.

Source: SimBlock, commit 5fc7f9f, SimulationConfiguration.java, BLOCK_SIZE.
"""
