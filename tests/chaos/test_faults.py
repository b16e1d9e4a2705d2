"""The vocabulary agrees with itself and with what makes it real."""

from __future__ import annotations

import pytest

from alyslab.chaos.backend import BACK_ENDS
from alyslab.chaos.faults import FAULTS
from alyslab.chaos.injectors.registry import INJECTORS
from alyslab.chaos.systems import SYSTEMS, system_named
from alyslab.chaos.vocabulary import Fault, Parameter


def test_every_fault_has_an_injector_and_every_injector_a_fault() -> None:
    """A fault that nothing makes real would be counted and never happen."""
    assert set(INJECTORS) == set(FAULTS)


def test_every_fault_acts_on_some_system() -> None:
    """A name in the table is no promise; what no system can be hit by is not there to be tested."""
    borne = frozenset().union(*(system_named(name).faults for name in SYSTEMS))

    assert set(FAULTS) == borne == BACK_ENDS["simulation"]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=lambda fault: fault.name)
def test_mild_and_severe_values_are_allowed(fault: Fault) -> None:
    """An intensity must never lead to a value that the plan itself would refuse."""
    for parameter in fault.parameters:
        for intensity in (0.0, 0.5, 1.0):
            assert parameter.refuses(parameter.at(intensity)) is None, parameter.name


def test_a_fault_contradicts_only_faults_that_exist() -> None:
    """A misspelt contradiction would let the pair through."""
    assert {name for fault in FAULTS.values() for name in fault.contradicts} <= set(FAULTS)


def test_intensity_goes_from_mild_to_severe_by_ratio() -> None:
    """Delays span orders of magnitude; half way between 10 ms and 1 s is 100 ms, not 505."""
    delay = Parameter(name="delay_ms", summary="", high=5_000, mild=10, severe=1_000)

    assert delay.at(0.0) == pytest.approx(10)
    assert delay.at(0.5) == pytest.approx(100)
    assert delay.at(1.0) == pytest.approx(1_000)


@pytest.mark.parametrize("value", [-1, 1.5, True, "1", float("nan"), None])
def test_a_value_out_of_range_is_refused_with_what_is_allowed(value: object) -> None:
    """A fault with a loss of 150 % would be a fault of nobody."""
    ratio = Parameter(name="loss_ratio", summary="", kind="ratio", mild=0.1, severe=0.5)

    assert ratio.refuses(value) == "0 to 1"


def test_a_given_parameter_wins_over_the_intensity() -> None:
    """Who writes a plan by hand must get the number that stands there."""
    values = FAULTS["network.loss"].resolve(1.0, {"loss_ratio": 0.25})

    assert values["loss_ratio"] == 0.25
