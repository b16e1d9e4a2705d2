"""Where nobody misbehaves nobody is suspected, accused or punished, whatever the seed."""

from __future__ import annotations

import pytest

from alyslab.harnesses.consensus.workloads.handover import handover
from alyslab.harnesses.consensus.workloads.live import live
from alyslab.runtime import simulate

KINDS = ("consensus.suspected", "consensus.equivocation", "consensus.forged", "consensus.offence")
STRATEGIES = ("fifo", "random", "pct")


def said(seed: int) -> list[dict[str, object]]:
    """What nodes hold against others in a federation of three to seven at work, drawn by the seed."""
    parameters = {
        "nodes": 3 + seed % 5,
        "followers": seed % 3,
        "slots": 24,
        "topics": ("v1", "v2")[seed % 2],
    }
    run = simulate(live, seed=seed, strategy=STRATEGIES[seed % 3], parameters=parameters)
    assert any(run.journal.select(kind="block.imported"))
    return [row.as_dict() for row in run.journal.select(kind=KINDS)]


@pytest.mark.parametrize("seed", range(1, 5))
def test_a_federation_at_work_holds_nothing_against_anybody(seed: int) -> None:
    """A detector with false alarms is switched off by whoever is woken by it."""
    assert said(seed) == []


@pytest.mark.slow
def test_no_false_suspicion_in_twenty_runs() -> None:
    """The thresholds must stand clear of what honest members do."""
    assert [(seed, rows[0]) for seed in range(5, 25) if (rows := said(seed))] == []


@pytest.mark.soak
@pytest.mark.timeout(1_800)
def test_no_false_suspicion_in_two_hundred_runs() -> None:
    """The same, by the number that a laboratory can wait for."""
    assert [(seed, rows[0]) for seed in range(100, 300) if (rows := said(seed))] == []


@pytest.mark.parametrize("seed", range(1, 4))
def test_a_change_of_the_federation_makes_nobody_suspect(seed: int) -> None:
    """Who leaves owes no vote any more, and turns go by the members that there are."""
    run = simulate(handover, seed=seed, parameters={"crash": False})

    assert [row.as_dict() for row in run.journal.select(kind=KINDS)] == []
