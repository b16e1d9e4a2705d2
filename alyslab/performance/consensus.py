"""How much faster than real time a federation runs in simulation, its journal on.

What is held against the limit is virtual time over processor time of this
process, so that a busy machine disturbs it little.  Signatures are ideal.
Nodes validate every block themselves; what they share are pure functions of
bytes: the decoded form of a message, and that an approval's signature is valid.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from alyslab.checkers.verdict import Check
from alyslab.harnesses.consensus.workloads.live import live
from alyslab.runtime import simulate

ISSUE: Final = "issue 6, numbers"
ROUNDS: Final = 3
SEED: Final = 1
FEDERATION: Final[Mapping[str, Any]] = {"nodes": 7, "slots": 200}
"""Seven authorities, everybody connected with everybody, every message passed on by everybody."""
CROWD: Final[Mapping[str, Any]] = {"nodes": 15, "followers": 85, "degree": 3, "slots": 14}
"""A hundred nodes: as many authorities as there may be, the others follow; three peers each."""


def consensus_checks(*, rounds: int = ROUNDS) -> list[Check]:
    """Measure a federation of 7 and a network of 100 nodes at a slot of 5 s."""
    return [
        _speed("7 nodes at a 5 s slot, ideal signatures", FEDERATION, 300.0, rounds),
        _speed("100 nodes at a 5 s slot, ideal signatures", CROWD, 20.0, rounds),
    ]


def _speed(name: str, parameters: Mapping[str, Any], limit: float, rounds: int) -> Check:
    speeds, events = [], 0
    for _ in range(rounds):
        began = time.process_time()
        run = simulate(live, seed=SEED, parameters=dict(parameters))
        speeds.append(run.virtual_s / (time.process_time() - began))
        events = len(run.journal)
    speeds.sort()
    return Check(
        name=name,
        observed=round(speeds[len(speeds) // 2], 1),
        comparison=">=",
        limit=limit,
        unit="x real time, of processor time",
        source=ISSUE,
        note=f"{speeds[0]:.1f} to {speeds[-1]:.1f} over {rounds} rounds, {events:,} events; {parameters}",
    )
