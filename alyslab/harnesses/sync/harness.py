"""Sync as a harness of the framework: found to be up by a node that fetches a short chain."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from alyslab.checkers.verdict import Verdict
from alyslab.errors import HarnessError
from alyslab.harnesses.sync.workloads import WORKLOADS, Outcome

PROBE_SEED: Final = 0
PROBE_BLOCKS: Final = 20


class SyncHarness:
    """Runs the workloads; there is nothing to keep up between them.

    Parameters
    ----------
    name
        What the session calls the harness.
    """

    def __init__(self, name: str = "sync") -> None:
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
        """Let one node fetch a short chain from two peers, and judge it."""
        outcome = await self.run("full_sync", seed=PROBE_SEED, blocks=PROBE_BLOCKS, peers=2)
        return outcome.verdict

    async def run(
        self, workload: str, *, seed: int, planted: Iterable[str] = (), **parameters: Any
    ) -> Outcome:
        """Simulate a workload and judge it; the loop has a turn before, at which a cancellation takes effect.

        Raises
        ------
        HarnessError
            Before :meth:`initialize`, or for an unknown workload.
        """
        if not self._up:
            raise HarnessError(f"harness {self._name} was not initialised")
        if workload not in WORKLOADS:
            raise HarnessError(f"no workload is named {workload!r}; there are {', '.join(WORKLOADS)}")
        await asyncio.sleep(0)
        return WORKLOADS[workload].run(seed, planted=planted, **parameters)

    async def shutdown(self) -> None:
        """Take no more workloads."""
        self._up = False
