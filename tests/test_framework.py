from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import structlog

from alyslab.config import LabConfig, load_config
from alyslab.errors import BudgetError, HarnessError, ParameterError, StateError
from alyslab.framework import MigrationTestFramework, Phase
from alyslab.phases.context import PhaseContext
from alyslab.phases.phase import HarnessFactory, Limit, NotBuilt, PhaseSpec, Workload
from alyslab.phases.state import Stage
from alyslab.runtime import Simulation
from tests.harnesses.fakes import FakeHarness

ERRORS = Limit(name="errors", claim="nothing goes wrong", comparison="==", limit=0, source="a test")


def config(**changes: Any) -> LabConfig:
    environ = {f"ALYSLAB__{key.upper()}": str(value) for key, value in changes.items()}
    return load_config(preset="local", environ=environ)


def virtual(main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run on virtual time, so that what hangs until its limit costs nothing."""

    async def run() -> Any:
        return await main()

    with Simulation(seed=1) as sim:
        return sim.run(run)


def observing(errors: int) -> Workload:
    async def work(context: PhaseContext) -> None:
        context.observe("errors", errors)

    return work


NOTHING_WRONG = observing(0)


def raising(error: BaseException) -> Workload:
    async def work(_context: PhaseContext) -> None:
        raise error

    return work


async def hang(_context: PhaseContext) -> None:
    await asyncio.Event().wait()


def spec(
    workload: Workload = NOTHING_WRONG,
    *harnesses: FakeHarness,
    phase: Phase = Phase.FOUNDATION,
    **changes: Any,
) -> PhaseSpec:
    factories: dict[str, HarnessFactory] = {harness.name: _made(harness) for harness in harnesses}
    return PhaseSpec(
        phase=phase, title="a test", workload=workload, limits=(ERRORS,), harnesses=factories, **changes
    )


def _made(harness: FakeHarness) -> HarnessFactory:
    return lambda _config: harness


def session(*specs: PhaseSpec | NotBuilt, **changes: Any) -> MigrationTestFramework:
    return MigrationTestFramework(config(**changes), seed=7, phases={spec.phase: spec for spec in specs})


OTHER = NotBuilt(phase=Phase.ACTOR_CORE, title="nothing yet")


def test_a_session_runs_a_phase_from_start_to_end() -> None:
    """The whole of it: up, judged, down, each state as the guide names it."""
    diary: list[str] = []
    states: list[str] = []

    async def work(context: PhaseContext) -> None:
        states.append(str(framework.state))
        assert context.harness("a", FakeHarness).up
        context.observe("errors", 0)

    framework = session(spec(work, FakeHarness("a", diary), FakeHarness("b", diary)), OTHER)

    async def main() -> None:
        states.append(str(framework.state))
        async with framework:
            states.append(str(framework.state))
            result = await framework.run_phase("foundation")
            states.append(str(framework.state))
            assert (result.phase, result.verdict.status) == (Phase.FOUNDATION, "pass")
            assert framework.results == {Phase.FOUNDATION: result}
            assert framework.readiness["a"].status == "pass"
        states.append(str(framework.state))

    virtual(main)

    assert states == ["Uninitialized", "Ready", "Running(foundation)", "Ready", "Uninitialized"]
    assert diary[-2:] == ["b.shutdown", "a.shutdown"]
    assert [row.metric for row in framework.metrics.rows()].count("phase_runs") == 1


def test_a_violated_limit_is_a_result() -> None:
    """The experiment found something: the laboratory is fine and ready for more."""

    async def main() -> None:
        async with session(spec(observing(2)), OTHER) as framework:
            result = await framework.run_phase("foundation")
            assert result.verdict.status == "fail"
            assert [(check.observed, check.source) for check in result.verdict.failed] == [(2, "a test")]
            assert framework.state.stage is Stage.READY
            assert (await framework.run_phase("foundation")).verdict.status == "fail"

    virtual(main)


def test_a_phase_that_is_not_built_never_passes() -> None:
    """What was not looked at must not turn green in a report."""

    async def main() -> None:
        async with session(spec(), OTHER) as framework:
            verdict = (await framework.run_phase("actor_core")).verdict
            assert verdict.status == "inconclusive"
            assert verdict.checks[0].note == "not built"

    virtual(main)


def test_the_last_two_phases_are_not_built_yet() -> None:
    """The registry is the promise; when a phase is built, this list gets shorter."""

    async def main() -> list[str]:
        framework = MigrationTestFramework(config(), seed=7)
        notes = []
        async with framework:
            for phase in list(Phase)[3:]:
                verdict = (await framework.run_phase(phase)).verdict
                notes += [check.note for check in verdict.checks]
        return notes

    assert asyncio.run(main()) == ["not built"] * 2


@pytest.mark.parametrize(("enabled", "status"), [(False, "inconclusive"), (True, "pass")])
def test_faults_are_injected_only_where_the_configuration_allows_it(enabled: bool, status: str) -> None:
    """CHAOS_ENABLED is a promise to whoever owns the machine."""

    async def main() -> str:
        harmful = spec(injects_faults=True)
        async with session(harmful, OTHER, execution__chaos_enabled=enabled) as framework:
            return (await framework.run_phase("foundation")).verdict.status

    assert virtual(main) == status


def test_a_session_is_complete_when_every_phase_has_a_result() -> None:
    """Then only a shutdown may follow, and the state says so afterwards too."""

    async def main() -> MigrationTestFramework:
        async with session(spec(), OTHER) as framework:
            await framework.run_phase("foundation")
            await framework.run_phase("actor_core")
            assert framework.state.stage is Stage.COMPLETED
            with pytest.raises(StateError, match="Completed; allowed here: shutdown"):
                await framework.run_phase("foundation")
        return framework

    assert virtual(main).state.stage is Stage.COMPLETED


def test_a_session_can_be_declared_complete() -> None:
    """Somebody who wants one phase of five need not run the others."""

    async def main() -> None:
        async with session(spec(), OTHER) as framework:
            framework.complete()
            assert framework.state.stage is Stage.COMPLETED
            with pytest.raises(StateError, match="complete is not allowed"):
                framework.complete()

    virtual(main)


def test_a_left_session_can_be_entered_again() -> None:
    """Harnesses are made anew, because one that was shut down is gone."""
    made: list[FakeHarness] = []

    def factory(_config: LabConfig) -> FakeHarness:
        made.append(FakeHarness("a", []))
        return made[-1]

    async def main() -> None:
        framework = session(
            PhaseSpec(
                phase=Phase.FOUNDATION,
                title="a test",
                workload=observing(0),
                limits=(ERRORS,),
                harnesses={"a": factory},
            ),
            OTHER,
        )
        for _ in range(2):
            async with framework:
                assert made[-1].up
            assert not made[-1].up

    virtual(main)

    assert len(made) == 2


@pytest.mark.parametrize("behaviour", ["raise", "hang", "stubborn", "cancel itself"])
def test_a_session_that_cant_start_leaves_nothing_behind(behaviour: Any) -> None:
    """`async with` does not call its exit when the entry fails."""
    diary: list[str] = []
    framework = session(
        spec(observing(0), FakeHarness("a", diary), FakeHarness("b", diary, initialize=behaviour))
    )

    with pytest.raises(HarnessError, match="harness b: initialize"):
        virtual(framework.initialize)

    assert [entry for entry in diary if entry.endswith(".shutdown")] == ["b.shutdown", "a.shutdown"]
    assert framework.state.stage is Stage.ERROR
    assert "harness b" in framework.state.message
    assert not structlog.is_configured()


def test_what_fails_in_the_teardown_does_not_hide_why_it_was_needed() -> None:
    """Both are told, and the first is the one that is raised."""
    framework = session(spec(observing(0), FakeHarness("a", [], initialize="raise", shutdown="raise")))

    with pytest.raises(HarnessError, match="initialize raised OSError") as failure:
        virtual(framework.initialize)

    assert failure.value.__notes__ == ["then, shutting down: harness a: shutdown raised OSError: a is broken"]


def test_a_harness_that_is_not_ready_stops_the_session() -> None:
    """A phase on a system that did not answer would measure the laboratory."""
    framework = session(spec(observing(0), FakeHarness("a", [], probe="silent")))

    with pytest.raises(HarnessError, match="probe is inconclusive"):
        virtual(framework.initialize)

    assert framework.state.stage is Stage.ERROR


@pytest.mark.parametrize(
    ("error", "raised"),
    [(ZeroDivisionError("by nothing"), HarnessError), (BudgetError("max_steps", 5, []), BudgetError)],
)
def test_a_phase_that_breaks_is_an_error_and_no_verdict(error: Exception, raised: type[Exception]) -> None:
    """A broken laboratory is neither pass nor fail, and nothing may run on it."""
    diary: list[str] = []
    framework = session(spec(raising(error), FakeHarness("a", diary)), OTHER)

    async def main() -> None:
        async with framework:
            with pytest.raises(raised):
                await framework.run_phase("foundation")
            assert framework.results == {}
            with pytest.raises(StateError, match=r"Error\(.*\); allowed here: shutdown"):
                await framework.run_phase("actor_core")

    virtual(main)

    assert framework.state.stage is Stage.ERROR
    assert diary[-1] == "a.shutdown"


def test_a_phase_that_hangs_is_ended_at_its_limit() -> None:
    """The message has the limit, which is what a slow machine needs to have raised."""

    async def main() -> None:
        async with session(spec(hang), framework__phase_timeout_s=20.0) as framework:
            await framework.run_phase("foundation")

    with pytest.raises(HarnessError, match="phase foundation took longer than 20 s"):
        virtual(main)


def test_a_cancelled_phase_tears_everything_down() -> None:
    """Ctrl-C in a notebook or a time limit of CI in the middle of a phase."""
    diary: list[str] = []
    framework = session(spec(hang, FakeHarness("a", diary), FakeHarness("b", diary)))

    async def main() -> None:
        async with asyncio.timeout(2), framework:
            await framework.run_phase("foundation")

    with pytest.raises(TimeoutError):
        virtual(main)

    assert diary[-2:] == ["b.shutdown", "a.shutdown"]
    assert framework.state.message == "phase foundation was cancelled"


def test_a_cancelled_start_tears_everything_down() -> None:
    """What was half up when the session was cancelled is shut down too."""
    diary: list[str] = []
    framework = session(spec(hang, FakeHarness("a", diary), FakeHarness("b", diary, initialize="hang")))

    async def main() -> None:
        async with asyncio.timeout(2):
            await framework.initialize()

    with pytest.raises(TimeoutError):
        virtual(main)

    assert "b.initialize cancelled" in diary
    assert diary[-2:] == ["b.shutdown", "a.shutdown"]
    assert framework.state.message == "initialize was cancelled"


def test_a_shutdown_ends_a_phase_that_runs_elsewhere() -> None:
    """Harnesses must not go away under a workload that still uses them."""
    diary: list[str] = []

    async def work(_context: PhaseContext) -> None:
        try:
            await hang(_context)
        finally:
            diary.append("workload ended")

    framework = session(spec(work, FakeHarness("a", diary)))

    async def main() -> None:
        await framework.initialize()
        phase = asyncio.create_task(framework.run_phase("foundation"))
        await asyncio.sleep(1)
        await framework.shutdown()
        assert framework.state.message == "ended by a shutdown"
        with pytest.raises(HarnessError, match="ended before it was done"):
            await phase
        await framework.shutdown()

    virtual(main)

    assert diary[-2:] == ["workload ended", "a.shutdown"]
    assert not structlog.is_configured()


def test_a_cancelled_shutdown_is_an_error_state_and_still_complete() -> None:
    """Ready would claim harnesses that are gone."""
    diary: list[str] = []
    framework = session(spec(hang, FakeHarness("a", diary), FakeHarness("b", diary, shutdown="hang")))

    async def main() -> None:
        await framework.initialize()
        async with asyncio.timeout(1):
            await framework.shutdown()

    with pytest.raises(TimeoutError):
        virtual(main)

    assert diary[-1] == "a.shutdown"
    assert framework.state.message == "the shutdown was cancelled"


def test_a_shutdown_that_fails_is_an_error_after_all_had_their_chance() -> None:
    """A session whose containers still run did not end well, whatever its verdicts."""
    diary: list[str] = []
    harnesses = [FakeHarness("a", diary, shutdown="raise"), FakeHarness("b", diary, shutdown="raise")]
    framework = session(spec(observing(0), *harnesses), OTHER)

    async def main() -> None:
        async with framework:
            await framework.run_phase("foundation")

    with pytest.raises(HarnessError, match=r"harness b: .*\nharness a: "):
        virtual(main)

    assert framework.state.stage is Stage.ERROR


def test_the_error_of_the_body_stays_the_one_that_is_raised() -> None:
    """A failing shutdown is told as a note on it."""
    framework = session(spec(observing(0), FakeHarness("a", [], shutdown="raise")), OTHER)

    async def main() -> None:
        async with framework:
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine") as failure:
        virtual(main)

    assert "harness a: shutdown raised OSError" in failure.value.__notes__[0]


def test_bad_input_starts_nothing_and_changes_nothing() -> None:
    """After a typing error the session is as ready as before."""

    async def main() -> None:
        async with session(spec(parameters={"peers": 3})) as framework:
            for phase, parameters in (
                ("fundation", {}),
                ("actor_core", {}),
                ("foundation", {"peer": 1, "peers": "x"}),
            ):
                with pytest.raises(ParameterError):
                    await framework.run_phase(phase, parameters)
                assert framework.state.stage is Stage.READY
            assert (await framework.run_phase("foundation", {"peers": 9})).parameters == {"peers": 9}

    virtual(main)


def test_calls_in_the_wrong_order_are_refused_by_name() -> None:
    """The message names the state and what can be done in it."""

    async def main() -> None:
        framework = session(spec(), OTHER)
        with pytest.raises(StateError, match=r"in state Uninitialized; .* initialize, shutdown$"):
            await framework.run_phase("foundation")
        await framework.shutdown()
        async with framework:
            with pytest.raises(StateError, match="initialize is not allowed in state Ready"):
                await framework.initialize()

    virtual(main)


def test_phases_share_the_harness_of_a_name() -> None:
    """One broker, not one for each phase; and two of one name are a mistake of the registry."""
    diary: list[str] = []
    harness = FakeHarness("a", diary)
    shared = _made(harness)
    first, second = (
        PhaseSpec(
            phase=phase, title="a test", workload=observing(0), limits=(ERRORS,), harnesses={"a": factory}
        )
        for phase, factory in ((Phase.FOUNDATION, shared), (Phase.ACTOR_CORE, shared))
    )

    virtual(session(first, second).initialize)

    assert diary.count("a.initialize") == 1
    with pytest.raises(ValueError, match="'a'"):
        session(first, spec(observing(0), harness, phase=Phase.ACTOR_CORE))


def test_every_log_line_says_which_session_and_which_call(capsys: pytest.CaptureFixture[str]) -> None:
    """Two sessions in one CI log can be told apart, and a phase's lines found by one id."""

    async def work(context: PhaseContext) -> None:
        structlog.get_logger().info("from the workload")
        context.observe("errors", 0)

    async def main() -> MigrationTestFramework:
        framework = session(spec(work), OTHER, logging__format="json", logging__level="info")
        async with framework:
            first = await framework.run_phase("foundation")
            second = await framework.run_phase("foundation")
            assert first.correlation != second.correlation
        return framework

    framework = virtual(main)

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert {line["session"] for line in lines} == {framework.session.id}
    assert all("correlation" in line for line in lines)
    told = [line for line in lines if line["event"] == "from the workload"]
    assert [line["phase"] for line in told] == ["foundation", "foundation"]
    assert len({line["correlation"] for line in told}) == 2


def test_what_went_wrong_is_in_the_log_with_its_ids(capsys: pytest.CaptureFixture[str]) -> None:
    """In CI the log is what is left when the notebook has no verdict."""
    broken = FakeHarness("a", [], shutdown="raise")
    framework = session(spec(raising(OSError("no disk")), broken), logging__format="json")

    async def main() -> None:
        async with framework:
            await framework.run_phase("foundation")

    with pytest.raises(HarnessError):
        virtual(main)

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    failed, left = (line for line in lines if line["level"] == "error")
    assert (failed["event"], failed["phase"]) == ("session failed", "foundation")
    assert "no disk" in failed["reason"]
    assert "a is broken" in left["reason"]
    assert failed["correlation"] != left["correlation"]
