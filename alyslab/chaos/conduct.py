"""Running a plan: steady state, faults, quiet, convergence.

:func:`conduct` is the workload that a token names; the plan is one of its
parameters, so that a token carries everything.  It writes

- ``chaos.phase`` (subject: steady, faults, quiet or end) as each begins, and
  ``chaos.plan`` (subject: the system) with the plan's bounds and members,
- the rows of the :class:`~alyslab.chaos.guard.Guard`,
- ``chaos.converged`` (``took_ns``) when the system is whole again, or
  ``chaos.not_converged`` when it was not within its bound.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from alyslab.chaos.faults import FAULTS
from alyslab.chaos.guard import Guard
from alyslab.chaos.plan import Entry, Plan, PlanError, parse_plan
from alyslab.chaos.systems import SYSTEMS, system_named
from alyslab.chaos.validation import all_problems
from alyslab.checkers.verdict import Check, Verdict
from alyslab.runtime import require_current, simulate
from alyslab.runtime.replay import runs_what

if TYPE_CHECKING:
    from alyslab.chaos.system import LiveSystem, SystemSpec
    from alyslab.runtime import Journal, Run, Runtime

POLL_S: Final = 0.1
"""How often the conductor looks whether the system has converged, in s."""
CONVERGES: Final = "the system converges once every fault has ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A plan that was run, and what its checkers say."""

    plan: Plan
    system: str
    run: Run
    verdict: Verdict


def run_plan(
    plan: Plan,
    *,
    seed: int,
    system: str | None = None,
    strategy: str = "fifo",
    planted: Iterable[str] = (),
    activation_ratio: float = 0.0,
) -> Outcome:
    """Run a plan in virtual time and judge it.

    Parameters
    ----------
    plan
        What to do to the system.
    system
        Which one, if the plan does not say.
    seed, strategy, planted, activation_ratio
        As for :func:`alyslab.simulate`.

    Raises
    ------
    PlanError
        With every problem, before anything starts.
    """
    name, ready = prepared(plan, system)
    run = simulate(
        conduct,
        seed=seed,
        strategy=strategy,
        planted=planted,
        activation_ratio=activation_ratio,
        parameters={"system": name, "plan": ready.as_dict()},
    )
    return Outcome(plan=ready, system=name, run=run, verdict=judge(run.journal, name))


def prepared(plan: Plan, system: str | None = None) -> tuple[str, Plan]:
    """Return the system's name and the plan ready to run; raises :class:`PlanError` with every problem."""
    plan = plan.numbered()
    problems = all_problems(plan, system)
    name = system or plan.system
    if problems or name is None:
        raise PlanError(problems)
    return name, plan


@runs_what("system", places=SYSTEMS)
async def conduct(*, system: str, plan: dict[str, Any]) -> dict[str, Any]:
    """Run a plan over a system, from steady state to convergence.

    Parameters
    ----------
    system
        Name of the system.
    plan
        The plan as JSON values.

    Returns
    -------
    dict
        ``converged`` and ``convergence_s`` (None if it never did).

    Raises
    ------
    PlanError
        With every problem of the plan; nothing has started then.

    Takes at most the sum of the plan's phases in virtual time, and what the
    system's workload needs to end.
    """
    parsed, problems = parse_plan(plan)
    if problems:
        raise PlanError(problems)
    name, ready = prepared(parsed, system)
    spec, runtime = system_named(name), require_current()
    options = spec.resolved(ready.options)
    async with spec.open(options) as live:
        runtime.journal.record(
            "chaos.plan",
            name,
            members=" ".join(live.members),
            serving=" ".join((spec.serving or spec.members)(options)),
            entries=len(ready.entries),
            window_ns=round(spec.signals.window_s * 1e9),
            converge_ns=round(ready.phases.converge_s * 1e9),
        )
        bears = spec.bears(len(live.members))
        with Guard(runtime, live, recoverable=ready.recoverable, bears=bears) as guard:
            took_ns = await _phases(runtime, live, guard, ready, spec)
        await live.settle()
    return {"converged": took_ns is not None, "convergence_s": None if took_ns is None else took_ns / 1e9}


