"""A harness for what exists only in simulation: one workload, and the checker that reads its journal.

There is nothing to start and nothing to stop, but there is something to ask:
whether a small run of the workload, here and now, keeps its promises.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from alyslab.checkers.verdict import Verdict
from alyslab.errors import HarnessError
from alyslab.harnesses.workload import Workload

if TYPE_CHECKING:
    from alyslab.runtime import Journal, Run

PROBE_SEED = 0
"""Any seed will do for a probe; one that stays makes its failure repeatable."""


class SimulatedWorkload:
    """Simulates one workload, again and again, each time from scratch.

    Parameters
    ----------
    name
        What the session calls the harness.
    workload
        ``module:function`` of an async function, so that other processes can run it too.
    check
        Reads a journal of the workload and says whether its promises were kept.
    probe_parameters
        Parameters of a run that takes no time worth mentioning.
    """

    def __init__(
        self,
        name: str,
        *,
        workload: str,
        check: Callable[[Journal], Verdict],
        probe_parameters: Mapping[str, Any],
    ) -> None:
        self._name = name
        self.workload = workload
        self.check = check
        self._probe_parameters = dict(probe_parameters)
        self._main: Callable[..., Any] | None = None

    @property
    def name(self) -> str:
        """What the session calls the harness."""
        return self._name

    async def initialize(self) -> None:
        """Find the workload; raises HarnessError when it is not there."""
        module, _, function = self.workload.partition(":")
        try:
            self._main = getattr(importlib.import_module(module), function)
        except (ImportError, AttributeError, ValueError) as error:
            raise HarnessError(f"the workload {self.workload!r} can't be found: {error}") from error

    async def probe(self) -> Verdict:
        """Simulate the workload at its smallest and return what its checker says."""
        run = await self.run(seed=PROBE_SEED, parameters=self._probe_parameters)
        return self.check(run.journal)

    async def run(
        self,
        *,
        seed: int,
        parameters: Mapping[str, Any],
        strategy: str = "fifo",
        planted: Iterable[str] = (),
    ) -> Run:
        """Simulate the workload with ``parameters`` and return the run.

        The simulation holds up the event loop until it is done; before it,
        the loop has a turn, at which a cancellation or a limit takes effect.
        What the workload raises passes through, with its replay token.

        Raises
        ------
        HarnessError
            Before :meth:`initialize`.
        """
        from alyslab.runtime import simulate

        if self._main is None:
            raise HarnessError(f"harness {self._name} was not initialised")
        await asyncio.sleep(0)
        return simulate(self._main, seed=seed, strategy=strategy, parameters=parameters, planted=planted)

    def trial(self, *, strategy: str) -> Workload:
        """Return what it runs as a workload, for a search; raises HarnessError before :meth:`initialize`."""
        if self._main is None:
            raise HarnessError(f"harness {self._name} was not initialised")
        claim = "keeps what its checker asks for"
        return Workload(name=self._name, claim=claim, main=self._main, judge=self.check, strategy=strategy)

    async def shutdown(self) -> None:
        """Forget the workload."""
        self._main = None
