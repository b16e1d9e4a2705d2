"""Resilience is part of a phase's result: checks and figures of runs under drawn plans."""

from __future__ import annotations

import asyncio

import pytest

from alyslab.chaos.conduct import run_plan
from alyslab.chaos.plan import Entry, Phases, Plan
from alyslab.chaos.resilience import Resilience, resilience
from alyslab.chaos.target import Target
from alyslab.checkers.verdict import Verdict
from alyslab.config import LabConfig
from alyslab.config.sections import ExecutionSection
from alyslab.errors import BadInputError
from alyslab.framework import MigrationTestFramework
from alyslab.metrics import MetricsCollector
from alyslab.phases.context import PhaseContext
from alyslab.phases.phase import Limit, Phase, PhaseSpec
from alyslab.phases.registry import specify_all
from alyslab.phases.resilience import PARAMETER, observe_resilience, resilience_checks

PAUSE = Entry(fault="process.pause", id="e1", target=Target(select="all"), start_s=0.5, end_s=5.0)


def shown(plans: int, system: str = "quorum", *, chaos_enabled: bool = True) -> PhaseContext:
    context = PhaseContext(
        phase=Phase.FOUNDATION,
        seed=3,
        parameters={PARAMETER: plans},
        harnesses={},
        metrics=MetricsCollector(),
        chaos_enabled=chaos_enabled,
    )
    asyncio.run(observe_resilience(context, system))
    return context


def borne(*planted: str) -> Resilience:
    phases = Phases(steady_s=3.0, faults_s=8.0, converge_s=10.0)
    plan = Plan(system="quorum", options={"nodes": 3}, phases=phases, entries=(PAUSE,))
    return resilience(run_plan(plan, seed=1, planted=planted).run.journal)


def test_runs_under_plans_are_checks_and_figures_of_the_phase() -> None:
    """Issue 7, Done when: the phase results carry resilience."""
    context = shown(2)
    rows = {(row.metric, row.labels.get("plan")): float(row.value or 0) for row in context.metrics.rows()}

    assert Verdict.of(context.verdicts).status == "pass"
    assert len(context.runs) == 2
    assert {"resilience_score", "resilience_convergence_s"} <= {name for name, _ in rows}
    scores = [rows["resilience_score", str(number)] for number in range(2)]
    low, mean, high = (rows[f"resilience_score_{which}", None] for which in ("low", "mean", "high"))
    assert low <= mean <= high
    assert mean == pytest.approx(sum(scores) / 2)


@pytest.mark.parametrize(("plans", "chaos_enabled"), [(0, True), (2, False)])
def test_what_was_not_broken_has_not_shown_that_it_recovers(plans: int, chaos_enabled: bool) -> None:
    """CHAOS_ENABLED=false must never look like a system that bore everything."""
    context = shown(plans, chaos_enabled=chaos_enabled)
    verdict = Verdict.of(context.verdicts)

    assert verdict.status == "inconclusive"
    assert all(check.passed is None for check in verdict.checks)
    assert context.runs == []
    assert not list(context.metrics.rows())


def test_a_planted_bug_in_the_recovery_fails_both_checks_with_its_token() -> None:
    """The same plan with and without; otherwise the checks would prove nothing."""
    good = resilience_checks("quorum", [("alys1-good", borne())])
    bad = resilience_checks("quorum", [("alys1-bad", borne("quorum.timer_lost_on_pause"))])

    assert [check.passed for check in good] == [True, True]
    assert [check.passed for check in bad] == [False, False]
    assert all(check.evidence[0]["token"] == "alys1-bad" for check in bad)


def test_without_an_incident_nobody_is_said_to_have_recovered() -> None:
    """Faults that stopped nobody say nothing of coming back."""
    phases = Phases(steady_s=3.0, faults_s=1.0, converge_s=10.0)
    calm = resilience(run_plan(Plan(system="quorum", phases=phases), seed=1).run.journal)

    assert [check.passed for check in resilience_checks("quorum", [("alys1-", calm)])] == [True, None]


def test_an_unknown_system_is_refused() -> None:
    """A phase that names nothing would show nothing."""
    with pytest.raises(BadInputError, match="no system is named 'cloud'"):
        shown(1, "cloud")


async def _only_resilience(context: PhaseContext) -> None:
    await observe_resilience(context, "quorum")


@pytest.mark.parametrize("enabled", [True, False])
def test_the_configuration_decides_whether_a_phase_breaks_anything(enabled: bool) -> None:
    """CHAOS_ENABLED reaches the phase through the framework."""
    limit = Limit(name="nothing", claim="nothing", comparison="==", limit=0, source="this test")
    spec = PhaseSpec(
        phase=Phase.FOUNDATION,
        title="resilience alone",
        workload=_only_resilience,
        limits=(limit,),
        parameters={PARAMETER: 1},
    )
    config = LabConfig(execution=ExecutionSection(chaos_enabled=enabled))

    async def session() -> list[str]:
        async with MigrationTestFramework(config, seed=3, phases={Phase.FOUNDATION: spec}) as framework:
            result = await framework.run_phase("foundation")
        return [check.name for check in result.verdict.checks if check.passed]

    assert bool(asyncio.run(session())) is enabled


def test_every_phase_that_is_built_carries_resilience() -> None:
    """A phase added later must say how many plans it runs, and the hook reads only that."""
    built = [spec for spec in specify_all().values() if isinstance(spec, PhaseSpec)]

    assert len(built) >= 3
    assert all(isinstance(spec.parameters.get(PARAMETER), int) for spec in built)
