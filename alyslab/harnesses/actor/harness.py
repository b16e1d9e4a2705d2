"""The actor system as a harness of the framework: found to be up by what an actor answers, on both clocks."""

from __future__ import annotations

from typing import Any, Final

from alyslab.checkers.verdict import Check, Verdict
from alyslab.harnesses.actor.workloads import WORKLOADS
from alyslab.harnesses.workloads import WorkloadHarness
from alyslab.runtime.wall import WallRun, measure

PROBE_SEED: Final = 0


class ActorHarness(WorkloadHarness):
    """Runs the workloads of actors, in virtual time and on the wall clock."""

    def __init__(self, name: str = "actors") -> None:
        super().__init__(name, WORKLOADS)

    async def probe(self) -> Verdict:
        """Send a few messages in virtual time and on the wall clock, and count those that were handled."""
        there = (await self.run("direct", seed=PROBE_SEED, actors=1, messages=3)).verdict
        here = await self.run_on_the_wall_clock("direct", seed=PROBE_SEED, actors=1, messages=3)
        handled = len(list(here.journal.select(kind="message")))
        answered = Check(
            name="an actor handles messages on the wall clock",
            observed=handled,
            comparison="==",
            limit=3,
            unit="messages",
            source="the probe's own parameters",
        )
        return Verdict((*there.checks, answered))

    async def run_on_the_wall_clock(self, workload: str, *, seed: int, **parameters: Any) -> WallRun:
        """Run a workload in real time; raises HarnessError as :meth:`run` does."""
        return await measure(self.workload(workload).main, seed=seed, **parameters)
