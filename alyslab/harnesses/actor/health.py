"""Health checks: an actor is asked between two messages, and one that does not answer is restarted.

Source: alys v2 ACT/foundation/health.rs and constants.rs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from alyslab.errors import Problem
from alyslab.harnesses.actor.errors import ActorError, PolicyError
from alyslab.harnesses.actor.ranges import COUNT, SECONDS, problems_in
from alyslab.harnesses.actor.state import ActorState

if TYPE_CHECKING:
    from alyslab.harnesses.actor.actor import Actor
    from alyslab.harnesses.actor.cell import Cell

UP: Final = (ActorState.RUNNING, ActorState.PAUSED)


class UnhealthyError(ActorError):
    """An actor that did not answer its health checks, or said that it is not in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthPolicy:
    """How often an actor is asked, and when it counts as failed; raises :class:`PolicyError`."""

    interval_s: float = 10.0
    """Time between two checks, in s; Alys: 5 for critical actors, 30 for background ones."""
    timeout_s: float = 5.0
    """Longest wait for an answer, in s."""
    failures: int = 3
    """Checks missed in a row that make an actor unhealthy."""

    def __post_init__(self) -> None:
        allowed = {"interval_s": SECONDS, "timeout_s": SECONDS, "failures": COUNT}
        if problems := problems_in("health policy", self, allowed):
            raise PolicyError(problems)


def require_health(policy: object, names: Iterable[str]) -> None:
    """Raise PolicyError for what is given as a health policy and is none."""
    if not isinstance(policy, HealthPolicy):
        where = f"health checks of {', '.join(names) or 'nobody'}"
        what, allowed = f"{policy!r} is no health policy", "HealthPolicy(…)"
        raise PolicyError(Problem(where=where, key="policy", what=what, value=policy, allowed=allowed))


class Probe:
    """One question to one actor, answered by its own task between two messages."""

    __slots__ = ("_answered", "asked_ns", "monitor")

    def __init__(self, monitor: str, asked_ns: int, loop: asyncio.AbstractEventLoop) -> None:
        self.monitor = monitor
        """Who asks."""
        self.asked_ns = asked_ns
        """When the question came up: for a restart, when the actor failed."""
        self._answered: asyncio.Future[tuple[int, bool]] = loop.create_future()

    def answer(self, incarnation: int, healthy: bool) -> bool:
        """Answer, and return whether anybody still waits."""
        if self._answered.done():
            return False
        self._answered.set_result((incarnation, healthy))
        return True

    def cancel(self) -> None:
        """Let go of whoever waits."""
        self._answered.cancel()

    async def wait(self, timeout_s: float) -> bool:
        """Return whether the actor answered in time that it is healthy."""
        await asyncio.wait({self._answered}, timeout=timeout_s)
        if not self._answered.done():
            self._answered.cancel()
            return False
        return not self._answered.cancelled() and self._answered.result()[1]


def answer_probes(cell: Cell, actor: Actor) -> None:
    """Answer for the actor whoever asks, and write down each answer that somebody waits for."""
    probes, cell.probes = cell.probes, []
    if cell.incarnation and cell.core.defects.restarted_stays_silent:
        return
    for probe in probes:
        if probe.answer(cell.incarnation, healthy := _says_healthy(actor)):
            _record_answer(cell, probe.monitor, probe.asked_ns, healthy)


def _says_healthy(actor: Actor) -> bool:
    try:
        return bool(actor.healthy())
    except Exception:  # an actor that can't say is not in order
        return False


def _record_answer(cell: Cell, monitor: str, asked_ns: int, healthy: bool) -> None:
    cell.core.tracker.record(
        "health.answered",
        cell.name,
        incarnation=cell.incarnation,
        healthy=healthy,
        asked_ns=asked_ns,
        monitor=monitor,
    )


async def check_health(cell: Cell, monitor: str, timeout_s: float) -> bool:
    """Ask an actor whether it is in order and return whether it said so in time."""
    core = cell.core
    if core.defects.health_answers_for_dead and cell.state not in UP:
        _record_answer(cell, monitor, core.now_ns, healthy=True)
        return True
    if cell.state is ActorState.STOPPED:
        return False
    probe = Probe(monitor, core.now_ns, core.loop)
    cell.probes.append(probe)
    cell.mailbox.ring()
    return await probe.wait(timeout_s)


async def watch(cells: Iterable[Cell], policy: HealthPolicy, monitor: str) -> None:
    """Check these actors for ever, and take down what is unhealthy, so that its supervisor restarts it."""
    async with asyncio.TaskGroup() as group:
        for cell in cells:
            group.create_task(_watch_one(cell, policy, monitor), name=f"{monitor} of {cell.name}")


async def _watch_one(cell: Cell, policy: HealthPolicy, monitor: str) -> None:
    missed = 0
    while cell.state is not ActorState.STOPPED:
        await cell.core.node.sleep(policy.interval_s)
        if await check_health(cell, monitor, policy.timeout_s):
            missed = 0
            continue
        if cell.state not in UP:
            continue  # it is down, and its supervisor knows
        missed += 1
        cell.core.tracker.record("health.missed", cell.name, in_a_row=missed, monitor=monitor)
        if missed >= policy.failures:
            missed = 0
            advice = "see what its handler waits for"
            await cell.kill(UnhealthyError(cell.name, cell.state, "is not healthy", advice))
