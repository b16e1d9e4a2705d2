"""Workloads of failure and recovery: panic, hang, damage, cascades, under load, isolation."""

from __future__ import annotations

import asyncio
from typing import Final

from alyslab.harnesses.actor.backoff import RestartPolicy, fixed
from alyslab.harnesses.actor.errors import ActorError
from alyslab.harnesses.actor.failure import Failure, FailureKind
from alyslab.harnesses.actor.health import HealthPolicy
from alyslab.harnesses.actor.presets import GUIDE_HEALTH, POLICIES
from alyslab.harnesses.actor.spec import ActorSpec
from alyslab.harnesses.actor.state import ActorState
from alyslab.harnesses.actor.strategy import Strategy
from alyslab.harnesses.actor.supervisor import Supervisor
from alyslab.harnesses.actor.system import ActorSystem
from alyslab.harnesses.actor.workloads.actors import Counter
from alyslab.harnesses.actor.workloads.expectations import expect, require_counts, require_one_of

WAYS_TO_FAIL: Final = ("panic", "hang", "corrupt", "grow", "poison", "crash_on_restart", "unsteady")
"""``unsteady``: after each panic every second restart, by chance, fails too."""


async def recovery(
    *, failure: str = "panic", policy: str = "default", failures: int = 3, load: int = 0
) -> None:
    """Make one actor fail again and again, watched by health checks, with or without load.

    Parameters
    ----------
    failure
        How it fails: one of :data:`WAYS_TO_FAIL`.
    policy
        Which of Alys's policies restarts it: a name of ``presets.POLICIES``.
    failures
        How often; more than the policy's limit ends with an escalation.
    load
        Messages that it is sent meanwhile, at one a millisecond.

    Raises
    ------
    ParameterError
        For a name that does not exist or a count below 1.
    """
    require_counts("recovery", failures=failures)
    require_one_of("recovery", "failure", failure, WAYS_TO_FAIL)
    require_one_of("recovery", "policy", policy, POLICIES)
    expect("restarts", at_least=min(failures, POLICIES[policy].effective_limit))
    if load:
        expect("messages done", at_least=1)
    async with ActorSystem(policy=POLICIES[policy]) as system, asyncio.TaskGroup() as group:
        group.create_task(
            fragile(system, name="fragile", failure=failure, failures=failures, health=GUIDE_HEALTH)
        )
        if load:
            group.create_task(pressure(system, name="fragile", messages=load))


async def fragile(
    system: ActorSystem,
    *,
    name: str,
    failure: str,
    failures: int,
    health: HealthPolicy,
    policy: RestartPolicy | None = None,
    supervisor: Supervisor | None = None,
    patience_s: float = 120.0,
) -> None:
    """Start one actor, make it fail, and wait until it answers again or is given up, each time."""
    spec = ActorSpec(
        name=name,
        kind=Counter,
        policy=policy,
        attempts=2 if failure == "poison" else 1,
        failures=_failures(failure, failures),
    )
    ref = await system.spawn(spec, supervisor=supervisor)
    watching = system.watch(name, policy=health, monitor=f"monitor of {name}")
    try:
        for _ in range(failures):
            await ref.tell("add", 1)
            await ref.tell("hit", 1)
            await _settled(system, name, patience_s)
    except ActorError:
        pass  # the supervisor gave it up, which the journal shows
    finally:
        watching.cancel()


async def pressure(system: ActorSystem, *, name: str, messages: int) -> None:
    """Send messages to an actor at one a millisecond, for as long as it takes any."""
    while name not in system.core.cells:
        await system.core.node.sleep(0.001)
    ref = system.ref(name, sender="load")
    for _ in range(messages):
        try:
            await ref.tell("add", 1)
        except ActorError:
            return
        await system.core.node.sleep(0.001)


async def isolation(*, isolate: bool = True, siblings: int = 3, failures: int = 2) -> None:
    """Make one of several siblings fail while the others are at work.

    Parameters
    ----------
    isolate
        Whether the siblings go on while it is down; if not they pause.
    siblings
        How many others there are.
    failures
        How often it fails.

    Raises
    ------
    ParameterError
        For a count below 1.
    """
    require_counts("isolation", siblings=siblings, failures=failures)
    expect("restarts", at_least=failures)
    expect("messages done", at_least=siblings * failures * 100)
    policy = fixed(50, limit=failures + 1, window_s=60, isolate=isolate)
    async with ActorSystem(policy=policy) as system:
        for number in range(siblings):
            await system.spawn(ActorSpec(name=f"sibling-{number}", kind=Counter))
        async with asyncio.TaskGroup() as group:
            group.create_task(
                fragile(system, name="fragile", failure="panic", failures=failures, health=GUIDE_HEALTH)
            )
            for number in range(siblings):
                load = pressure(system, name=f"sibling-{number}", messages=failures * 100)
                group.create_task(load)


async def cascade(*, strategy: str = "rest_for_one", actors: int = 4, crashes: int = 6) -> None:
    """Make failures spread: over siblings by the strategy, and up the tree when restarts are used up.

    Parameters
    ----------
    strategy
        Of the branch: ``one_for_one``, ``one_for_all`` or ``rest_for_one``.
    actors
        How many siblings there are.
    crashes
        How often the second of them crashes, at intervals shorter than its window.

    Raises
    ------
    ParameterError
        For a name that does not exist or a count below 1.
    """
    require_counts("cascade", actors=actors, crashes=crashes)
    require_one_of("cascade", "strategy", strategy, Strategy)
    expect("restarts", at_least=min(crashes, 3))
    async with ActorSystem() as system:
        branch = system.supervisor(
            "branch", strategy=Strategy(strategy), policy=fixed(10, limit=3, window_s=5)
        )
        for number in range(actors):
            await system.spawn(ActorSpec(name=f"link-{number}", kind=Counter), supervisor=branch)
        victim = system.ref(f"link-{min(1, actors - 1)}")
        for _ in range(crashes):
            try:
                await victim.tell("crash")
            except ActorError:
                break
            await system.core.node.sleep(0.3)


async def _settled(system: ActorSystem, name: str, patience_s: float) -> None:
    """Wait until an actor that was hit is up again, a hang included, or has stopped for good.

    Gives up after ``patience_s``: what is wrong then is the verdict's to say.
    """
    cell = system.cell(name)
    incarnation = cell.incarnation
    until_ns = system.core.now_ns + round(patience_s * 1e9)
    while system.core.now_ns < until_ns:
        if cell.state is ActorState.STOPPED:
            return
        if cell.incarnation > incarnation and cell.state is ActorState.RUNNING:
            return
        await system.core.node.sleep(0.02)


def _failures(failure: str, times: int) -> tuple[Failure, ...]:
    if failure == "poison":
        return (Failure(kind=FailureKind.PANIC, on="hit", times=None),)
    if failure == "grow":
        return (
            Failure(kind=FailureKind.GROW, on="hit", step_bytes=1 << 16, limit_bytes=1 << 16, times=times),
        )
    panic = Failure(kind=FailureKind.PANIC, on="hit", times=times)
    if failure == "crash_on_restart":
        return (panic, Failure(kind=FailureKind.CRASH_ON_RESTART))
    if failure == "unsteady":
        return (panic, Failure(kind=FailureKind.CRASH_ON_RESTART, probability=0.5, times=None))
    return (Failure(kind=FailureKind(failure), on="hit", times=times),)
