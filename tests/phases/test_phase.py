from __future__ import annotations

from typing import Any

import pytest

from alyslab.errors import ParameterError
from alyslab.phases.context import PhaseContext
from alyslab.phases.phase import Limit, ParameterValue, Phase, PhaseSpec

LIMIT = Limit(name="seen", claim="something is seen", comparison=">", limit=0, source="a test")


async def nothing(context: PhaseContext) -> None:
    """Observe nothing."""


def spec(**changes: Any) -> PhaseSpec:
    parameters = {"peers": 8, "ratio": 0.5, "strategy": "fifo", "deep": False}
    given = {"workload": nothing, "limits": (LIMIT,), "parameters": parameters, **changes}
    return PhaseSpec(phase=Phase.FOUNDATION, title="a test", **given)


def limit(**changes: Any) -> Limit:
    given = {"name": "seen", "claim": "seen", "comparison": ">", "limit": 0, "source": "a test", **changes}
    return Limit(**given)


def test_the_phases_are_those_of_the_guide_in_order() -> None:
    """Names are arguments of notebooks and keys of reports."""
    assert list(Phase) == [
        "foundation",
        "actor_core",
        "sync_improvement",
        "lighthouse_migration",
        "governance_integration",
    ]


def test_an_unknown_phase_is_bad_input_with_the_known_ones() -> None:
    """A typing error in a parameter file ends with exit code 2, not with a traceback."""
    with pytest.raises(ParameterError, match="foundation, actor_core") as refusal:
        Phase.named("fundation")

    assert refusal.value.exit_code == 2
    assert Phase.named("foundation") is Phase.FOUNDATION


def test_what_is_given_stands_in_place_of_its_default() -> None:
    """An int will do for a float: papermill passes 1 where somebody wrote 1."""
    assert spec().resolve({"peers": 3, "ratio": 1}) == {
        "peers": 3,
        "ratio": 1,
        "strategy": "fifo",
        "deep": False,
    }


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"peer": 3}, "did you mean peers?"),
        ({"zzz": 3}, "peers, ratio, strategy, deep"),
        ({"peers": "3"}, "peers: is str, not int (such as 8)"),
        ({"peers": 3.0}, "peers: is float"),
        ({"peers": True}, "peers: is bool"),
        ({"deep": 1}, "deep: is int"),
    ],
)
def test_a_parameter_that_cant_be_used_is_told_with_what_would_be(
    given: dict[str, ParameterValue], told: str
) -> None:
    """True is an int to Python and a mistake to an experimenter."""
    with pytest.raises(ParameterError) as refusal:
        spec().resolve(given)

    assert told in str(refusal.value)


def test_all_wrong_parameters_are_told_at_once() -> None:
    """One run for each mistake would cost a set-up each."""
    with pytest.raises(ParameterError) as refusal:
        spec().resolve({"peer": 3, "peers": "3", "ratio": 0.1})

    assert [problem.key for problem in refusal.value.problems] == ["peer", "peers"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"comparison": "=<"}, "'=<' is none of"),
        ({"source": ""}, "without a source"),
        ({"limit": "half", "per": "slot_ms"}, "no share"),
    ],
)
def test_a_limit_without_a_meaning_is_refused(changes: dict[str, Any], told: str) -> None:
    """A limit is a promise with its origin; anything less is a number that somebody liked."""
    with pytest.raises(ValueError, match=told):
        limit(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"limits": ()},
        {"limits": (limit(per="slot_ms"),)},
        {"limits": (limit(per="strategy"),)},
    ],
)
def test_a_phase_that_could_not_be_judged_is_refused(changes: dict[str, Any]) -> None:
    """The mistake belongs to import time, not to the end of an hour's run."""
    with pytest.raises(ValueError, match="limit"):
        spec(**changes)
