"""Sync as a harness of the framework: found to be up by a node that fetches a short chain."""

from __future__ import annotations

from typing import Final

from alyslab.checkers.verdict import Verdict
from alyslab.harnesses.sync.workloads import WORKLOADS
from alyslab.harnesses.workloads import WorkloadHarness

PROBE_SEED: Final = 0
PROBE_BLOCKS: Final = 20


class SyncHarness(WorkloadHarness):
    """Runs the workloads of sync."""

    def __init__(self, name: str = "sync") -> None:
        super().__init__(name, WORKLOADS)

    async def probe(self) -> Verdict:
        """Let one node fetch a short chain from two peers, and judge it."""
        outcome = await self.run("full_sync", seed=PROBE_SEED, blocks=PROBE_BLOCKS, peers=2)
        return outcome.verdict
