from __future__ import annotations

import asyncio

import pytest

from alyslab.checkers.verdict import Check, Verdict
from alyslab.errors import HarnessError
from alyslab.harnesses.harness import Harness
from alyslab.harnesses.simulated import SimulatedWorkload
from alyslab.runtime import Journal, simulate

IDLE = "alyslab.harnesses.interpreters:idle"


def counts(journal: Journal) -> Verdict:
    return Verdict((Check(name="events", observed=len(journal), comparison="==", limit=2),))


def harness(workload: str = IDLE, *, events: int = 2) -> SimulatedWorkload:
    return SimulatedWorkload("idle", workload=workload, check=counts, probe_parameters={"events": events})


@pytest.mark.parametrize(("events", "status"), [(2, "pass"), (3, "fail")])
def test_a_probe_simulates_and_asks_the_checker(events: int, status: str) -> None:
    """Readiness is what the checker read in a journal of just now."""

    async def main() -> str:
        workload = harness(events=events)
        await workload.initialize()
        return (await workload.probe()).status

    assert isinstance(harness(), Harness)
    assert asyncio.run(main()) == status


def test_a_run_is_that_of_simulate() -> None:
    """The harness adds nothing to the digest, so a token of it replays anywhere."""
    from alyslab.harnesses.interpreters import idle

    async def main() -> str:
        workload = harness()
        await workload.initialize()
        return (await workload.run(seed=4, parameters={"events": 5}, strategy="random")).token

    assert asyncio.run(main()) == simulate(idle, seed=4, parameters={"events": 5}, strategy="random").token


def test_a_cancellation_takes_effect_before_the_next_run() -> None:
    """A simulation holds up the loop; a hunt over many seeds must end between two of them."""
    runs: list[int] = []
    begun = asyncio.Event()

    async def hunt() -> None:
        workload = harness()
        await workload.initialize()
        for seed in range(1_000):
            await workload.run(seed=seed, parameters={"events": 1})
            runs.append(seed)
            begun.set()

    async def main() -> None:
        task = asyncio.create_task(hunt())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())

    assert len(runs) < 10


@pytest.mark.parametrize("workload", ["alyslab.nowhere:main", "alyslab.harnesses.interpreters:absent", ":"])
def test_a_workload_that_is_not_there_fails_the_start(workload: str) -> None:
    """The first phase is too late to find out."""
    with pytest.raises(HarnessError, match="can't be found"):
        asyncio.run(harness(workload).initialize())


def test_a_harness_that_is_down_runs_nothing() -> None:
    """After its shutdown as before its start."""

    async def main() -> None:
        workload = harness()
        await workload.initialize()
        await workload.shutdown()
        await workload.run(seed=1, parameters={"events": 1})

    with pytest.raises(HarnessError, match="not initialised"):
        asyncio.run(main())


def test_its_trial_is_what_it_runs_with_its_own_checker() -> None:
    """A search for planted bugs must judge as the harness does, and not before it is up."""
    workload = harness()
    with pytest.raises(HarnessError, match="not initialised"):
        workload.trial(strategy="fifo")
    asyncio.run(workload.initialize())

    verdicts = {
        events: workload.trial(strategy="random").run(4, events=events).verdict.status for events in (2, 3)
    }

    assert verdicts == {2: "pass", 3: "fail"}
