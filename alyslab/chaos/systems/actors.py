"""The actor system under chaos: desks that carry out requests, and customers who insist.

A customer sends each request again until it is confirmed; a desk carries out
each once, however often it comes, and remembers that over its restarts.  The
members are the desks: a crash fails one as a panic would, and its supervisor,
not the plan, brings it back.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from alyslab.chaos.faults import faults_of
from alyslab.chaos.system import Options, Signals, SystemSpec
from alyslab.harnesses.actor.backoff import fixed
from alyslab.harnesses.actor.defects import DEFECTS
from alyslab.harnesses.actor.errors import ActorError, InjectedFailure
from alyslab.harnesses.actor.spec import ActorSpec
from alyslab.harnesses.actor.state import ActorState
from alyslab.harnesses.actor.system import ActorSystem
from alyslab.harnesses.actor.workloads.actors import Ledger
from alyslab.harnesses.actor.workloads.expectations import expect
from alyslab.harnesses.actor.workloads.judging import judge_observed

if TYPE_CHECKING:
    from alyslab.harnesses.actor.cell import Cell
    from alyslab.runtime import Event, Node

ASK_S: Final = 0.5
"""How long a customer waits before it sends a request again, in s."""
LAST_REQUESTS_S: Final = 60.0
"""How long the last requests may take to be confirmed, in s; what is not then, the verdict shows."""
RESTARTS: Final = fixed(20.0, limit=10_000, window_s=60.0)
"""A desk is never given up: the plan says how often it fails."""


class Desk(Ledger):
    """Carries out requests, each once, and takes its time."""

    def __init__(self, service_ms: float) -> None:
        super().__init__()
        self._service_s = service_ms / 1e3

    async def receive(self, kind: str, body: Any) -> str:
        """Carry out ``body`` unless that was done before."""
        await self.context.sleep(self._service_s)
        return await super().receive(kind, body)


class DeskProcess:
    """A desk as a process that faults act on."""

    def __init__(self, system: ActorSystem, name: str) -> None:
        self._system = system
        self._name = name

    @property
    def _cell(self) -> Cell:
        return self._system.cell(self._name)

    @property
    def up(self) -> bool:
        """Whether it runs or is paused."""
        return self._cell.state in (ActorState.RUNNING, ActorState.PAUSED)

    def crash(self) -> None:
        """Let it fail as if its handler had raised."""
        cell = self._cell
        error = InjectedFailure(self._name, str(cell.state), "killed", "the plan asked for it")
        self._system.core.spawn(cell.kill(error), f"kill {self._name}")

    def restart(self) -> None:
        """Do nothing: its supervisor restarts it."""

    def pause(self) -> None:
        """Let it handle nothing."""
        if self._cell.state is ActorState.RUNNING:
            self._system.pause(self._name)

    def resume(self) -> None:
        """Let it go on."""
        if self._cell.state is ActorState.PAUSED:
            self._system.resume(self._name)


class LiveActors:
    """The running system."""

    network = None
    cheat = None

    def __init__(self, system: ActorSystem, options: Options) -> None:
        self._system = system
        self.members = members(options)
        self._interval_s = float(options["interval_ms"]) / 1e3
        self._stopping = False
        self._keys = 0
        self._confirmed_ns = dict.fromkeys(self.members, 0)
        self._customers: list[asyncio.Task[None]] = []

    def begin(self, customers: int) -> None:
        """Let the customers come."""
        for number in range(customers):
            work = self._insist(number)
            self._customers.append(asyncio.get_running_loop().create_task(work, name=f"customer {number}"))

    def primaries(self) -> tuple[str, ...]:
        """Nobody leads."""
        return ()

    def node(self, member: str) -> Node | None:  # noqa: ARG002 - all actors share one node
        """Actors have no clock or disk of their own."""
        return None

    def process(self, member: str) -> DeskProcess:
        """Return the desk as a process."""
        return DeskProcess(self._system, member)

    def quiet(self) -> None:
        """Do nothing: the rows of the conduct say it."""

    def converged(self, since_ns: int) -> bool:
        """Return whether every desk runs and has confirmed a request since then."""
        return all(
            confirmed_ns > since_ns and self._system.state(name) is ActorState.RUNNING
            for name, confirmed_ns in self._confirmed_ns.items()
        )

    async def settle(self) -> None:
        """Send no new requests and wait until the last are confirmed."""
        self._stopping = True
        _, late = await asyncio.wait(self._customers, timeout=LAST_REQUESTS_S)
        for task in self._customers:
            if task in late:
                task.cancel()
        await asyncio.gather(*self._customers, return_exceptions=True)

    async def _insist(self, number: int) -> None:
        """Make requests, to one desk after the other, and repeat each until it is confirmed."""
        turn = number
        while not self._stopping:
            desk = self.members[turn % len(self.members)]
            turn += 1
            self._keys += 1
            key = self._keys
            self._system.core.tracker.record("request.made", desk, key=key)
            ref = self._system.ref(desk, sender=f"customer-{number}")
            confirmed = False
            while not confirmed:
                confirmed = await self._confirmed(ref, key)
                await asyncio.sleep(self._interval_s)
            self._confirmed_ns[desk] = self._system.core.now_ns

    async def _confirmed(self, ref: Any, key: int) -> bool:
        try:
            await ref.ask("carry out", key, timeout_s=ASK_S)
        except ActorError:
            return False
        return True


def members(options: Options) -> tuple[str, ...]:
    """Return the names of the desks."""
    return tuple(f"desk-{number}" for number in range(int(options["desks"])))


@asynccontextmanager
async def opened(options: Options) -> AsyncIterator[LiveActors]:
    """Start desks and customers; leaving stops both."""
    expect("messages done", at_least=1)
    async with ActorSystem() as system:
        for name in members(options):
            await system.spawn(
                ActorSpec(
                    name=name,
                    kind=Desk,
                    options={"service_ms": float(options["service_ms"])},
                    policy=RESTARTS,
                )
            )
        live = LiveActors(system, options)
        live.begin(int(options["customers"]))
        yield live


def _served(event: Event) -> Iterator[tuple[str, bool]]:
    yield event.fields["receiver"], event.fields["outcome"] == "answered"


ACTORS: Final = SystemSpec(
    name="actors",
    summary="supervised desks that carry out requests once, and customers who repeat theirs",
    open=opened,
    judge=judge_observed,
    signals=Signals(kinds=("ask.ended",), read=_served, window_s=1.0),
    faults=faults_of("process") | {"resource.cpu"},
    options={"desks": 4, "customers": 4, "service_ms": 5.0, "interval_ms": 40.0},
    least={"desks": 1, "customers": 1},
    members=members,
    defects=DEFECTS,
)
