from __future__ import annotations

import pytest

from alyslab.checkers.verdict import Verdict
from alyslab.metrics import MetricsCollector
from alyslab.phases.context import PhaseContext
from alyslab.phases.phase import Phase
from tests.harnesses.fakes import FakeHarness


def context() -> PhaseContext:
    return PhaseContext(
        phase=Phase.FOUNDATION,
        seed=3,
        parameters={},
        harnesses={"a": FakeHarness("a", [])},
        metrics=MetricsCollector(),
    )


def test_a_number_is_an_observation_and_a_metric() -> None:
    """What the gate judged is what the report draws."""
    seen = context()

    seen.observe("delay_ms", 12.5, unit="ms", note="the slowest", evidence=[{"peer": "p"}])

    (row,) = seen.metrics.rows()
    assert (row.metric, row.value, row.unit) == ("delay_ms", 12.5, "ms")
    assert dict(row.labels) == {"phase": "foundation"}
    assert seen.observations["delay_ms"].evidence == ({"peer": "p"},)


@pytest.mark.parametrize("value", [None, "text"])
def test_what_is_no_number_is_no_metric(value: str | None) -> None:
    """Nothing observed must not become a zero on the way to the report."""
    seen = context()

    seen.observe("name", value)

    assert list(seen.metrics.rows()) == []
    assert seen.observations["name"].value == value


def test_an_observation_is_made_once() -> None:
    """A second look that replaced a bad first one would be a way to pass."""
    seen = context()
    seen.observe("errors", 3)

    with pytest.raises(ValueError, match="observed already: 3"):
        seen.observe("errors", 0)


def test_a_checkers_verdict_is_kept_as_it_is() -> None:
    """The phase adds limits to it and takes nothing away."""
    seen = context()
    verdict = Verdict.inconclusive("x", "nothing there")

    seen.include(verdict)

    assert seen.verdicts == [verdict]


def test_a_workload_gets_the_harness_that_it_expects() -> None:
    """A specification that names another kind of harness must fail by name, not by an attribute."""
    seen = context()

    assert seen.harness("a", FakeHarness).name == "a"
    with pytest.raises(TypeError, match="'a' is a FakeHarness, not a Other"):
        seen.harness("a", Other)


class Other(FakeHarness):
    """A harness of another kind."""
