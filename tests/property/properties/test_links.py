"""Links by chance: conditions together that no checker of one of them alone foresaw."""

from __future__ import annotations

import pytest

from alyslab.property.generators.links import ChancePlan
from alyslab.property.properties.links import LINK_CHANCES
from alyslab.property.property import Falsified, run_case


@pytest.mark.parametrize(
    "plan",
    [
        ChancePlan(jitter_ms=5, distribution="normal", correlation=0.6, loss_ratio=0.3),
        ChancePlan(loss_ratio=1.0, reorder_ratio=0.3),
        ChancePlan(jitter_ms=15, distribution="normal", reorder_ratio=0.1),
        ChancePlan(duplicate_ratio=0.9, reorder_ratio=0.3),
    ],
    ids=[
        "survivors of losses are no neighbours",
        "nothing arrives that could overtake",
        "latencies that are cut off at none are no overtaking",
        "copies overtake nothing",
    ],
)
def test_conditions_together_hold(plan):
    """All were found by the property: three false alarms, and a division by the number of arrivals."""
    for schedule in range(3):
        assert run_case(LINK_CHANCES, plan, schedule) is None


def test_a_correlation_that_is_not_drawn_is_noticed():
    """Without losses the neighbours tell."""
    plan = ChancePlan(jitter_ms=5, distribution="normal", correlation=0.6)

    with pytest.raises(Falsified, match="correlation of neighbours"):
        run_case(LINK_CHANCES, plan, planted=("network.latency_ignores_correlation",))
