"""Actors on another transport: what an adapter must do, and the actor that speaks through it.

Mailbox, supervision, failures and tracking stay here; only the handler is
elsewhere: behind a broker, in a child process, on another machine.  A message
counts as handled when the other side has acknowledged it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

from alyslab.harnesses.actor.actor import Actor


@runtime_checkable
class ActorAdapter(Protocol):
    """One actor on the other side of a transport, for the length of one life.

    Calls come one at a time, and each under the time limits that the harness
    has for an actor at hand; a limit cancels the call.
    """

    async def start(self, name: str, incarnation: int, saved: Any) -> None:
        """Bring the actor up, with what it saved in its last life (None for the first)."""
        ...

    async def handle(self, kind: str, body: Any) -> Any:
        """Hand over one message and return the answer once it is handled; raise what was raised there."""
        ...

    async def stop(self) -> None:
        """Take the actor down in order."""
        ...

    def abandon(self) -> None:
        """Let go of an actor that failed, at once and without waiting."""
        ...

    def state(self) -> Any:
        """Return the state as the other side declared it last, as JSON values; None if it declares none."""
        ...

    def healthy(self) -> bool:
        """Return whether the transport is up and the other side has not said otherwise."""
        ...


class RemoteActor(Actor):
    """An actor whose handler is behind an adapter.

    Parameters
    ----------
    connect
        Makes the adapter of one life; called again at each restart.
    """

    def __init__(self, connect: Callable[[], ActorAdapter]) -> None:
        self._adapter = connect()
        self._saved: Any = None

    def restore(self, saved: Any) -> None:
        """Keep what was saved, for the start on the other side."""
        self._saved = saved

    async def started(self) -> None:
        """Bring the other side up."""
        await self._adapter.start(self.context.name, self.context.incarnation, self._saved)

    async def stopped(self) -> None:
        """Take the other side down."""
        await self._adapter.stop()

    def failed(self) -> None:
        """Let go of the other side."""
        self._adapter.abandon()

    def state(self) -> Any:
        """Return what the other side declared."""
        return self._adapter.state()

    def healthy(self) -> bool:
        """Return whether the other side is up."""
        return self._adapter.healthy()

    async def receive(self, kind: str, body: Any) -> Any:
        """Hand the message over, save the state that came of it, and return the answer."""
        answer = await self._adapter.handle(kind, body)
        state = self._adapter.state()
        if state is not None:
            self.context.save(state)
        return answer
