"""Faults of a process: it dies, is held, or runs a share of the time."""

from __future__ import annotations

from typing import Final

from alyslab.chaos.families.parameters import choice, ms, ratio
from alyslab.chaos.vocabulary import Fault

_PERIOD = ms("period_ms", "length of a cycle of held and running", 20, 400, low=1)

PROCESS: Final = (
    Fault(
        name="process.crash",
        summary="the process dies at once, and is started again when the fault ends",
        effect="node.crash or actor.failed",
        parameters=(
            choice(
                "state",
                "what the disk still has: what was synced, all that was written, or nothing",
                "durable",
                "kept",
                "lost",
            ),
        ),
        alone=True,
        contradicts=("process.pause",),
        may_stay=True,
    ),
    Fault(
        name="process.pause",
        summary="nothing of the process runs; timers that fire meanwhile are seen late",
        effect="node.pause or actor.state",
        alone=True,
        contradicts=("process.crash",),
    ),
    Fault(
        name="process.slow",
        summary="the process runs a share of each cycle only",
        effect="node.pause",
        parameters=(ratio("held_ratio", "share of each cycle held", 0.9, mild=0.1, high=0.99), _PERIOD),
    ),
)
