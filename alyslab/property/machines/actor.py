"""The actor system as a machine: messages, bursts, crashes and time, against sums kept by hand."""

# ruff: noqa: D401 - the docstring of an invariant is the claim that it checks
from __future__ import annotations

import asyncio
from collections import Counter as Counts

from hypothesis import strategies as st

from alyslab.checkers.delivery import check_accounted, check_delivery
from alyslab.checkers.fifo import check_fifo
from alyslab.checkers.lives import check_lives
from alyslab.checkers.mailboxes import check_mailboxes
from alyslab.checkers.message_log import MessageLog
from alyslab.checkers.restarts import check_restarts
from alyslab.checkers.supervision_log import SupervisionLog
from alyslab.harnesses.actor import ActorSpec, ActorState, ActorSystem, Escalation, Strategy, fixed
from alyslab.harnesses.actor.errors import ActorError, ActorStoppedError
from alyslab.harnesses.actor.workloads.actors import Counter
from alyslab.property.generators.actors import PRIORITIES
from alyslab.property.machine import (
    Bundle,
    SimulationMachine,
    claim,
    initialize,
    invariant,
    precondition,
    rule,
)
from alyslab.property.properties.actor import refuse_failed
from alyslab.property.property import Falsified
from alyslab.runtime import require_current

ACTORS_MAX = 4
WHAT = st.sampled_from(["add", "crash"])
PRIORITY = st.sampled_from(PRIORITIES)
WINDOW_S = 10_000
"""Longer than any example: then a count of crashes says whether an actor is still there."""
QUIET_S = 5.0
"""Longer than all restarts of an example take."""


class ActorMachine(SimulationMachine):
    """An actor adds up what it is told, exactly once, whatever crashes meanwhile and however often."""

    weight = 2
    weight_reason = "messages and restarts, read back by seven checkers: some 20 ms an example"
    actors = Bundle("actors")

    @initialize(strategy=st.sampled_from([str(one) for one in Strategy]), limit=st.integers(1, 4))
    async def begin(self, strategy: str, limit: int) -> None:
        """Start a supervisor with this strategy and limit."""
        self.limit = limit
        self.system = ActorSystem()
        self.branch = self.system.supervisor(
            "branch",
            strategy=Strategy(strategy),
            policy=fixed(10, limit=limit, window_s=WINDOW_S, escalation=Escalation.CONTINUE),
        )
        self.told: Counts[str] = Counts()
        self.crashed: Counts[str] = Counts()

    @precondition(lambda self: len(self.told) < ACTORS_MAX)
    @rule(target=actors)
    async def spawn(self) -> str:
        """Start an actor."""
        name = f"actor-{len(self.told)}"
        self.told[name] = 0
        await self.system.spawn(ActorSpec(name=name, kind=Counter), supervisor=self.branch)
        return name

    @rule(actor=actors, amount=st.integers(1, 9), priority=PRIORITY)
    async def tell(self, actor: str, amount: int, priority: int) -> None:
        """Tell an actor to add an amount."""
        if await self._sent(actor, "add", amount, priority):
            self.told[actor] += amount

    @rule(actor=actors)
    async def crash(self, actor: str) -> None:
        """Send an actor a message on which it crashes."""
        self.crashed[actor] += await self._sent(actor, "crash", 0, PRIORITIES[0])

    @rule(actor=actors, script=st.lists(st.tuples(WHAT, PRIORITY), min_size=2, max_size=6))
    async def burst(self, actor: str, script: list[tuple[str, int]]) -> None:
        """Send an actor several messages at one moment, before it handles the first."""
        for what, priority in script:
            taken = await self._sent(actor, what, 1, priority)
            self.told[actor] += taken * (what == "add")
            self.crashed[actor] += taken * (what == "crash")

    @rule(ms=st.sampled_from([1, 5, 10, 50]))
    async def wait(self, ms: int) -> None:
        """Let time pass."""
        await asyncio.sleep(ms / 1_000)

    @rule(actor=actors)
    async def ask(self, actor: str) -> None:
        """Ask an actor for its sum, which must be that of what it was told, once all that is handled."""
        await asyncio.sleep(QUIET_S)
        await self._compare(actor)

    async def finish(self) -> None:
        """Ask every actor, end the system in order, and let the checkers read the journal."""
        await asyncio.sleep(QUIET_S)
        for actor in self.told:
            await self._compare(actor)
        await self.system.shutdown()
        journal = require_current().journal
        messages, lives = MessageLog.read(journal), SupervisionLog.read(journal)
        refuse_failed(
            check_fifo(messages),
            check_accounted(messages),
            check_delivery(messages, "at_most_once"),
            check_mailboxes(journal, messages),
            check_restarts(lives),
            check_lives(lives),
        )

    @invariant()
    async def who_kept_the_limit_is_there(self) -> None:
        """An actor that crashed no more often than its limit is not given up."""
        for actor in self.told:
            within = self.crashed[actor] <= self.limit
            gone = self.system.state(actor) is ActorState.STOPPED
            claim(not (within and gone), f"{actor} was given up after {self.crashed[actor]} crashes")

    async def _compare(self, actor: str) -> None:
        crashes = f"after {self.crashed[actor]} crashes, where {self.limit} are allowed"
        try:
            total = await self.system.ref(actor).ask("get")
        except ActorStoppedError:
            claim(self.crashed[actor] > self.limit, f"{actor} was given up {crashes}")
            return
        except ActorError as error:
            raise Falsified(f"{actor} does not answer {crashes}: {error}") from error
        claim(self.crashed[actor] <= self.limit, f"{actor} runs {crashes}")
        claim(total == self.told[actor], f"{actor} has {total}, and was told {self.told[actor]}")

    async def _sent(self, actor: str, what: str, amount: int, priority: int) -> bool:
        try:
            await self.system.ref(actor).tell(what, amount, priority=priority)
        except ActorError:
            return False
        return True
