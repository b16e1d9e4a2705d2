"""The actor system as a harness of the framework: found to be up by what an actor answers, on both clocks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from alyslab.checkers.verdict import Check, Verdict
from alyslab.errors import HarnessError
from alyslab.harnesses.actor.workloads import WORKLOADS, Outcome, Workload
from alyslab.runtime.wall import WallRun, measure

PROBE_SEED: Final = 0


class ActorHarness:
    """Runs the workloads; there is nothing to keep up between them.

    Parameters
    ----------
    name
        What the session calls the harness.
    """

    def __init__(self, name: str = "actors") -> None:
        self._name = name
        self._up = False

    @property
    def name(self) -> str:
        """What the session calls the harness."""
        return self._name

    async def initialize(self) -> None:
        """Take workloads from now on."""
        self._up = True

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

    async def run(
        self, workload: str, *, seed: int, planted: Iterable[str] = (), **parameters: Any
    ) -> Outcome:
        """Simulate a workload and judge it; the loop has a turn before, at which a cancellation takes effect.

        Raises
        ------
        HarnessError
            Before :meth:`initialize`, or for an unknown workload.
        """
        found = self._workload(workload)
        await asyncio.sleep(0)
        return found.run(seed, planted=planted, **parameters)

    async def run_on_the_wall_clock(self, workload: str, *, seed: int, **parameters: Any) -> WallRun:
        """Run a workload in real time; raises HarnessError as :meth:`run` does."""
        return await measure(self._workload(workload).main, seed=seed, **parameters)

    async def shutdown(self) -> None:
        """Take no more workloads."""
        self._up = False

    def _workload(self, name: str) -> Workload:
        if not self._up:
            raise HarnessError(f"harness {self._name} was not initialised")
        if name not in WORKLOADS:
            raise HarnessError(f"no workload is named {name!r}; there are {', '.join(WORKLOADS)}")
        return WORKLOADS[name]
