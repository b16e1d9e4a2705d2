"""The actors that the workloads put under test."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random
from typing import Any

from alyslab.harnesses.actor.actor import Actor
from alyslab.harnesses.actor.errors import ActorError
from alyslab.harnesses.actor.spec import ActorSpec
from alyslab.runtime.sites import planted


class CrashError(Exception):
    """What an actor raises that is told to crash."""


class Counter(Actor):
    """Adds up what it is told, saves the sum, and can be made to crash half-way.

    Parameters
    ----------
    service_ms
        How long each message takes, in ms.
    """

    def __init__(self, service_ms: float = 0.0) -> None:
        self._service_s = service_ms / 1_000
        self._total = 0

    def state(self) -> Any:
        """Return the sum."""
        return {"total": self._total}

    def restore(self, saved: Any) -> None:
        """Go on from the sum that was saved."""
        self._total = saved["total"]

    def healthy(self) -> bool:
        """Return whether the sum can be right."""
        return self._total >= 0

    def corrupt(self, random: Random) -> None:
        """Make the sum one that adding can't lead to."""
        self._total = -1 - random.randrange(1_000)

    async def receive(self, kind: str, body: Any) -> Any:
        """Add the body of ``add``; on ``crash`` raise with the sum changed and not saved; answer the sum."""
        if self._service_s:
            await self.context.sleep(self._service_s)
        if kind == "crash":
            self._total += 1_000
            raise CrashError(f"message {self.context.message.number} asked for it")
        if kind == "add":
            self._total += body
            self.context.save({"total": self._total})
        return self._total


class Pump(Actor):
    """Sends on demand, so that actors speak to actors."""

    async def receive(self, kind: str, body: Any) -> Any:
        """For ``pump``: send ``add`` messages to ``body["to"]`` with these priorities; for ``pass``: hand on.

        Returns how many were taken.
        """
        if kind == "pass":
            to, number = body
            return await self.context.tell(to, "add", number)
        taken = 0
        for priority in body["priorities"]:
            try:
                await self.context.tell(body["to"], "add", 1, priority=priority)
            except ActorError:
                continue
            taken += 1
            if body.get("pause_ms"):
                await self.context.sleep(body["pause_ms"] / 1_000)
        return taken


class Asker(Actor):
    """Asks another actor and keeps what came back."""

    async def receive(self, kind: str, body: Any) -> Any:  # noqa: ARG002
        """Ask ``body["to"]`` once with ``timeout_s``; returns the answer, or the name of the error."""
        try:
            return await self.context.ask(body["to"], "get", timeout_s=body["timeout_s"])
        except ActorError as error:
            return type(error).__name__


class Relay(Actor):
    """A link of a chain: asks the next one and adds its own name to the answer."""

    def __init__(self, following: str = "") -> None:
        self._following = following

    async def receive(self, kind: str, body: Any) -> Any:
        """Return the names from here to the end of the chain."""
        if not self._following:
            return [self.context.name]
        beyond = await self.context.ask(self._following, kind, body)
        return [self.context.name, *beyond]


class Replica(Actor):
    """Applies what it is told, in the order in which it comes."""

    async def receive(self, kind: str, body: Any) -> None:  # noqa: ARG002
        """Write down that the key took effect here."""
        self.context.record("replica.applied", key=body)


class Ledger(Actor):
    """Carries out requests with keys, each once, however often it comes."""

    def __init__(self) -> None:
        self._done: list[int] = []

    def restore(self, saved: Any) -> None:
        """Remember what was carried out."""
        self._done = list(saved)

    async def receive(self, kind: str, body: Any) -> str:  # noqa: ARG002
        """Carry out ``body`` unless that was done before."""
        if planted("actor.effect_forgotten") and body % 5 == 4:
            return "done"
        if body not in self._done or planted("actor.deduplication_forgotten"):
            self.context.record("effect.applied", key=body)
            self._done.append(body)
            self.context.save(list(self._done))
        return "done"


class Parent(Actor):
    """Starts children of its own, new ones in each life."""

    def __init__(self, children: int) -> None:
        self._children = children

    async def started(self) -> None:
        """Start the children."""
        for number in range(self._children):
            name = f"{self.context.name}.{self.context.incarnation}.{number}"
            await self.context.spawn(ActorSpec(name=name, kind=Counter))

    async def receive(self, kind: str, body: Any) -> None:  # noqa: ARG002
        """Crash when told to."""
        if kind == "crash":
            raise CrashError(f"message {self.context.message.number} asked for it")


class Coordinator(Actor):
    """A workflow: every stage asks its workers at once and goes on when all have answered."""

    def __init__(self, stages: Sequence[Sequence[str]]) -> None:
        self._stages = stages

    async def receive(self, kind: str, body: Any) -> list[int]:  # noqa: ARG002
        """Run the workflow and return how many answers each stage gave."""
        answers = []
        for workers in self._stages:
            asks = [self.context.ask(name, "add", body) for name in workers]
            answers.append(len(await asyncio.gather(*asks)))
        return answers
