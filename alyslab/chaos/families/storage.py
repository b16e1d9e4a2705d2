"""Faults of a disk: what a crash does to what was not synced, bits that flip, reads that fail.

Kinds follow those of TigerBeetle's simulator.
"""

from __future__ import annotations

from typing import Final

from alyslab.chaos.families.parameters import ratio
from alyslab.chaos.vocabulary import Fault, Parameter

STORAGE: Final = (
    Fault(
        name="storage.lost_writes",
        summary="a crash loses this share of what was not synced, and keeps the rest",
        effect="disk.crash with fate lost",
        parameters=(ratio("lost_ratio", "of the writes pending at a crash", 1.0, mild=0.2),),
    ),
    Fault(
        name="storage.torn_writes",
        summary="a crash leaves only the first sectors of a write that was not synced",
        effect="disk.crash with fate torn",
        parameters=(ratio("torn_ratio", "of the writes pending at a crash", 1.0, mild=0.2),),
    ),
    Fault(
        name="storage.misdirected_writes",
        summary="a crash puts a write that was not synced over another sector of its file",
        effect="disk.crash with fate misdirected",
        parameters=(ratio("misdirected_ratio", "of the writes pending at a crash", 0.8, mild=0.1),),
        destroys=True,
    ),
    Fault(
        name="storage.bit_rot",
        summary="bits of durable files flip",
        effect="disk.fault: rot",
        parameters=(
            Parameter(
                name="flips", summary="bits flipped", kind="whole", low=1, high=1e6, mild=16, severe=4_096
            ),
        ),
        instant=True,
        destroys=True,
    ),
    Fault(
        name="storage.read_errors",
        summary="reads fail",
        effect="disk.fault: read",
        parameters=(ratio("error_ratio", "chance of each read", 0.8, mild=0.05),),
    ),
)
