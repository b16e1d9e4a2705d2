"""Actors and helpers that several tests of this folder use."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from alyslab.harnesses.actor import Actor
from alyslab.runtime import Journal, simulate


class Echo(Actor):
    """Answers what it is asked, and raises on ``crash``."""

    async def receive(self, kind: str, body: Any) -> Any:
        if kind == "crash":
            raise ValueError("told to")
        return body


class Slow(Actor):
    """Takes ten milliseconds for each message."""

    async def receive(self, kind: str, body: Any) -> Any:
        await self.context.sleep(0.01)
        return body


class Selfish(Actor):
    """Asks itself."""

    async def receive(self, kind: str, body: Any) -> Any:
        return await self.context.ask(self.context.name, "again")


class Notary(Actor):
    """Counts, saves, and forgets what it did not save."""

    def __init__(self) -> None:
        self.count = 0

    def state(self) -> Any:
        return self.count

    def restore(self, saved: Any) -> None:
        self.count = saved

    async def receive(self, kind: str, body: Any) -> Any:
        self.count += 1
        if kind == "crash":
            raise ValueError("told to")
        self.context.save(self.count)
        return self.count


def journal_of(main: Callable[..., Coroutine[Any, Any, Any]], seed: int = 1, **options: Any) -> Journal:
    return simulate(main, seed=seed, strategy="random", **options).journal


def states(journal: Journal, actor: str) -> list[str]:
    """The states that an actor entered, in order."""
    return [event.fields["after"] for event in journal.select(kind="actor.state", subject=actor)]
