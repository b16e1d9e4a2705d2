"""Waiting for the answer to an ask, until it comes, time is up, or nobody will give it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from alyslab.harnesses.actor.errors import ActorError, AskTimeoutError

if TYPE_CHECKING:
    from alyslab.harnesses.actor.cell import Cell
    from alyslab.harnesses.actor.core import Core

Reply = asyncio.Future[tuple[int, Any]]
"""Brings the number of the message that was answered, and the answer."""


async def answer_to(
    reply: Reply, number: int, *, core: Core, sender: str, asker: Cell | None, cell: Cell, timeout_s: float
) -> Any:
    """Wait for the answer to a message that the mailbox has taken, and write how it ended.

    Parameters
    ----------
    reply, number
        Where the answer comes, and of which message.
    core, sender
        Whose books, and who asks.
    asker
        The actor that waits in its handler for it; None for anybody else.
    cell
        Who is asked.
    timeout_s
        Longest wait, in s.

    Raises
    ------
    ActorError
        As :meth:`alyslab.harnesses.actor.reference.Ref.ask` says.
    """
    timed = core.recording == "messages"
    asked_ns = core.now_ns if timed else 0
    core.deadlines.add(reply, timeout_s * 3 if core.defects.ask_timeout_ignored else timeout_s)
    if asker is not None:
        asker.asking.append(cell)
    outcome, answers = "cancelled", number
    try:
        answers, value = await reply
        outcome = "answered"
        return value
    except TimeoutError:
        outcome = "timed_out"
        raise AskTimeoutError(cell.name, cell.state, timeout_s) from None
    except ActorError:
        outcome = "failed"
        raise
    finally:
        if asker is not None:
            asker.asking.remove(cell)
        if timed:
            core.tracker.asked(sender, number, cell.name, asked_ns, timeout_s * 1_000, answers, outcome)
