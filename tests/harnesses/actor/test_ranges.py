"""Whatever an option of a policy is given, it is a value that makes sense or a typed error that names it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf, nan
from typing import Any

import pytest

from alyslab.errors import BadInputError
from alyslab.harnesses.actor import (
    ActorSpec,
    ActorSystem,
    Failure,
    MailboxPolicy,
    RestartPolicy,
    exponential,
    progressive,
)
from alyslab.harnesses.actor.breaker import BreakerPolicy
from alyslab.harnesses.actor.errors import HandlerError, PolicyError
from alyslab.harnesses.actor.failure import FailureKind, grow
from alyslab.harnesses.actor.health import HealthPolicy
from alyslab.harnesses.actor.ranges import COUNT, FLAG, SECONDS, OneOf, Range
from alyslab.harnesses.actor.shutdown import ShutdownPolicy
from alyslab.runtime import simulate
from tests.harnesses.actor.actors import Echo

NO_NUMBER = (nan, inf, -1, "x", None, True, [], 10**400)
NO_COUNT = (*NO_NUMBER, 1.5, 2**70)


def breaker(**option: Any) -> BreakerPolicy:
    return BreakerPolicy(**{"failures": 1, "window_s": 1, "open_s": 1, "successes": 1, **option})


def failure(**option: Any) -> Failure:
    return Failure(**{"kind": "panic", **option})


def spec(**option: Any) -> ActorSpec:
    return ActorSpec(**{"name": "a", "kind": Echo, **option})


WRONG: Mapping[Callable[..., Any], Mapping[str, tuple[Any, ...]]] = {
    RestartPolicy: {
        **dict.fromkeys(("initial_ms", "factor", "max_ms", "window_s", "stop_limit_s"), NO_NUMBER),
        **dict.fromkeys(("limit", "tries"), NO_COUNT),
        **dict.fromkeys(("backoff", "escalation"), ("soon", None, 5)),
        "isolate": (None, 1, "yes"),
        "source": (None, 5),
    },
    MailboxPolicy: {"capacity": (*NO_COUNT, 0), "overflow": ("soon", None, 5)},
    HealthPolicy: {
        **dict.fromkeys(("interval_s", "timeout_s"), (*NO_NUMBER, 0)),
        "failures": (*NO_COUNT, 0),
    },
    breaker: {
        **dict.fromkeys(("failures", "successes"), (*NO_COUNT, 0)),
        "open_s": (*NO_NUMBER, 0),
        "window_s": NO_NUMBER,
    },
    ShutdownPolicy: dict.fromkeys(("total_limit_s", "actor_limit_s"), (*NO_NUMBER, 0)),
    failure: {
        "kind": ("soon", None, 5),
        "on": (5, nan, b"x", "\ud800"),
        "after": NO_COUNT,
        "probability": (*NO_NUMBER, 0, 1.1),
        "times": (nan, inf, -1, "x", True, 0, 1.5),
        **dict.fromkeys(("delay_s", "step_bytes", "limit_bytes"), (nan, inf, -1, "x", None, True, 3)),
    },
    spec: {
        "name": ("", 5, None, "\ud800"),
        "options": (5, None, [1], {5: 1}),
        "mailbox": (5, None),
        "policy": (5, "default"),
        "attempts": (*NO_COUNT, 0),
        "depends_on": ("bcd", (5,), None, 5, ("a",)),
        "shutdown": (5, None, "x"),
        "failures": (5, None, ("x",), failure()),
        "start_limit_s": (*NO_NUMBER, 0),
    },
}
CASES = [
    (make, key, value) for make, keys in WRONG.items() for key, values in keys.items() for value in values
]


@pytest.mark.parametrize(("make", "key", "value"), CASES)
def test_an_option_that_makes_no_sense_is_named_with_its_value(
    make: Callable[..., Any], key: str, value: Any
) -> None:
    """A TypeError from deep inside, or a NaN that is below no limit, tells nobody what to correct."""
    with pytest.raises(PolicyError) as refused:
        make(**{key: value})

    problem = next(problem for problem in refused.value.problems if problem.key == key)
    assert problem.allowed or "itself" in problem.what
    assert key in str(refused.value)


def test_all_problems_come_at_once() -> None:
    """Who corrects one option after the other runs the experiment as often."""
    with pytest.raises(PolicyError) as refused:
        RestartPolicy(initial_ms="x", limit=-1, backoff="soon")  # type: ignore[arg-type]

    assert [problem.key for problem in refused.value.problems] == ["backoff", "initial_ms", "limit"]


def test_delays_beyond_every_float_are_bounded_or_refused() -> None:
    """A thousandth restart at factor ten is no number any more."""
    assert exponential(1, 10, 10.0, limit=10**6, window_s=1e9).delay_ms(10**6) == 10
    with pytest.raises(PolicyError, match="max_ms"):
        progressive(1_000, 1_000.0, 1_000)


def test_values_of_enumerations_will_do_for_their_members() -> None:
    """Parameters of a notebook are texts, and policies compare members."""
    policy = RestartPolicy(backoff="exponential", escalation="parent")  # type: ignore[arg-type]

    assert policy == RestartPolicy()
    assert grow(2, 4).kind is FailureKind.GROW
    assert spec(depends_on=["b"]).depends_on == ("b",)


def test_a_range_knows_its_ends() -> None:
    """A limit that is itself allowed, or not, decides about the commonest mistake."""
    assert [value in SECONDS for value in (0, 1e-9, 1e9, 1.1e9)] == [False, True, True, False]
    assert [value in COUNT for value in (0, 1, 1.0, True)] == [False, True, False, False]
    assert [value in FLAG for value in (True, 1)] == [True, False]
    assert str(Range(low=0, high=2, whole=True)) == "a whole number from 0 to 2"
    assert str(OneOf(FailureKind)).startswith("panic, hang")


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"name": ""}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"strategy": "none"}, "strategy"),
        ({"policy": "default"}, "policy"),
        ({"recording": "all"}, "recording"),
        ({"causal": "no"}, "causal"),
    ],
)
def test_a_system_or_a_supervisor_that_makes_no_sense_is_refused(options: dict[str, Any], key: str) -> None:
    """A recording that does not exist would write nothing, or everything."""

    async def system() -> None:
        ActorSystem(**options)

    async def supervisor() -> None:
        async with ActorSystem() as system:
            system.supervisor(**{"name": "branch", **options})

    for main in (system, supervisor)[: 1 if key in ("recording", "causal") else 2]:
        with pytest.raises(PolicyError) as refused:
            simulate(main, seed=1)
        assert [problem.key for problem in refused.value.problems] == [key]


def test_what_is_no_spec_is_told_what_one_looks_like() -> None:
    """Handing over the class alone is the first thing that a newcomer tries."""

    async def main() -> None:
        async with ActorSystem() as system:
            await system.spawn(Echo)  # type: ignore[arg-type]

    with pytest.raises(HandlerError, match="ActorSpec") as refused:
        simulate(main, seed=1)
    assert isinstance(refused.value, BadInputError)
