"""The framework's state machine under calls in any order, against a model of a few lines."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import structlog
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from alyslab.config import LabConfig
from alyslab.errors import HarnessError, StateError
from alyslab.framework import MigrationTestFramework, Phase
from alyslab.phases.context import PhaseContext
from alyslab.phases.phase import Limit, NotBuilt, PhaseSpec
from alyslab.phases.state import Stage
from alyslab.runtime import Simulation
from tests.harnesses.fakes import Behaviour, FakeHarness

ERRORS = Limit(name="errors", claim="nothing goes wrong", comparison="==", limit=0, source="a test")
QUIET = LabConfig.model_validate({"logging": {"level": "error"}})


class FrameworkMachine(RuleBasedStateMachine):
    """A session over one phase that does as told and one that is not built, on virtual time."""

    def __init__(self) -> None:
        super().__init__()
        self.simulation = Simulation(seed=1)
        self.harness = FakeHarness("a", [])
        self.next: dict[str, Behaviour] = {}
        self.outcome = 0
        built = PhaseSpec(
            phase=Phase.FOUNDATION,
            title="a test",
            workload=self.work,
            limits=(ERRORS,),
            harnesses={"a": self.make},
        )
        self.framework = MigrationTestFramework(
            QUIET,
            seed=1,
            phases={
                Phase.FOUNDATION: built,
                Phase.ACTOR_CORE: NotBuilt(phase=Phase.ACTOR_CORE, title="nothing yet"),
            },
        )
        self.expected = Stage.UNINITIALIZED
        self.finished: set[Phase] = set()

    def make(self, _config: LabConfig) -> FakeHarness:
        self.harness = FakeHarness("a", [], **self.next)
        return self.harness

    async def work(self, context: PhaseContext) -> None:
        assert context.harness("a", FakeHarness).up
        if self.outcome < 0:
            raise OSError("broken")
        context.observe("errors", self.outcome)

    def call(self, work: Callable[[], Awaitable[Any]], *, allowed: bool, fails: bool = False) -> Any:
        """Make the call and hold how it ends against the model."""

        async def main() -> Any:
            return await work()

        before = self.framework.state
        if not allowed:
            with pytest.raises(StateError):
                self.simulation.run(main)
            assert self.framework.state == before
            return None
        if fails:
            with pytest.raises(HarnessError):
                self.simulation.run(main)
            return None
        return self.simulation.run(main)

    @rule(
        initialize=st.sampled_from(["ok", "ok", "ok", "raise", "hang"]),
        probe=st.sampled_from(["ok", "ok", "ok", "not up", "silent"]),
        shutdown=st.sampled_from(["ok", "ok", "ok", "raise", "hang", "stubborn"]),
    )
    def initialize(self, initialize: Behaviour, probe: Behaviour, shutdown: Behaviour) -> None:
        allowed = self.expected is Stage.UNINITIALIZED
        fails = (initialize, probe) != ("ok", "ok")
        if allowed:
            self.next = {"initialize": initialize, "probe": probe, "shutdown": shutdown}
            self.expected = Stage.ERROR if fails else Stage.READY
        self.call(self.framework.initialize, allowed=allowed, fails=fails)

    @rule(phase=st.sampled_from([Phase.FOUNDATION, Phase.ACTOR_CORE]), outcome=st.sampled_from([0, 0, 3, -1]))
    def run_phase(self, phase: Phase, outcome: int) -> None:
        allowed = self.expected is Stage.READY
        breaks = phase is Phase.FOUNDATION and outcome < 0
        self.outcome = outcome
        if allowed and breaks:
            self.expected = Stage.ERROR
        elif allowed:
            self.finished.add(phase)
            self.expected = Stage.COMPLETED if len(self.finished) == 2 else Stage.READY
        result = self.call(lambda: self.framework.run_phase(phase), allowed=allowed, fails=breaks)
        if result is not None:
            status = "inconclusive" if phase is Phase.ACTOR_CORE else "fail" if outcome else "pass"
            assert result.verdict.status == status

    @rule()
    def complete(self) -> None:
        if self.expected is Stage.READY:
            self.framework.complete()
            self.expected = Stage.COMPLETED
        else:
            with pytest.raises(StateError):
                self.framework.complete()

    @rule()
    def shut_down(self) -> None:
        was_up = self.harness.up
        fails = was_up and self.next["shutdown"] != "ok"
        if fails:
            self.expected = Stage.ERROR
        elif self.expected is Stage.READY:
            self.expected = Stage.UNINITIALIZED
        self.call(self.framework.shutdown, allowed=True, fails=fails)
        assert not self.harness.up

    @invariant()
    def the_stage_is_that_of_the_model(self) -> None:
        assert self.framework.state.stage is self.expected

    @invariant()
    def a_ready_session_stands_on_a_harness_that_is_up(self) -> None:
        if self.expected is Stage.READY:
            assert self.harness.up
        if self.expected is Stage.UNINITIALIZED:
            assert not self.harness.up

    @invariant()
    def results_are_those_of_phases_that_ran(self) -> None:
        assert set(self.framework.results) == self.finished

    def teardown(self) -> None:
        async def end() -> None:
            await self.framework.shutdown()

        with contextlib.suppress(HarnessError):
            self.simulation.run(end)
        self.simulation.close()
        assert not self.harness.up
        assert not structlog.is_configured()


TestFrameworkMachine = FrameworkMachine.TestCase
