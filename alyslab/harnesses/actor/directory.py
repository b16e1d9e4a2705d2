"""How the actors of a system are found, by name and by type, and reached all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from alyslab.harnesses.actor.errors import ActorStoppedError, UnknownActorError
from alyslab.harnesses.actor.lanes import NORMAL
from alyslab.harnesses.actor.state import TAKES_MESSAGES, ActorState

if TYPE_CHECKING:
    from alyslab.harnesses.actor.cell import Cell
    from alyslab.harnesses.actor.core import Core
    from alyslab.harnesses.actor.reference import Ref

OUTSIDE: Final = "outside"
"""Who sends what no actor sends."""


class Directory:
    """Finds actors; the part of an actor system that starts and ends nothing.

    Parameters
    ----------
    core
        Has the actors.
    """

    def __init__(self, core: Core) -> None:
        self.core = core

    def cell(self, name: str) -> Cell:
        """Return the cell of that name; raises UnknownActorError."""
        try:
            return self.core.cells[name]
        except KeyError:
            known = ", ".join(sorted(self.core.cells)[:10]) or "nobody"
            raise UnknownActorError(name, "unknown", "no actor has that name", f"there is {known}") from None

    def ref(self, name: str, *, sender: str = OUTSIDE) -> Ref:
        """Return a reference to an actor, to speak on behalf of ``sender``; raises UnknownActorError."""
        return self.core.ref(sender, self.cell(name))

    def refs_of(self, kind: type[Any] | str, *, sender: str = OUTSIDE) -> list[Ref]:
        """Return references to all actors of a type that take messages, by name."""
        wanted = kind if isinstance(kind, str) else kind.__name__
        return [
            self.core.ref(sender, cell)
            for name, cell in sorted(self.core.cells.items())
            if cell.spec.kind.__name__ == wanted and cell.state in TAKES_MESSAGES
        ]

    async def broadcast(
        self,
        kind: str,
        body: Any = None,
        *,
        to: type[Any] | str,
        priority: int = NORMAL,
        sender: str = OUTSIDE,
    ) -> int:
        """Send a message to every actor of a type, in the order of names; returns how many there were.

        An actor that stops meanwhile is passed over.
        """
        sent = 0
        refs = self.refs_of(to, sender=sender)
        if self.core.defects.broadcast_reordered and len(refs) > 1 and self.core.next_number() % 3 == 0:
            self.core.spawn(self._tell_late(refs.pop(), kind, body), "late broadcast")
        for ref in refs:
            try:
                await ref.tell(kind, body, priority=priority)
            except ActorStoppedError:
                continue
            sent += 1
        return sent

    async def _tell_late(self, ref: Ref, kind: str, body: Any) -> None:
        await self.core.node.sleep(0.02)
        await ref.tell(kind, body)

    def state(self, name: str) -> ActorState:
        """Return the state of the actor of that name; raises UnknownActorError."""
        return self.cell(name).state
