"""The properties hold, each for as many cases as the profile says, and say what they looked at."""

from __future__ import annotations

import pytest

from alyslab.property import examine, examine_machine
from alyslab.property.machines import MACHINES
from alyslab.property.properties import PROPERTIES

STEPS = 12


@pytest.mark.parametrize("name", PROPERTIES)
def test_property_holds(name):
    """The promise of the property's own claim, for the profile of HYPOTHESIS_PROFILE (quick by default)."""
    seen = examine(PROPERTIES[name])

    assert seen.held, seen.report
    assert seen.discarded_ratio <= 0.05


@pytest.mark.parametrize("name", MACHINES)
def test_machine_holds(name):
    """Whatever steps are taken, faults among them, the system does what its reference says."""
    seen = examine_machine(MACHINES[name], steps=STEPS)

    assert seen.held, seen.report


@pytest.mark.parametrize("name", PROPERTIES)
def test_a_property_can_be_named_by_a_token(name):
    """A property that no token can name can't be replayed."""
    one = PROPERTIES[name]

    assert one.place.startswith("alyslab.property.properties.")
    assert one.claim
    assert one.source
    assert one.name == name
