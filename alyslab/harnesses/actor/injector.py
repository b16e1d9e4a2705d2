"""Makes an actor's failures happen, between its mailbox and its handler."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from random import Random
from typing import TYPE_CHECKING, Any

from alyslab.harnesses.actor.errors import InjectedFailure
from alyslab.harnesses.actor.failure import Failure, FailureKind, Trigger

if TYPE_CHECKING:
    from alyslab.harnesses.actor.actor import Actor
    from alyslab.runtime import Node

Receive = Callable[[str, Any], Awaitable[Any]]


class Injector:
    """The failures of one actor, counted over all its restarts.

    Parameters
    ----------
    actor
        Name of the actor.
    failures
        What goes wrong, looked at in this order for each message.
    node
        Whose time a slow handler takes.
    random
        Stream for chances and for damage.
    """

    def __init__(self, actor: str, failures: Iterable[Failure], node: Node, random: Random) -> None:
        self._actor = actor
        self._node = node
        self._random = random
        self._triggers = [Trigger(failure, random) for failure in failures]
        self._held = bytearray()

    def restarting(self) -> None:
        """Let go of what the failed life held, and fail if this restart is to fail.

        Raises
        ------
        InjectedFailure
            If it is.
        """
        self._held = bytearray()
        for trigger in self._of(FailureKind.CRASH_ON_RESTART):
            if trigger.hits(None):
                raise self._failure("crashed while it was restarted")

    def loses_reply(self, kind: str) -> bool:
        """Return whether the answer to this kind of message is lost, this time."""
        return any(trigger.hits(kind) for trigger in self._of(FailureKind.LOSE_REPLY))

    def around(self, actor: Actor) -> Receive:
        """Return the actor's handler with its failures before it."""
        receive = actor.receive
        before = [
            trigger
            for trigger in self._triggers
            if trigger.failure.kind not in (FailureKind.LOSE_REPLY, FailureKind.CRASH_ON_RESTART)
        ]

        async def receive_with_failures(kind: str, body: Any) -> Any:
            for trigger in before:
                if trigger.hits(kind):
                    await self._happen(trigger.failure, kind, actor)
            return await receive(kind, body)

        return receive_with_failures

    async def _happen(self, failure: Failure, kind: str, actor: Actor) -> None:
        match failure.kind:
            case FailureKind.PANIC:
                raise self._failure(f"panicked on message {actor.context.message.number} ({kind})")
            case FailureKind.HANG:
                await asyncio.get_running_loop().create_future()
            case FailureKind.SLOW:
                await self._node.sleep(failure.delay_s)
            case FailureKind.CORRUPT:
                actor.corrupt(self._random)
            case FailureKind.GROW:
                self._held.extend(bytes(failure.step_bytes))
                if len(self._held) >= failure.limit_bytes:
                    raise self._failure(f"holds {len(self._held)} bytes, its limit")

    def _of(self, kind: FailureKind) -> list[Trigger]:
        return [trigger for trigger in self._triggers if trigger.failure.kind is kind]

    def _failure(self, what: str) -> InjectedFailure:
        return InjectedFailure(self._actor, "running", what, "the experiment asked for it")
