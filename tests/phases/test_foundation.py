from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from alyslab.checkers.propagation import check_propagation
from alyslab.checkers.verdict import Check, Verdict
from alyslab.config import LabConfig
from alyslab.harnesses.fingerprint import Fingerprint
from alyslab.harnesses.harness import Harness
from alyslab.harnesses.interpreters import Interpreters
from alyslab.harnesses.network.gossip.defects import FLOOD_DEFECTS
from alyslab.harnesses.simulated import SimulatedWorkload
from alyslab.metrics import MetricsCollector
from alyslab.phases.context import PhaseContext
from alyslab.phases.foundation import FOUNDATION, PROPERTIES, WORKLOAD
from alyslab.phases.phase import ParameterValue
from alyslab.phases.validator import judge
from alyslab.runtime import Journal
from alyslab.runtime.replay import replay

SMALL: Mapping[str, ParameterValue] = {
    "peers": 10,
    "blocks": 4,
    "degree": 4,
    "property_cases": 2,
    "chaos_seeds": 1,
}
BARE: Mapping[str, ParameterValue] = {**SMALL, "hunt_seeds": 0, "property_cases": 0, "chaos_seeds": 0}
"""As small, and nothing but the flood itself."""


def flooded(journal: Journal) -> Verdict:
    return check_propagation(journal).verdict


def planted_count() -> int:
    """How many defects the workload has, once it was imported."""
    return len(FLOOD_DEFECTS)


def simulated(workload: str) -> SimulatedWorkload:
    return SimulatedWorkload(
        "gossip", workload=f"tests.phases.workloads:{workload}", check=flooded, probe_parameters={}
    )


class ThisProcess(Interpreters):
    """Answers without starting anything, for tests of what fresh processes have no part in."""

    async def fingerprint(self, workload: str, **asked: Any) -> Fingerprint:
        return Fingerprint(
            digest="", journal_digest="", choices_digest="", hash_seed=str(asked["hash_seed"]), text_hash=0
        )


async def shown(
    given: Mapping[str, ParameterValue], *, gossip: Harness | None = None, fresh: bool = False
) -> PhaseContext:
    """Run the workload small, with its harnesses up, and return what it recorded."""
    harnesses: dict[str, Harness] = {
        "gossip": gossip or FOUNDATION.harnesses["gossip"](LabConfig()),
        "interpreters": Interpreters() if fresh else ThisProcess(),
    }
    for harness in harnesses.values():
        await harness.initialize()
    context = PhaseContext(
        phase=FOUNDATION.phase,
        seed=3,
        parameters=FOUNDATION.resolve(given),
        harnesses=harnesses,
        metrics=MetricsCollector(),
        chaos_enabled=True,
    )
    try:
        await FOUNDATION.workload(context)
    finally:
        for harness in harnesses.values():
            await harness.shutdown()
    return context


@cache
def foundation() -> PhaseContext:
    """The first experiment, small and whole; several tests look at it."""
    return asyncio.run(shown(SMALL, fresh=True))


def checks(context: PhaseContext) -> dict[str, tuple[Any, bool | None]]:
    verdict = judge(FOUNDATION.limits, context.observations, context.parameters)
    return {
        limit.name: (check.observed, check.passed)
        for limit, check in zip(FOUNDATION.limits, verdict.checks, strict=True)
    }


def test_the_foundation_holds() -> None:
    """The first experiment, small: every limit is met by something that was observed."""
    seen = foundation()

    assert {passed for _, passed in checks(seen).values()} == {True}
    # Of the network's propagation, of each property, and of the network under a drawn plan.
    assert [verdict.status for verdict in seen.verdicts] == ["pass"] * (2 + len(PROPERTIES))
    assert seen.observations["planted_bugs_missed"].note.startswith(f"of {planted_count()} hunted")
    assert seen.observations["digests_across_processes"].note == "PYTHONHASHSEED 1, 2"


def test_every_run_can_be_replayed_from_its_token() -> None:
    """A bug that was found is worth as much as the way back to it, defects included."""
    runs = foundation().runs

    assert len({run.digest for run in runs}) > planted_count()
    assert all(replay(run.token).same for run in runs[-2:])


@pytest.mark.parametrize("strategy", ["random", "pct"])
def test_determinism_holds_under_the_other_strategies(strategy: str) -> None:
    """First-in-first-out would hide a schedule that depends on something else than the seed."""
    seen = checks(asyncio.run(shown({**BARE, "strategy": strategy}, fresh=True)))

    assert {passed for name, (_, passed) in seen.items() if name != "planted_bugs_missed"} == {True}


def test_a_slot_that_is_too_short_fails() -> None:
    """The limits follow the slot: what is quick enough for 5 s is too slow for 100 ms."""
    seen = checks(asyncio.run(shown({**BARE, "slot_ms": 100})))

    assert seen["propagation_ms_p90"][1] is False


def test_no_hunt_is_no_success() -> None:
    """With nothing tried, nothing was missed; that is not the same as everything found."""
    assert checks(asyncio.run(shown(BARE)))["planted_bugs_missed"] == (None, None)


def test_a_blind_checker_misses_the_planted_bugs() -> None:
    """The phase tests the checkers; one that always passes must fail it."""
    passing = Verdict((Check(name="all is well", observed=True, comparison="==", limit=True),))
    blind = SimulatedWorkload("gossip", workload=WORKLOAD, check=lambda _: passing, probe_parameters={})

    seen = asyncio.run(shown({**BARE, "hunt_seeds": 2}, gossip=blind))

    assert checks(seen)["planted_bugs_missed"] == (planted_count(), False)
    assert len(seen.observations["planted_bugs_missed"].evidence) == planted_count()


def test_a_workload_that_asks_the_process_is_caught() -> None:
    """Each determinism check must fail on a workload that breaks its own promise, or it is decoration."""
    seen = checks(asyncio.run(shown(BARE, gossip=simulated("leaky"))))

    assert seen["digests_in_process"] == (2, False)
    assert seen["replay_same"] == (False, False)


def test_a_workload_that_hashes_texts_is_caught_in_another_process() -> None:
    """Within one process the order of a set of texts looks deterministic."""
    seen = checks(asyncio.run(shown(BARE, gossip=simulated("hashing"), fresh=True)))

    assert seen["digests_in_process"] == (1, True)
    assert seen["digests_across_processes"][1] is False
    assert seen["digests_across_seeds"] == (1, False)
    assert seen["propagation_ms_p90"] == (None, None)
