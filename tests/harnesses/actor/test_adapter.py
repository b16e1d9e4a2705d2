from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from alyslab.checkers.lives import check_lives
from alyslab.checkers.restarts import check_restarts
from alyslab.checkers.verdict import Verdict
from alyslab.harnesses.actor.adapter import ActorAdapter
from alyslab.harnesses.actor.conformance import conformance
from alyslab.harnesses.actor.workloads.judging import judge_observed
from alyslab.runtime import simulate
from alyslab.runtime.wall import measure
from tests.harnesses.actor.actors import states
from tests.harnesses.actor.transports import Behind, Broker, ChildProcess


async def over_pipes() -> Verdict:
    return await conformance(ChildProcess)


async def behind_a_broker() -> Verdict:
    broker = Broker()
    return await conformance(lambda: Behind(broker))


TRANSPORTS: dict[str, Callable[[], Any]] = {
    "child process": lambda: asyncio.run(measure(over_pipes, seed=1)),
    "broker": lambda: simulate(behind_a_broker, seed=1, strategy="random"),
}


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_an_actor_elsewhere_is_supervised_as_any_other(transport: str) -> None:
    """Brokers and processes join later; the harness must not need to change for them."""
    run = TRANSPORTS[transport]()

    assert run.result.failed == ()
    assert run.result.status == "pass"
    assert states(run.journal, "far").count("initializing") == 3
    assert judge_observed(run.journal).failed == ()
    assert check_lives(run.journal).failed == check_restarts(run.journal).failed == ()


class Forgetful(Behind):
    """Comes back without what it knew."""

    async def start(self, name: str, incarnation: int, saved: Any) -> None:
        await super().start(name, incarnation, None)


class Clinging(Behind):
    """Goes on listening after its life has failed."""

    def abandon(self) -> None:
        """Do nothing."""


class Cheerful(Behind):
    """Answers what it never heard from the other side."""

    async def handle(self, kind: str, body: Any) -> Any:
        return 0 if kind == "fail" else await super().handle(kind, body)


@pytest.mark.parametrize(
    ("wrong", "broken"),
    [
        (Forgetful, [f"after {how} it comes back with its state" for how in ("fail", "crash", "hang")]),
        (Cheerful, ["after fail it comes back with its state"]),
        (Clinging, ["each life has an adapter of its own", "it says that it is up"]),
    ],
)
def test_an_adapter_that_breaks_a_promise_is_told_which(wrong: type[Behind], broken: list[str]) -> None:
    """A conformance test that every adapter passes would say nothing of the next one."""

    async def main() -> Verdict:
        broker = Broker()
        return await conformance(lambda: wrong(broker))

    failed = [check.name for check in simulate(main, seed=1).result.failed]

    for name in broken:
        assert any(found.startswith(name) for found in failed), failed


def test_what_lacks_a_method_is_no_adapter() -> None:
    """It would be found out when its actor fails, and not before."""

    class Half:
        async def handle(self, kind: str, body: Any) -> Any:
            return body

    assert isinstance(ChildProcess(), ActorAdapter)
    assert not isinstance(Half(), ActorAdapter)
