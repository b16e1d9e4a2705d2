"""What becomes of a message that was not handled to its end: once more, lost, or dropped; and its asker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alyslab.harnesses.actor.errors import ActorFailedError, NoReplyError
from alyslab.harnesses.actor.state import ActorState

if TYPE_CHECKING:
    from alyslab.harnesses.actor.cell import Cell
    from alyslab.harnesses.actor.message import Message


class Settlement:
    """Decides for one actor, over all its lives.

    Parameters
    ----------
    cell
        Whose messages.
    """

    __slots__ = ("_attempts", "_cell")

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        self._attempts: dict[int, int] | None = None

    def undone(self, message: Message, error: BaseException | None) -> None:
        """Put back, or lose, a message whose handler failed with ``error``, or was cut off."""
        cell = self._cell
        attempts = 1 if self._attempts is None else self._attempts.pop(message.number, 1)
        defects = cell.core.defects
        again = attempts < cell.spec.attempts and not defects.dead_letter_before_retry
        since_ns = cell.life.in_hand_since_ns if cell.life else cell.core.now_ns
        lost = "abandoned" if error is None or cell.state is ActorState.STOPPING else "failed"
        if cell.state is not ActorState.STOPPING and (again or defects.message_handled_twice):
            if self._attempts is None:
                self._attempts = {}
            self._attempts[message.number] = attempts + 1
            cell.mailbox.put_back(message)
            lost = "retried" if again else lost
        cell.core.tracker.log(cell.name, message, since_ns, lost)
        if lost == "retried" or message.reply is None or message.reply.done():
            return
        if error is None:
            message.reply.set_exception(self._no_reply("went down with the message"))
            return
        failed = ActorFailedError(cell.name, cell.state, described(error), "see the cause")
        failed.__cause__ = error
        message.reply.set_exception(failed)

    def dropped(self, message: Message, reason: str) -> None:
        """Write that the mailbox dropped a message, and let its asker know, unless it was told already."""
        self._cell.core.tracker.dropped(self._cell.name, message, reason)
        if message.reply is not None and not message.reply.done() and reason != "rejected":
            message.reply.set_exception(self._no_reply(f"dropped the message ({reason})"))

    def _no_reply(self, what: str) -> NoReplyError:
        return NoReplyError(self._cell.name, self._cell.state, what, "ask again when it runs")


def described(error: BaseException) -> str:
    """Return an error's type and text as the journal can keep them, whatever its author made of ``str()``."""
    try:
        text = str(error)
    except Exception:  # a handler's own error may be as broken as the handler
        text = "an error without a text"
    return f"{type(error).__name__}: {text.encode(errors='backslashreplace').decode()}"
