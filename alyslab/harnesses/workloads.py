"""A harness of workloads: what the framework needs of a system that lives only while a workload runs."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

from alyslab.checkers.verdict import Verdict
from alyslab.errors import HarnessError
from alyslab.harnesses.workload import Outcome, Workload


class WorkloadHarness(ABC):
    """Runs workloads by name; there is nothing to keep up between them.

    Parameters
    ----------
    name
        What the session calls the harness.
    workloads
        What it can run.
    """

    def __init__(self, name: str, workloads: Mapping[str, Workload]) -> None:
        self._name = name
        self._workloads = workloads
        self._up = False

    @property
    def name(self) -> str:
        """What the session calls the harness."""
        return self._name

    async def initialize(self) -> None:
        """Take workloads from now on."""
        self._up = True

    @abstractmethod
    async def probe(self) -> Verdict:
        """Run something small that only a working system can do, and judge it."""

    async def run(
        self, workload: str, *, seed: int, planted: Iterable[str] = (), **parameters: Any
    ) -> Outcome:
        """Simulate a workload and judge it; the loop has a turn before, at which a cancellation takes effect.

        Raises
        ------
        HarnessError
            Before :meth:`initialize`, or for an unknown workload.
        """
        found = self.workload(workload)
        await asyncio.sleep(0)
        return found.run(seed, planted=planted, **parameters)

    async def shutdown(self) -> None:
        """Take no more workloads."""
        self._up = False

    def workload(self, name: str) -> Workload:
        """Return the workload of that name; raises HarnessError as :meth:`run` does."""
        if not self._up:
            raise HarnessError(f"harness {self._name} was not initialised")
        if name not in self._workloads:
            raise HarnessError(f"no workload is named {name!r}; there are {', '.join(self._workloads)}")
        return self._workloads[name]
