"""Clocks that are wrong, run wrong, or jump.

Ranges follow those of Jepsen and TigerBeetle.
"""

from __future__ import annotations

from typing import Final

from alyslab.chaos.families.parameters import ms
from alyslab.chaos.vocabulary import Fault, Parameter

_SHIFT = 600_000.0
CLOCK: Final = (
    Fault(
        name="clock.offset",
        summary="the clock is set wrong, and put right when the fault ends",
        effect="clock.set",
        parameters=(
            Parameter(
                name="offset_ms",
                summary="ahead; negative is behind",
                low=-_SHIFT,
                high=_SHIFT,
                mild=20,
                severe=10_000,
            ),
        ),
    ),
    Fault(
        name="clock.drift",
        summary="the clock runs fast or slow, and is put right when the fault ends",
        effect="clock.set",
        parameters=(
            Parameter(
                name="drift_ppm",
                summary="fast; negative is slow",
                low=-200_000,
                high=200_000,
                mild=200,
                severe=100_000,
            ),
        ),
    ),
    Fault(
        name="clock.step",
        summary="the clock jumps once, and is put right in the quiet phase",
        effect="clock.set",
        parameters=(
            Parameter(
                name="step_ms",
                summary="ahead; negative is back",
                low=-_SHIFT,
                high=_SHIFT,
                mild=50,
                severe=-20_000,
            ),
        ),
        instant=True,
    ),
    Fault(
        name="clock.strobe",
        summary="the clock jumps to and fro",
        effect="clock.set",
        parameters=(
            ms("amplitude_ms", "length of a jump", 20, 4_000),
            ms("period_ms", "time between jumps", 1_000, 50, low=1),
        ),
    ),
)