async def _phases(
    runtime: Runtime, live: LiveSystem, guard: Guard, plan: Plan, spec: SystemSpec
) -> int | None:
    record = runtime.journal.record
    runtime.sites.rest()  # what fires there is a fault too, and belongs to the phase of faults
    record("chaos.phase", "steady")
    await asyncio.sleep(plan.phases.steady_s)
    runtime.sites.wake()
    record("chaos.phase", "faults")
    began_ns = runtime.now_ns
    for at_s, entry, begins in _schedule(plan):
        await asyncio.sleep(max(0.0, at_s - (runtime.now_ns - began_ns) / 1e9))
        if begins:
            guard.inject(entry)
        else:
            guard.heal(entry.id)
    await asyncio.sleep(max(0.0, plan.phases.faults_s - (runtime.now_ns - began_ns) / 1e9))
    guard.heal_all("quiet", keep=frozenset(entry.id for entry in plan.entries if entry.heal == "never"))
    runtime.sites.rest()
    live.quiet()
    record("chaos.phase", "quiet")
    took_ns = await _convergence(runtime, live, plan.phases.converge_s)
    if took_ns is None:
        record("chaos.not_converged", spec.name, bound_ns=round(plan.phases.converge_s * 1e9))
    else:
        record("chaos.converged", spec.name, took_ns=took_ns)
        await asyncio.sleep(spec.signals.window_s)  # what service is like after
    record("chaos.phase", "end")
    return took_ns


async def _convergence(runtime: Runtime, live: LiveSystem, bound_s: float) -> int | None:
    since_ns = runtime.now_ns
    while not live.converged(since_ns):
        if runtime.now_ns - since_ns >= bound_s * 1e9:
            return None
        await asyncio.sleep(POLL_S)
    return runtime.now_ns - since_ns


def _schedule(plan: Plan) -> list[tuple[float, Entry, bool]]:
    """Return when each entry begins and ends, in order; at one moment, ends come first."""
    moments = []
    for order, entry in enumerate(plan.entries):
        moments.append((entry.start_s, 1, order, entry))
        if entry.heal == "end" and not FAULTS[entry.fault].instant:
            moments.append((plan.end_s(entry), 0, order, entry))
    return [(at_s, entry, begins == 1) for at_s, begins, _, entry in sorted(moments, key=lambda m: m[:3])]


def judge(journal: Journal, system: str | None = None) -> Verdict:
    """Judge a run of :func:`conduct` from its journal: the system's invariants, and the conduct itself."""
    header = next(journal.select(kind="chaos.plan"), None)
    if header is None:
        return Verdict.inconclusive("a plan was run", "the journal has no row chaos.plan")
    spec = system_named(system or header.subject)
    return Verdict.of([spec.judge(journal), _conduct_checks(journal, spec)])


def _conduct_checks(journal: Journal, spec: SystemSpec) -> Verdict:
    phases = {event.subject: event.time_ns for event in journal.select(kind="chaos.phase")}
    served = sum(
        good
        for event in journal.select(kind=spec.signals.kinds, before_ns=phases.get("faults"))
        for _, good in spec.signals.read(event)
    )
    stuck = [event.as_dict() for event in journal.select(kind="chaos.not_converged")]
    ended = stuck or any(True for _ in journal.select(kind="chaos.converged"))
    healed = {event.subject for event in journal.select(kind="chaos.healed")}
    begun = list(journal.select(kind="chaos.injected"))
    left = [
        event.as_dict()
        for event in begun
        if event.subject not in healed and not FAULTS[str(event.fields["fault"])].instant
    ]
    return Verdict(
        (
            Check(
                name="the system served before any fault",
                observed=served if "faults" in phases else None,
                comparison=">",
                limit=0,
                unit="things done",
                source="the plan's steady state",
            ),
            Check(
                name=CONVERGES,
                observed=not stuck if ended else None,
                comparison="==",
                limit=True,
                source="the plan's bound on convergence",
                evidence=_evidence(stuck),
            ),
            Check(
                name="every fault was healed",
                observed=len(left) if "end" in phases else None,
                comparison="==",
                limit=0,
                unit="faults",
                source="the guard",
                evidence=_evidence(left),
            ),
        )
    )


def _evidence(rows: list[dict[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    return tuple(rows[:1])
