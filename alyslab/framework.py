"""The framework: one session over the migration phases, from bringing harnesses up to taking them down.

A state machine (:mod:`alyslab.phases.state`) decides which call is allowed
when; a phase's specification (:mod:`alyslab.phases.phase`) says what runs and
what it is held against.  The framework joins the two and promises that

- a phase runs only on harnesses that showed, by an answer, that they are up;
- a verdict comes from observations alone, and a phase that nothing implements
  is inconclusive;
- a violated promise is a result, a broken laboratory an exception, and
- whatever happens, every harness gets its chance to shut down.

It runs on any event loop.  A simulation that a workload starts runs inside
one step of that loop, so it is its own budgets that end it; the time limits
here take effect at the workload's next await.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType, TracebackType
from typing import Self, TypeVar

from alyslab.checkers.verdict import Verdict
from alyslab.config import LabConfig
from alyslab.errors import ParameterError, Problem
from alyslab.harnesses.harness import Harness
from alyslab.harnesses.lifecycle import HarnessCallError, probe, raise_first, start, stop
from alyslab.metrics import MetricsCollector
from alyslab.phases.activity import Activity
from alyslab.phases.phase import NotBuilt, ParameterValue, Phase, PhaseSpec
from alyslab.phases.registry import harness_factories, specify_all
from alyslab.phases.result import PhaseResult
from alyslab.phases.runner import run
from alyslab.phases.session import Session
from alyslab.phases.state import FrameworkState, Stage
from alyslab.telemetry.logging import get_logger, logging_configured

__all__ = ["MigrationTestFramework", "Phase", "Session"]

T = TypeVar("T")


class MigrationTestFramework:
    """Run migration phases, each on harnesses that are up, each judged by its own limits.

    Use it as an async context manager, which initialises on entry and shuts
    down on exit::

        async with MigrationTestFramework(config, seed=7) as framework:
            result = await framework.run_phase("foundation")
        print(result.verdict.status)

    Parameters
    ----------
    config
        How the laboratory runs: time limits, logs, sampling.
    seed
        What all chance in the workloads comes from.
    phases
        What the session's phases run; by default all five as the registry has
        them.  Give fewer and only their harnesses are brought up; the session
        is complete when each has a result.

    Every call that the present state does not allow raises
    :class:`alyslab.errors.StateError` and changes nothing.
    """

    def __init__(
        self, config: LabConfig, *, seed: int, phases: Mapping[Phase, PhaseSpec | NotBuilt] | None = None
    ) -> None:
        self.session = Session.begin(seed)
        self.metrics = MetricsCollector()
        self._config = config
        self._phases = dict(specify_all() if phases is None else phases)
        self._factories = harness_factories(self._phases.values())
        self._state = FrameworkState(stage=Stage.UNINITIALIZED)
        self._harnesses: dict[str, Harness] = {}
        self._readiness: dict[str, Verdict] = {}
        self._results: dict[Phase, PhaseResult] = {}
        self._activity = Activity()
        self._correlations = 0
        self._logging = contextlib.ExitStack()
        self._log = get_logger(__name__)

    @property
    def state(self) -> FrameworkState:
        """Where the session stands."""
        return self._state

    @property
    def results(self) -> Mapping[Phase, PhaseResult]:
        """The latest result of each phase that has run, in the order of their first runs."""
        return MappingProxyType(self._results)

    @property
    def readiness(self) -> Mapping[str, Verdict]:
        """What each harness answered when it was asked whether it is up."""
        return MappingProxyType(self._readiness)

    async def initialize(self) -> None:
        """Bring all harnesses up at once and ask each whether it is.

        Raises
        ------
        HarnessError
            When a harness failed, took longer than
            ``framework.initialize_timeout_s`` or is not ready.  All of them
            are shut down again; what fails then is a note of the error.
        """
        self._state.require("initialize")
        self._enter(Stage.INITIALIZING)
        log = self._config.logging
        self._logging.enter_context(
            logging_configured(level=log.level, format=log.format, session=self.session.id)
        )
        try:
            await self._act("initialize", self._bring_up)
        except BaseException as error:
            await self._tear_down(because=error)
            raise
        self._enter(Stage.READY)

    async def run_phase(
        self, phase: Phase | str, parameters: Mapping[str, ParameterValue] | None = None
    ) -> PhaseResult:
        """Run one phase and hold what it observed against its limits.

        A violated limit is part of the result and leaves the session ``Ready``
        (``Completed`` when every phase has a result).  A phase that nothing
        implements, or that injects faults while ``execution.chaos_enabled`` is
        off, runs nothing and is inconclusive.

        Raises
        ------
        ParameterError
            For an unknown phase and for unknown or ill-typed ``parameters``,
            all at once; nothing was started and the state is unchanged.
        AlyslabError
            What the workload raised, as it was.
        HarnessError
            When it raised anything else, or took longer than
            ``framework.phase_timeout_s``.  The state is ``Error``.
        """
        self._state.require("run_phase")
        spec = self._specification(phase)
        resolved = {} if isinstance(spec, NotBuilt) else spec.resolve(parameters or {})
        self._enter(Stage.RUNNING, phase=spec.phase)
        limit_s = self._config.framework.phase_timeout_s
        result = await self._act(
            f"phase {spec.phase}", lambda correlation: self._run(spec, resolved, correlation), limit_s=limit_s
        )
        self._results[spec.phase] = result
        self._enter(Stage.READY)
        if self._results.keys() == self._phases.keys():
            self.complete()
        return result

    def complete(self) -> None:
        """Declare the session complete, whether or not every phase has run; only a shutdown may follow."""
        self._state.require("complete")
        self._enter(Stage.COMPLETED)

    async def shutdown(self) -> None:
        """End what is under way and shut every harness down, in reverse order.

        Each has ``framework.shutdown_timeout_s``.  A call that was under way
        elsewhere raises HarnessError there.  Does nothing when all is down.

        Raises
        ------
        HarnessError
            What failed, after every harness had its chance; the first leads.
        """
        raise_first(await self._tear_down())

    async def __aenter__(self) -> Self:
        await self.initialize()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        failures = await self._tear_down(because=error)
        if error is None:
            raise_first(failures)

    def _enter(self, stage: Stage, *, phase: Phase | None = None, message: str = "") -> None:
        self._state = self._state.to(stage, phase=phase, message=message)

    def _fail(self, message: str) -> None:
        """Fall into ``Error``; the first message stays."""
        if self._state.stage is not Stage.ERROR:
            self._enter(Stage.ERROR, message=message)

    def _specification(self, phase: Phase | str) -> PhaseSpec | NotBuilt:
        name = Phase.named(phase)
        if name not in self._phases:
            what, allowed = f"phase {name} is not part of this session", ", ".join(self._phases)
            raise ParameterError(Problem(where="phase", what=what, value=str(name), allowed=allowed))
        return self._phases[name]

    async def _act(
        self, call: str, work: Callable[[str], Awaitable[T]], *, limit_s: float | None = None
    ) -> T:
        """Do ``work``, which is given its correlation id; whatever goes wrong is the state ``Error``."""
        correlation = self._next_correlation()
        fields: dict[str, str] = {"correlation": correlation}
        if self._state.phase is not None:
            fields["phase"] = self._state.phase.value
        try:
            return await self._activity.run(call, lambda: work(correlation), limit_s=limit_s, **fields)
        except BaseException as error:
            cancelled = isinstance(error, asyncio.CancelledError)
            message = f"{call} was cancelled" if cancelled else str(error) or type(error).__name__
            self._log.error("session failed", reason=message, **fields)
            self._fail(message)
            raise

    def _next_correlation(self) -> str:
        self._correlations += 1
        return self.session.correlation(self._correlations)

    async def _bring_up(self, _correlation: str) -> None:
        self._harnesses = {name: factory(self._config) for name, factory in self._factories.items()}
        limit_s = self._config.framework.initialize_timeout_s
        await start(self._harnesses.values(), limit_s=limit_s)
        self._readiness = await probe(self._harnesses.values(), limit_s=limit_s)
        self._log.info("session ready", seed=self.session.seed, harnesses=list(self._harnesses))

    async def _run(
        self, spec: PhaseSpec | NotBuilt, parameters: Mapping[str, ParameterValue], correlation: str
    ) -> PhaseResult:
        self._log.info("phase started", parameters=dict(parameters))
        result = await run(
            spec,
            config=self._config,
            seed=self.session.seed,
            parameters=parameters,
            harnesses=self._harnesses,
            correlation=correlation,
        )
        status = result.verdict.status
        self.metrics.counter("phase_runs", phase=spec.phase.value, status=status).add(1)
        self.metrics.histogram("phase_duration_s", "s", phase=spec.phase.value).observe(result.duration_s)
        self._log.info(
            "phase ended",
            status=status,
            duration_s=result.duration_s,
            failed=[check.name for check in result.verdict.failed],
        )
        return result

    async def _tear_down(self, because: BaseException | None = None) -> list[HarnessCallError]:
        """Shut everything down; return what failed, or note it on the error that led here."""
        correlation = self._next_correlation()
        try:
            if self._activity.under_way:
                self._fail("ended by a shutdown")
                await self._activity.end()
            harnesses, self._harnesses = list(self._harnesses.values()), {}
            failures = await stop(harnesses, limit_s=self._config.framework.shutdown_timeout_s)
            for failure in failures:
                self._fail(str(failure))
                self._log.error("shutdown failed", reason=str(failure), correlation=correlation)
                if because is not None:
                    because.add_note(f"then, shutting down: {failure}")
            if self._state.stage is Stage.READY:
                self._enter(Stage.UNINITIALIZED)
            return failures
        except asyncio.CancelledError:
            self._fail("the shutdown was cancelled")
            raise
        finally:
            self._logging.close()
