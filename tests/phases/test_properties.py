"""Properties are part of a phase's result: each a check, with its smallest case where it fails."""

from __future__ import annotations

import asyncio

import pytest

from alyslab.checkers.verdict import Verdict
from alyslab.metrics import MetricsCollector
from alyslab.phases import actor_core, foundation, sync_improvement
from alyslab.phases.context import PhaseContext
from alyslab.phases.phase import Phase, PhaseSpec
from alyslab.phases.properties import PARAMETER, observe_properties
from alyslab.property.examine import examine
from alyslab.property.hunt import target_named
from alyslab.property.judging import discard_check, property_check
from tests.property.systems import SUM


def shown(cases: int, *names: str) -> PhaseContext:
    context = PhaseContext(
        phase=Phase.FOUNDATION,
        seed=3,
        parameters={"property_cases": cases},
        harnesses={},
        metrics=MetricsCollector(),
    )
    asyncio.run(observe_properties(context, names))
    return context


def test_a_property_is_a_check_of_the_phase_with_its_counts():
    """Issue 8, Done when: the phase results include them."""
    context = shown(5, "the digest tells", "thresholds are exact")
    verdict = Verdict.of(context.verdicts)

    assert [check.name for check in verdict.checks] == [
        "property: the digest tells",
        "property: thresholds are exact",
    ]
    assert verdict.status == "pass"
    counts = {
        row.labels["property"]: row.value for row in context.metrics.rows() if row.metric == "property_cases"
    }
    assert counts == {"the digest tells": 5, "thresholds are exact": 5}


@pytest.mark.parametrize("phase", [actor_core, foundation, sync_improvement])
def test_a_phase_names_properties_that_exist_and_says_how_many_cases(phase):
    """Issue 8, Done when: the phase results include them; a phase that names nothing shows nothing."""
    (spec,) = (value for value in vars(phase).values() if isinstance(value, PhaseSpec))

    assert [target_named(name) for name in phase.PROPERTIES]
    assert spec.parameters[PARAMETER] >= 10


def test_without_cases_the_check_is_inconclusive():
    """What was not examined did not hold."""
    assert Verdict.of(shown(0, "the digest tells").verdicts).status == "inconclusive"


def test_an_unknown_property_is_refused():
    """A phase that names nothing would show nothing."""
    with pytest.raises(KeyError):
        shown(1, "no such property")


def test_a_falsified_property_fails_with_its_smallest_case():
    """The report must lead to the failure, without another run."""
    check = property_check(examine(SUM, seed=3, planted=("property_test.sum_wraps",)))

    assert check.passed is False
    assert check.evidence[0]["case"] == "Numbers(values=(100,))"
    assert check.evidence[0]["token"].startswith("alys1-")
    assert discard_check([]).passed is None
