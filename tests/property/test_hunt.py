"""Planted defects are falsified in few cases, and every defect of the parts concerned is accounted for."""

from __future__ import annotations

import statistics

import pytest

from alyslab.property.hunt import CASES_MOST, hunt, hunt_all, target_named
from alyslab.property.reach import OUT_OF_REACH, REACH
from alyslab.runtime.replay import replay
from alyslab.runtime.sites import catalogue

QUICK = ("model.state_root_not_compared", "model.early_approvals_lost")
PARTS = ("model.", "actor.")


@pytest.mark.parametrize("defect", QUICK)
def test_a_planted_defect_is_found_and_its_smallest_case_replays(defect):
    """The whole way: plant, falsify, shrink, replay."""
    found = hunt(defect, shrink=True)

    assert found.found
    assert replay(found.last.counterexample.token).same


def test_every_defect_of_the_model_and_the_actors_is_reached_or_has_a_reason():
    """A defect that is added and hunted by nothing would be found by nobody."""
    for name in set(REACH.values()):
        target_named(name)
    planted = {entry.name for entry in catalogue() if entry.name.startswith(PARTS)}

    assert planted - REACH.keys() - OUT_OF_REACH.keys() == set()
    assert REACH.keys() & OUT_OF_REACH.keys() == set()


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_every_reachable_defect_is_falsified_within_a_thousand_cases():
    """Issue 8, Numbers: within 1,000 cases, median under 100."""
    hunts = hunt_all(cases=CASES_MOST, searches=1)
    missed = [one.defect for one in hunts if not one.found]

    assert missed == []
    assert statistics.median(one.median_cases for one in hunts) < 100
