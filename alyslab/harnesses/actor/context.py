"""What an actor finds around it: its name, time, chance, other actors, and what survives a restart."""

from __future__ import annotations

from collections.abc import Awaitable
from random import Random
from typing import TYPE_CHECKING, Any

from alyslab.harnesses.actor.errors import UnrecordableError
from alyslab.harnesses.actor.lanes import NORMAL
from alyslab.harnesses.actor.message import Message, as_message
from alyslab.harnesses.actor.reference import ASK_TIMEOUT_S
from alyslab.runtime.values import first_refused

if TYPE_CHECKING:
    from alyslab.harnesses.actor.cell import Cell
    from alyslab.harnesses.actor.reference import Ref
    from alyslab.harnesses.actor.spec import ActorSpec


class Context:
    """An actor's surroundings during one life."""

    __slots__ = ("_cell",)

    def __init__(self, cell: Cell) -> None:
        self._cell = cell

    @property
    def name(self) -> str:
        """The actor's own name."""
        return self._cell.name

    @property
    def incarnation(self) -> int:
        """How often it was restarted."""
        return self._cell.incarnation

    @property
    def now_ns(self) -> int:
        """Nanoseconds since the run began."""
        return self._cell.core.now_ns

    @property
    def random(self) -> Random:
        """A stream of chance of the actor's own."""
        return self._cell.core.runtime.random(f"actor:{self.name}")

    @property
    def message(self) -> Message:
        """The message in hand: sender, times, number; raises LookupError outside a handler."""
        life = self._cell.life
        if life is None or life.in_hand is None:
            raise LookupError(f"actor {self.name} has no message in hand")
        return as_message(life.in_hand)

    async def sleep(self, seconds: float) -> None:
        """Wait ``seconds`` by the clock of the actor's node."""
        await self._cell.core.node.sleep(seconds)

    def ref(self, name: str) -> Ref:
        """Return a reference to another actor; raises UnknownActorError."""
        return self._cell.system.ref(name, sender=self.name)

    def refs_of(self, kind: type[Any] | str) -> list[Ref]:
        """Return references to all actors of a type that take messages, by name."""
        return self._cell.system.refs_of(kind, sender=self.name)

    def tell(self, name: str, kind: str, body: Any = None, *, priority: int = NORMAL) -> Awaitable[int]:
        """Send a message to the actor of that name; see :meth:`Ref.tell`."""
        return self.ref(name).tell(kind, body, priority=priority)

    def ask(
        self, name: str, kind: str, body: Any = None, *, timeout_s: float = ASK_TIMEOUT_S
    ) -> Awaitable[Any]:
        """Ask the actor of that name; see :meth:`Ref.ask`."""
        return self.ref(name).ask(kind, body, timeout_s=timeout_s)

    def record(self, kind: str, **fields: Any) -> None:
        """Write a row of the actor's own into the journal, where something took effect here.

        Raises
        ------
        UnrecordableError
            For a value that the journal can't keep; the row is not written.
        """
        refused = first_refused(kind, tuple(fields), tuple(fields.values()))
        if refused is not None:
            cell = self._cell
            raise UnrecordableError(cell.name, cell.state, refused, "write it as one of these")
        self._cell.core.tracker.record(kind, self.name, **fields)

    def save(self, state: Any) -> None:
        """Keep ``state`` for the next life, which gets it in ``restore()``."""
        self._cell.save(state)

    async def spawn(self, spec: ActorSpec) -> Ref:
        """Start a child, which stops before this actor does; returns a reference to it."""
        return await self._cell.spawn_child(spec)

    def stop(self) -> None:
        """Ask to be stopped once the message in hand is done."""
        self._cell.stop_soon("asked itself")
